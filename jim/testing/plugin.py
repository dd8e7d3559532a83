"""An early pytest plugin (`-p jim.testing.plugin`): servers for the tests before Django reads its settings.

Starts embedded PostgreSQL and Valkey in a temporary folder unless DATABASE_URL and REDIS_URL name servers, exports
the URLs, and stops the servers at the end; they also end when pytest is killed.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_urlsafe

import pytest
from cryptography.fernet import Fernet

from jim.servers.data_folder import DataFolder
from jim.servers.embedded import embedded_servers
from jim.servers.errors import ServerError
from jim.servers.progress import Progress

_running = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Wraps, because pytest-django reads the settings inside this hook."""
    try:
        _start()
        return (yield)
    except BaseException as exc:
        _running.close()
        if isinstance(exc, ServerError):
            raise pytest.UsageError(str(exc)) from exc
        raise


def pytest_unconfigure() -> None:
    _running.close()


def _start() -> None:
    """The data folder is always a fresh one, so that no test reads what `make run` keeps."""
    path = Path(_running.enter_context(tempfile.TemporaryDirectory(prefix="jim-tests-")))
    folder = _running.enter_context(DataFolder(path))
    os.environ["JIM_DATA_DIR"] = str(path)
    os.environ["JIM_CONNECTOR_FILES"] = str(folder.folder("files"))
    os.environ.update(_running.enter_context(embedded_servers(folder, Progress())))
    os.environ.setdefault("JIM_SECRET_KEY", token_urlsafe(50))
    os.environ.setdefault("JIM_ENCRYPTION_KEYS", Fernet.generate_key().decode())
