"""The same small installation as for calls against the contract."""

from tests.contract.conftest import administrator, directory, files, hr

__all__ = ["administrator", "directory", "files", "hr"]
