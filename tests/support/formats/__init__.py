"""What tests of formats share."""
