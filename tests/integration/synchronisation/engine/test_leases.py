"""Leases against PostgreSQL, with several connections where it matters."""

import pytest
from django.db import connection, transaction

from activities.models import Activity, ActivityProgress, ActivityStatus, RunType
from synchronisation.engine import leases
from synchronisation.engine.leases import METAVERSE, LeaseMode, LeaseNeed, Signals
from synchronisation.errors import LeaseLostError
from synchronisation.models import RunLease
from tests.integration.synchronisation.runs import (
    both,
    open_run,
    page_in_progress,
    rows_of,
    stop_heart,
    take,
    taken_run,
)

pytestmark = pytest.mark.django_db

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
SHARE = LeaseNeed(METAVERSE, LeaseMode.SHARED)


def hold(activity: Activity, fence: int) -> Signals:
    with transaction.atomic(), connection.cursor() as cursor:
        return leases.hold(cursor, activity.id, fence)


def write_page(activity: Activity, fence: int) -> None:
    """A page that writes before it looks: even so, nothing of it stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        ActivityProgress.objects.filter(activity=activity).update(item_count=5)
        leases.hold(cursor, activity.id, fence)


def test_take_writes_all_leases_under_one_fence_and_sets_executed() -> None:
    activity, fence = taken_run(SYNC, 7)

    assert rows_of(activity) == {("system:7", "Exclusive", fence), ("metaverse", "Exclusive", fence)}
    activity.refresh_from_db()
    assert activity.executed is not None


def test_take_again_gives_a_higher_fence_and_keeps_executed() -> None:
    activity, first = taken_run(EXPORT)
    activity.refresh_from_db()
    leases.release(activity.id, first)

    second = take(activity)

    assert second is not None
    assert second > first
    assert Activity.objects.get().executed == activity.executed


def test_take_of_a_leased_activity_is_refused() -> None:
    activity, fence = taken_run(IMPORT)
    assert take(activity) is None
    assert rows_of(activity) == {("system:1", "Exclusive", fence)}


def test_take_of_an_ended_activity_is_refused() -> None:
    activity = open_run(IMPORT)
    Activity.objects.update(status=ActivityStatus.COMPLETE)
    assert take(activity) is None
    assert not RunLease.objects.exists()


def test_take_is_all_or_nothing() -> None:
    taken_run(EXPORT, 1)
    synchronisation = open_run(SYNC, 2)
    assert take(synchronisation) is None
    assert rows_of(synchronisation) == set()


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (IMPORT, IMPORT, True),
        (IMPORT, SYNC, True),
        (IMPORT, EXPORT, True),
        (EXPORT, IMPORT, True),
        (EXPORT, EXPORT, True),
        (EXPORT, SYNC, False),
        (SYNC, IMPORT, True),
        (SYNC, EXPORT, False),
        (SYNC, SYNC, False),
    ],
)
@pytest.mark.parametrize("same_system", [True, False], ids=["same system", "two systems"])
def test_pairs(first: RunType, second: RunType, together: bool, same_system: bool) -> None:
    taken_run(first, 1)
    other = open_run(second, 1 if same_system else 2)
    assert (take(other) is not None) is (together and not same_system)


def test_take_lets_an_older_queued_run_go_first() -> None:
    younger = open_run(SYNC, 1)
    older = open_run(IMPORT, 1, minutes_ago=1)
    assert take(younger) is None
    assert take(older) is not None


def test_extend_waits_in_place_until_the_metaverse_is_free() -> None:
    synchronisation, sync_fence = taken_run(SYNC, 2)
    importing, fence = taken_run(IMPORT, 1)

    assert not leases.extend(importing.id, fence, SHARE)
    assert rows_of(importing) == {("system:1", "Exclusive", fence), ("metaverse", "Waiting", fence)}

    leases.release(synchronisation.id, sync_fence)
    assert leases.extend(importing.id, fence, SHARE)
    assert rows_of(importing) == {("system:1", "Exclusive", fence), ("metaverse", "Shared", fence)}


def test_extend_twice_changes_nothing() -> None:
    importing, fence = taken_run(IMPORT)
    assert [leases.extend(importing.id, fence, SHARE) for _ in range(2)] == [True, True]
    assert list(RunLease.objects.values_list("lease_count", flat=True)) == [2, 2]


def test_extend_does_not_give_way_to_a_queued_synchronisation() -> None:
    importing, fence = taken_run(IMPORT, 1)
    open_run(SYNC, 2, minutes_ago=5)
    assert leases.extend(importing.id, fence, SHARE)


def test_extend_with_a_lost_fence_fails() -> None:
    importing, fence = taken_run(IMPORT)
    leases.release(importing.id, fence)
    with pytest.raises(LeaseLostError, match=str(importing.id)):
        leases.extend(importing.id, fence, SHARE)


def test_hold_tells_what_is_asked_of_the_run() -> None:
    activity, fence = taken_run(SYNC)
    assert hold(activity, fence) == Signals(stop=False, cancel=False)

    RunLease.objects.filter(resource="metaverse").update(stop_requested=True)
    Activity.objects.update(cancel_requested=True)
    assert hold(activity, fence) == Signals(stop=True, cancel=True)


@pytest.mark.parametrize("resource", ["metaverse", "system:1"])
def test_hold_misses_any_one_lease(resource: str) -> None:
    importing, fence = taken_run(IMPORT)
    leases.extend(importing.id, fence, SHARE)
    RunLease.objects.filter(resource=resource).delete()
    with pytest.raises(LeaseLostError):
        hold(importing, fence)


def test_hold_is_one_round_trip(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    activity, fence = taken_run(SYNC)
    with transaction.atomic(), django_assert_num_queries(1), connection.cursor() as cursor:
        leases.hold(cursor, activity.id, fence)


def test_zombie_with_an_old_fence_cannot_commit() -> None:
    activity, old = taken_run(IMPORT)
    leases.release(activity.id, old)
    assert take(activity) is not None

    with pytest.raises(LeaseLostError):
        write_page(activity, old)

    assert ActivityProgress.objects.get().item_count == 0


def test_release_leaves_another_fence_alone() -> None:
    activity, old = taken_run(IMPORT)
    leases.release(activity.id, old)
    new = take(activity)
    leases.release(activity.id, old)
    assert rows_of(activity) == {("system:1", "Exclusive", new)}


def test_lease_of_a_deleted_activity_still_excludes() -> None:
    activity, _ = taken_run(SYNC, 1)
    ActivityProgress.objects.all().delete()
    activity.delete()
    assert take(open_run(EXPORT, 2)) is None


@pytest.mark.django_db(transaction=True)
def test_two_connections_racing_for_the_metaverse_one_gets_it() -> None:
    one, other = open_run(SYNC, 1), open_run(SYNC, 2)

    fences = both(lambda: take(one), lambda: take(other))

    assert fences.count(None) == 1
    assert RunLease.objects.filter(resource="metaverse").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_connections_racing_for_one_run_one_gets_it() -> None:
    activity = open_run(IMPORT)

    fences = both(lambda: take(activity), lambda: take(activity))

    assert fences.count(None) == 1
    assert rows_of(activity) == {("system:1", "Exclusive", fences[0] or fences[1])}


@pytest.mark.django_db(transaction=True)
def test_nothing_waits_for_a_page_in_progress() -> None:
    activity, fence = taken_run(IMPORT)
    stop_heart(activity)
    before = RunLease.objects.get().heartbeat

    with page_in_progress(activity.id, fence), connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '2s'")
        cursor.execute(leases.sql("touch_leases"), {"activity": activity.id, "fence": fence})
        assert take(open_run(EXPORT, 2)) is not None
        assert leases.extend(activity.id, fence, SHARE)
        cursor.execute("RESET statement_timeout")

    assert RunLease.objects.get(resource="system:1").heartbeat > before
