"""Helpers for tests that start and kill real processes."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Poll until the condition holds; fails the test after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def processes_of(marker: str) -> dict[int, str]:
    """Command lines, by process id, of the living processes but us that have to do with a folder.

    They have its path as a value in their environment, or, like servers that wrote their title over it, work below it.
    """
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) != os.getpid() and _belongs(process, marker):
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended meanwhile
    return {pid: command for pid, command in found.items() if command}


def _belongs(process: Path, marker: str) -> bool:
    values = {entry.partition(b"=")[2] for entry in (process / "environ").read_bytes().split(b"\0")}
    return marker.encode() in values or (process / "cwd").readlink().is_relative_to(marker)
