"""A JIM of our own for as long as a block lasts: fresh, on a free port, gone afterwards.

In: an empty folder. Out: the URL and the API key of a `jim serve` that keeps everything in that folder.
Always: servers and secrets named in the environment are not used, so nobody's data is touched; the instance ends
with the block, and with this process however that ends.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from jim import instance
from jim.servers.child import Child, Command, last_log_line, spawn
from jim.servers.errors import StartError
from jim.servers.ports import LOOPBACK, free_port

# Creating the databases takes some 10 s; a slow disk needs more.
START_SECONDS = 120.0
# A worker finishes its page first.
STOP_SECONDS = 90.0
POLL_SECONDS = 0.1


@contextmanager
def private_instance(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[instance.Instance]:
    """Run `jim serve` in `folder`. environment: beside our own. Raises: StartError with the last thing it said."""
    serve = (sys.executable, "-m", "jim.cli", "serve")
    options = ("--host", LOOPBACK, "--port", str(free_port()), "--data-dir", str(folder))
    variables = {**_own_environment(folder), **(environment or {})}
    child = spawn(Command("serve", [*serve, *options], folder / "serve.log", environment=variables))
    try:
        yield _wait_until_ready(child, folder)
    finally:
        child.stop(STOP_SECONDS)


def connector_files(folder: Path) -> Path:
    """Where the instance's file connectors look for their files."""
    return folder / "files"


def _own_environment(folder: Path) -> dict[str, str]:
    """Nothing of this process's configuration gets through: an empty variable counts as unset (jim.env)."""
    inherited = [name for name in os.environ if name.startswith("JIM_") or name in ("DATABASE_URL", "REDIS_URL")]
    return dict.fromkeys(inherited, "") | {"JIM_CONNECTOR_FILES": str(connector_files(folder))}


def _wait_until_ready(child: Child, folder: Path) -> instance.Instance:
    deadline = monotonic() + START_SECONDS
    while (running := instance.read(folder)) is None:
        if child.exit_status is not None:
            raise StartError(f"`jim serve` ended instead of starting: {last_log_line(child.command.log)}")
        if monotonic() > deadline:
            said = last_log_line(child.command.log)
            raise StartError(f"`jim serve` was not ready after {START_SECONDS:.0f} s; it said: {said}")
        sleep(POLL_SECONDS)
    return running
