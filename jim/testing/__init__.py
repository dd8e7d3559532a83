"""What tests of JIM, and of connectors written elsewhere, build on."""
