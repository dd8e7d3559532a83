"""Memory: the most that any worker process held at a time, from Linux's /proc."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
RESET_PEAK = "5"
"""What clear_refs takes to start the peak anew (proc(5))."""


def descendants(ancestor: int) -> Iterator[Path]:
    """The /proc folders of all processes below a process."""
    parents = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    for process_id in parents:
        if ancestor in _ancestors(process_id, parents):
            yield PROC / str(process_id)


def worker_processes(ancestor: int) -> Iterator[Path]:
    """Those of all Celery processes below a process."""
    for folder in descendants(ancestor):
        with suppress(OSError):
            if b"celery" in (folder / "cmdline").read_bytes():
                yield folder


def _ancestors(process_id: int, parents: dict[int, int]) -> Iterator[int]:
    while (process_id := parents.get(process_id, 0)) > 0:
        yield process_id


def forget_peaks(ancestor: int) -> None:
    for folder in worker_processes(ancestor):
        with suppress(OSError):
            (folder / "clear_refs").write_text(RESET_PEAK)


def peak_rss_mib(ancestor: int) -> float:
    """The highest peak among the workers since forget_peaks, in MiB."""
    peaks = [0]
    for folder in worker_processes(ancestor):
        with suppress(OSError):
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
            peaks.append(int(status["VmHWM"].split()[0]))
    return round(max(peaks) / 1024, 1)
