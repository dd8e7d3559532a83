"""An early pytest plugin (`-p jim.testing.plugin`): servers for the tests before Django reads its settings.

Starts embedded PostgreSQL and Valkey in a temporary folder unless DATABASE_URL and REDIS_URL name servers, exports
the URLs, and stops the servers at the end; they also end when pytest is killed. What they hold need not survive a
power cut. Workers of pytest-xdist share the servers of the process that started them: pytest-django gives each a
database, and here each gets a Redis database too.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlsplit, urlunsplit

import pytest
from cryptography.fernet import Fernet

from jim.servers.data_folder import DataFolder
from jim.servers.embedded import embedded_servers
from jim.servers.errors import ServerError
from jim.servers.progress import Progress

REDIS_DATABASES = 16
"""As Redis and Valkey are configured unless told otherwise."""

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


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Where a worker of pytest-xdist ends: it is never unconfigured."""
    _running.close()


def pytest_unconfigure() -> None:
    _running.close()


def _start() -> None:
    """The data folder is always a fresh one, so that no test reads what `make run` keeps."""
    path = Path(_running.enter_context(tempfile.TemporaryDirectory(prefix="jim-tests-")))
    folder = _running.enter_context(DataFolder(path))
    os.environ["JIM_DATA_DIR"] = str(path)
    os.environ["JIM_CONNECTOR_FILES"] = str(folder.folder("files"))
    os.environ.update(_running.enter_context(embedded_servers(folder, Progress(), durable=False)))
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["REDIS_URL"] = redis_of(worker, os.environ["REDIS_URL"])
    os.environ.setdefault("JIM_SECRET_KEY", token_urlsafe(50))
    os.environ.setdefault("JIM_ENCRYPTION_KEYS", Fernet.generate_key().decode())


def redis_of(worker: str, url: str) -> str:
    """The URL with a database of the worker's own. worker: `gw0`, `gw1` and so on."""
    server = urlsplit(url)
    database = int(server.path.strip("/") or 0) + 1 + int(worker.removeprefix("gw"))
    return urlunsplit(server._replace(path=f"/{database % REDIS_DATABASES}"))
