"""CPU: the seconds that workers and PostgreSQL have taken, from Linux's /proc. They hardly vary with what else runs."""

import os
from contextlib import suppress

from benchmarks.memory import descendants

TICKS = os.sysconf("SC_CLK_TCK")
OF_ITS_OWN_AND_ENDED_CHILDREN = slice(11, 15)
"""Fields of stat behind the name (proc(5)): utime, stime, cutime, cstime."""


def cpu_seconds(ancestor: int) -> tuple[float, float]:
    """(Celery processes, PostgreSQL's) below a process, since they started."""
    ticks = {b"celery": 0, b"postgres": 0}
    for folder in descendants(ancestor):
        with suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            kind = next((kind for kind in ticks if kind in command), None)
            if kind is not None:
                ticks[kind] += sum(map(int, fields[OF_ITS_OWN_AND_ENDED_CHILDREN]))
    return ticks[b"celery"] / TICKS, ticks[b"postgres"] / TICKS
