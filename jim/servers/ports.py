"""TCP ports on this machine: find a free one, or say that the wished one is taken."""

import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPException

from jim.servers.errors import PortTakenError

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A port on the loopback address that nothing uses now. Whoever gets it must cope with losing a race for it."""
    with closing(socket.create_server((LOOPBACK, 0))) as server:
        return int(server.getsockname()[1])


def ensure_free(host: str, port: int, option: str) -> None:
    """option: how the administrator chooses another port, for the message."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with closing(socket.create_server((host, port), family=family)):
            return
    except OSError as exc:
        reason = str(exc.strerror).partition(" (while")[0]
    raise PortTakenError(f"cannot listen on {host}:{port} ({reason.lower()}): choose another port with {option}")


def connects(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with closing(socket.create_connection((client_host(host), port), timeout=1)):
            return True
    except OSError:
        return False


def responds(host: str, port: int) -> bool:
    """Whether a web server there gives any response: granian accepts connections before the application is loaded."""
    connection = HTTPConnection(client_host(host), port, timeout=1)
    try:
        connection.request("HEAD", "/")
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def client_host(host: str) -> str:
    """Where a client on this machine reaches a server that listens on `host`: nobody can connect to "any address"."""
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)
