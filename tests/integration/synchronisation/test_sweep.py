"""Sweep: which runs count as dead, what it costs them, and when they end."""

from collections.abc import Iterator

import pytest
from django.db import connection

from activities.models import Activity, ActivityProgress, ActivityStatus, RunType
from synchronisation.models import RunLease
from synchronisation.sweep import MAX_TAKEOVERS, sweep
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages
from tests.integration.synchronisation.runs import (
    both,
    page_in_progress,
    rows_of,
    stop_heart,
    take,
    taken_run,
)

pytestmark = pytest.mark.django_db

IMPORT, SYNC = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


def takeovers() -> int:
    return ActivityProgress.objects.get().takeovers


def die(activity: Activity) -> None:
    """A worker takes the run, dies, and the sweep comes."""
    assert take(activity) is not None
    stop_heart(activity)
    assert sweep() == 1


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'run\\_%%'")
        return {name for (name,) in cursor.fetchall()} - {"run_template"}


def make_schema(activity: Activity) -> str:
    name = f"run_{activity.id.hex}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {name} CREATE TABLE {name}.work (ordinal bigint)")
    return name


def test_sweep_takes_over_a_run_whose_heart_stopped_and_publishes_it() -> None:
    activity, _ = taken_run(SYNC)
    stop_heart(activity)

    assert sweep() == 1

    assert rows_of(activity) == set()
    assert takeovers() == 1
    assert messages() == [(str(activity.task_id), str(activity.id))]


def test_sweep_leaves_a_living_run_alone() -> None:
    activity, fence = taken_run(IMPORT)
    stop_heart(activity, seconds=29)

    assert sweep() == 0
    assert rows_of(activity) == {("system:1", "Exclusive", fence)}


def test_sweep_twice_counts_once() -> None:
    activity, _ = taken_run(SYNC)
    stop_heart(activity)
    assert [sweep(), sweep()] == [1, 0]
    assert takeovers() == 1


def test_run_without_progress_ends_at_the_fourth_takeover() -> None:
    activity, fence = taken_run(IMPORT)
    RunLease.objects.filter(fence=fence).delete()
    for _ in range(MAX_TAKEOVERS):
        die(activity)
    activity.refresh_from_db()
    assert activity.status == ActivityStatus.IN_PROGRESS

    die(activity)

    activity.refresh_from_db()
    assert activity.status == ActivityStatus.FAILED_WITH_ERROR
    assert str(activity.id) in (activity.error_message or "")
    assert activity.ended is not None


def test_new_checkpoint_starts_the_count_again() -> None:
    activity, fence = taken_run(IMPORT)
    RunLease.objects.filter(fence=fence).delete()
    for _ in range(MAX_TAKEOVERS):
        die(activity)
    ActivityProgress.objects.update(takeovers=0)  # as a page's commit does

    die(activity)

    activity.refresh_from_db()
    assert (activity.status, takeovers()) == (ActivityStatus.IN_PROGRESS, 1)


def test_sweep_of_an_ended_run_frees_its_leases_only() -> None:
    activity, _ = taken_run(SYNC)
    Activity.objects.update(status=ActivityStatus.COMPLETE)
    stop_heart(activity)

    assert sweep() == 1

    activity.refresh_from_db()
    assert (activity.status, rows_of(activity), messages()) == (ActivityStatus.COMPLETE, set(), [])


def test_sweep_drops_the_tables_of_ended_runs_only() -> None:
    ended, _ = taken_run(IMPORT, 1)
    running, _ = taken_run(IMPORT, 2)
    make_schema(ended)
    kept = make_schema(running)
    Activity.objects.filter(id=ended.id).update(status=ActivityStatus.CANCELLED)

    sweep()

    assert schemas() == {kept}


def test_sweep_with_the_broker_away_still_takes_over() -> None:
    activity, _ = taken_run(IMPORT)
    stop_heart(activity)
    with closed_port() as port, broker_at(port), pytest.raises(Exception, match="REDIS_URL"):
        sweep()
    assert rows_of(activity) == set()


@pytest.mark.django_db(transaction=True)
def test_sweep_waits_for_the_page_in_progress_by_coming_again() -> None:
    activity, fence = taken_run(IMPORT)
    stop_heart(activity)

    with page_in_progress(activity.id, fence):
        assert sweep() == 0
    assert (sweep(), takeovers()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_count_once() -> None:
    activity, _ = taken_run(SYNC)
    stop_heart(activity)
    assert sorted(both(sweep, sweep)) == [0, 1]
    assert takeovers() == 1
