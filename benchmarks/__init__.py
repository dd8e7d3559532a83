"""The benchmark of the engine: `make bench USERS=100000`."""
