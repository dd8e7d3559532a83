"""The embedded servers that the environment does not replace.

In: a locked data folder. Out: the started servers, in starting order, each with the variable that its URL belongs in.
A server whose URL is set already (DATABASE_URL, REDIS_URL) is somebody else's and is not started.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from jim import env
from jim.servers import postgres, valkey
from jim.servers.child import Child
from jim.servers.data_folder import DataFolder
from jim.servers.errors import StartError
from jim.servers.ports import LOOPBACK, connects, free_port
from jim.servers.progress import Progress

# How often a port that was free may be gone when the server wants it.
PORT_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Server:
    """A started server. variable: where its URL belongs. start_again: the same, on the same port."""

    name: str
    variable: str
    url: str
    child: Child
    start_again: Callable[[], Child]
    stop_seconds: float


def missing_servers(*, durable: bool = True) -> list[Callable[[DataFolder, Progress], Server]]:
    """How to start what the environment names no URL for, in starting order. durable: false for tests only."""
    starters: dict[str, Callable[[DataFolder, Progress], Server]] = {
        "DATABASE_URL": partial(_start_postgres, durable=durable),
        "REDIS_URL": _start_valkey,
    }
    return [start for variable, start in starters.items() if not env.text(variable)]


@contextmanager
def embedded_servers(folder: DataFolder, progress: Progress, *, durable: bool = True) -> Iterator[dict[str, str]]:
    """Run the missing servers while the block runs; gives their URLs by variable."""
    servers: list[Server] = []
    try:
        for start in missing_servers(durable=durable):
            servers.append(start(folder, progress))
        yield {server.variable: server.url for server in servers}
    finally:
        for server in reversed(servers):
            server.child.stop(server.stop_seconds)


def _start_postgres(folder: DataFolder, progress: Progress, *, durable: bool) -> Server:
    def start(port: int) -> Server:
        prepared = postgres.prepare_postgres(folder, port, progress, durable=durable)
        start_again = partial(postgres.start_postgres, prepared, progress)
        return Server("PostgreSQL", "DATABASE_URL", prepared.url, start_again(), start_again, postgres.STOP_SECONDS)

    return _on_free_port("JIM_POSTGRES_PORT", start)


def _start_valkey(folder: DataFolder, progress: Progress) -> Server:
    def start(port: int) -> Server:
        prepared = valkey.prepare_valkey(folder, port)
        start_again = partial(valkey.start_valkey, prepared, progress)
        return Server("Valkey", "REDIS_URL", prepared.url, start_again(), start_again, valkey.STOP_SECONDS)

    return _on_free_port("JIM_VALKEY_PORT", start)


def _on_free_port(variable: str, start: Callable[[int], Server]) -> Server:
    """Start on the port that the variable names, else on a free one, and again on another when that was just taken."""
    wished = env.integer(variable, 0, maximum=65535)
    for _ in range(PORT_ATTEMPTS - 1):
        port = wished or free_port()
        try:
            return start(port)
        except StartError:
            if wished or not connects(LOOPBACK, port):
                raise
    return start(free_port())
