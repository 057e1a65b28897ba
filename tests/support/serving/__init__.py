"""What tests of `serve` share: uploads without a browser, and the pages of a real one."""
