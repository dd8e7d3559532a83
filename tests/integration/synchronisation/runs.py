"""Open runs and second connections for the tests of the queue: rows only, no connected system behind them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event
from time import sleep
from typing import TypeVar
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone

from activities.models import Activity, ActivityProgress, OperationType, RunType, TargetType
from synchronisation.engine import leases
from synchronisation.models import RunLease

OWNER = "test"

T = TypeVar("T")


def open_run(run_type: RunType, system_id: int = 1, *, minutes_ago: int = 0) -> Activity:
    """A queued run, as `start_run` leaves it."""
    activity = Activity.objects.create(
        created=timezone.now() - timedelta(minutes=minutes_ago),
        target_type=TargetType.RUN_PROFILE,
        operation_type=OperationType.EXECUTE,
        run_type=run_type,
        connected_system_id=system_id,
        run_profile_id=None,
        task_id=uuid4(),
    )
    ActivityProgress.objects.create(activity=activity)
    return activity


def take(activity: Activity) -> int | None:
    assert activity.run_type is not None
    assert activity.connected_system_id is not None
    return leases.take(activity.id, leases.needs_of(activity.run_type, activity.connected_system_id), OWNER)


def taken_run(run_type: RunType, system_id: int = 1, *, minutes_ago: int = 0) -> tuple[Activity, int]:
    activity = open_run(run_type, system_id, minutes_ago=minutes_ago)
    fence = take(activity)
    assert fence is not None
    return activity, fence


def rows_of(activity: Activity) -> set[tuple[str, str, int]]:
    """(resource, mode, fence) of its leases."""
    return set(RunLease.objects.filter(activity_id=activity.id).values_list("resource", "mode", "fence"))


def stop_heart(activity: Activity, seconds: int = 31) -> None:
    """As if the run's worker had died that long ago."""
    RunLease.objects.filter(activity_id=activity.id).update(heartbeat=timezone.now() - timedelta(seconds=seconds))


def in_own_connection(work: Callable[[], T]) -> T:
    """Call in this thread, and close the thread's connection."""
    try:
        return work()
    finally:
        connection.close()


def both(one: Callable[[], T], other: Callable[[], T]) -> list[T]:
    """Call both at once, each on its own connection."""
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(in_own_connection, work) for work in (one, other)]
        return [future.result(timeout=30) for future in futures]


@contextmanager
def alongside(work: Callable[[], bool]) -> Iterator[None]:
    """While the block runs, another connection tries `work` until it succeeds; it has to."""

    def until_done() -> bool:
        for _ in range(200):
            if work():
                return True
            sleep(0.02)
        return False

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(in_own_connection, until_done)
        yield
        assert future.result(timeout=30)


@contextmanager
def page_in_progress(activity_id: UUID, fence: int) -> Iterator[None]:
    """Another worker is in the middle of a page: it holds the lease rows until the block ends."""
    begun, finish = Event(), Event()

    def page() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            leases.hold(cursor, activity_id, fence)
            begun.set()
            assert finish.wait(30)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(in_own_connection, page)
        try:
            assert begun.wait(30)
            yield
        finally:
            finish.set()
            future.result(timeout=30)
