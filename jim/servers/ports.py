"""TCP ports on this machine: find a free one, or say that the wished one is taken."""

import os
import socket
from contextlib import closing

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
        reason = os.strerror(exc.errno) if exc.errno else str(exc)
    raise PortTakenError(f"cannot listen on {host}:{port} ({reason.lower()}): choose another port with {option}")


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    wildcard = {"0.0.0.0": LOOPBACK, "::": "::1"}
    try:
        with closing(socket.create_connection((wildcard.get(host, host), port), timeout=1)):
            return True
    except OSError:
        return False
