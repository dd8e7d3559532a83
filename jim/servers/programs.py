"""The command lines of JIM's own processes, alike under `jim serve`, `jim worker` and in containers."""

import sys

RUNS_QUEUE = "runs"
HOUSEKEEPING_QUEUE = "housekeeping"  # two long runs must not starve the sweep, so it has its own worker process
# Threads wait for the database most of the time; more than a few only queue for the interpreter lock.
BLOCKING_THREADS = 4


def web(host: str, port: int, processes: int) -> list[str]:
    """granian in front of the WSGI application."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "warning"),
        *("--host", host, "--port", str(port), "--workers", str(processes)),
        *("--blocking-threads", str(BLOCKING_THREADS), "--respawn-failed-workers"),
        "jim.wsgi:application",
    ]


def worker(queue: str, concurrency: int) -> list[str]:
    """A Celery worker for one queue. It talks to no other worker: what they share is in the database."""
    return [
        *(sys.executable, "-m", "celery", "--app", "jim.celery", "--quiet", "worker"),
        *("--queues", queue, "--hostname", f"{queue}@%h", "--concurrency", str(concurrency)),
        *("--without-mingle", "--without-gossip"),
    ]


def beat() -> list[str]:
    """The clock of sweeps and schedules. Two of them do no harm: an occurrence is a unique row."""
    return [sys.executable, "-m", "celery", "--app", "jim.celery", "--quiet", "beat", "--pidfile="]


def prepare() -> list[str]:
    """Migrate the database and create the first users."""
    return [sys.executable, "-m", "django", "prepare"]
