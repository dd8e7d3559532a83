"""A small installation for calls against the contract; the same that tests of synchronisation's API begin with."""

from tests.integration.synchronisation.api.conftest import administrator, directory, files, hr

__all__ = ["administrator", "directory", "files", "hr"]
