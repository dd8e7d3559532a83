"""CPU: the seconds that workers and PostgreSQL have taken, from Linux's /proc. They hardly vary with what else runs."""

import os
from contextlib import suppress

from benchmarks.memory import descendants

TICKS = os.sysconf("SC_CLK_TCK")
OF_ITS_OWN_AND_ENDED_CHILDREN = slice(11, 15)
"""Fields of stat behind the name (proc(5)): utime, stime, cutime, cstime."""


def cpu_seconds(ancestor: int) -> tuple[float, float]:
    """(Celery processes, PostgreSQL's) below a process, since they started."""
    celery = postgres = 0
    for folder in descendants(ancestor):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            # A server process that is ending has its name still, and no command line any more.
            name, _, fields = (folder / "stat").read_text().partition("(")[2].rpartition(")")
            ticks = sum(map(int, fields.split()[OF_ITS_OWN_AND_ENDED_CHILDREN]))
            if name == "postgres":
                postgres += ticks
            elif b"celery" in command:
                celery += ticks
    return celery / TICKS, postgres / TICKS
