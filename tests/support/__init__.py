"""What tests of several folders share: small, real parts."""
