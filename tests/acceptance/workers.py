"""Real Celery workers on the test database, and the places where a run can be caught."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from celery import current_app
from django.db import connection, transaction
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from activities.models import Activity, ActivityProgress, ActivityStatus
from jim.servers import programs
from jim.servers.child import Child, Command, spawn
from synchronisation.models import RunLease
from synchronisation.sweep import sweep

HEARTBEAT_SECONDS = 1
LEASE_SECONDS = 5
"""Short, so that a killed worker is missed soon; long enough for a machine that is busy with other tests."""

PATIENCE_SECONDS = 60
"""Far more than any step here takes on a busy machine."""


@contextmanager
def worker(folder: Path) -> Iterator[Child]:
    """A worker for runs with one pool process, on the test database; its log is in the folder."""
    child = spawn(
        Command(
            "worker",
            programs.worker(programs.RUNS_QUEUE, 1),
            folder / "worker.log",
            environment={
                "DATABASE_URL": _test_database(),
                "REDIS_URL": current_app.conf.broker_url,
                "JIM_CONNECTOR_FILES": str(folder),
                "JIM_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
                "JIM_LEASE_SECONDS": str(LEASE_SECONDS),
            },
        )
    )
    try:
        yield child
    finally:
        child.kill()


def _test_database() -> str:
    parameters: dict[str, Any] = conninfo_to_dict(os.environ["DATABASE_URL"])
    return make_conninfo(**parameters | {"dbname": connection.settings_dict["NAME"]})


def eventually(claim: Callable[[], bool]) -> bool:
    deadline = monotonic() + PATIENCE_SECONDS
    while not claim():
        if monotonic() > deadline:
            return False
        sleep(0.05)
    return True


@contextmanager
def caught_in(activity: Activity, phase: str) -> Iterator[None]:
    """Hold the run in the middle of a page of this phase, behind its first: that page cannot commit.

    A page's last statement writes the run's progress, whose row is locked while the block runs.
    """
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline:
        with transaction.atomic():
            progress = ActivityProgress.objects.select_for_update().get(activity=activity)
            if progress.phase == phase and progress.objects_processed:
                yield
                return
        sleep(0.002)
    raise AssertionError(f"the run was never seen in the middle of {phase}")


def kill_process_of(activity: Activity) -> None:
    """kill -9 the pool process that works on the run; its parent starts another."""
    owners = set(RunLease.objects.filter(activity_id=activity.id).values_list("owner", flat=True))
    (owner,) = owners
    os.kill(int(owner.rpartition("/")[2]), signal.SIGKILL)


def wait_for_end(activity: Activity) -> int:
    """Sweep as the housekeeping worker does until the run has ended; how often it was taken over."""
    takeovers = 0

    def ended() -> bool:
        nonlocal takeovers
        takeovers += sweep()
        activity.refresh_from_db()
        return activity.status != ActivityStatus.IN_PROGRESS

    assert eventually(ended), f"the run is still open: {activity}"
    return takeovers
