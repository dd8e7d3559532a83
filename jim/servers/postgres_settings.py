"""PostgreSQL's settings for this machine.

In: memory, free disk. Out: name -> value for the server's command line. Always: what was committed survives a
power cut (fsync and synchronous_commit stay on).
"""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
# Limits of the container we may be in: version 2 and version 1 of control groups.
MEMORY_LIMIT_FILES = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


@dataclass(frozen=True, slots=True)
class Machine:
    """memory: bytes that we may use; disk_free: bytes free where the data lies."""

    memory: int
    disk_free: int


def this_machine(folder: Path) -> Machine:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = [int(file.read_text()) for file in MEMORY_LIMIT_FILES if _holds_number(file)]
    return Machine(min([memory, *limits]), shutil.disk_usage(folder).free)


def _holds_number(file: Path) -> bool:
    return file.is_file() and file.read_text().strip().isdigit()


def settings_for(machine: Machine) -> dict[str, str]:
    """Web, workers and Valkey live on the same machine, so the database takes about a quarter of it."""
    return {
        "shared_buffers": _mib(machine.memory // 4, 128, 4096),
        "effective_cache_size": _mib(machine.memory // 2, 256, 65536),
        "work_mem": _mib(machine.memory // 256, 8, 64),
        "maintenance_work_mem": _mib(machine.memory // 16, 64, 1024),
        # A run writes gigabytes of WAL: a checkpoint every 1 GB (the default) would write each page several times.
        "max_wal_size": _mib(machine.disk_free // 8, 512, 8192),
        "min_wal_size": _mib(machine.disk_free // 32, 80, 1024),
        "checkpoint_timeout": "15min",
        # So far apart, few pages are logged whole: pglz saved 5 % of the WAL of 200,000 documents written and updated.
        "wal_compression": "off",
        "fsync": "on",
        "synchronous_commit": "on",
        "random_page_cost": "1.1",  # memory and flash; the default is for spinning disks
        "jit": "off",  # compiles longer than our short statements run
        # Pages of a run leave many dead rows behind: vacuum sooner, and without pauses that make it fall behind.
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_cost_limit": "2000",
        "client_connection_check_interval": "5s",
        "log_line_prefix": "%m [%p] ",
        "log_checkpoints": "off",
        "log_timezone": "UTC",
        "timezone": "UTC",
        "lc_messages": "C",
    }


def _mib(size: int, minimum: int, maximum: int) -> str:
    return f"{min(max(size // MIB, minimum), maximum)}MB"
