"""The run task, called as a worker calls it: what it takes, gives back, and does when the database fails."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from activities.models import Activity, ActivityStatus, RunType
from activities.recorder import SYSTEM
from synchronisation import tasks
from synchronisation.engine import leases
from synchronisation.models import ConnectorSpaceObject, RunLease
from synchronisation.services.runs import cancel_run, start_run
from synchronisation.sweep import sweep
from tests.acceptance.hr_to_directory import Installation, install, record_of
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages
from tests.integration.synchronisation.runs import open_run, stop_heart, take, taken_run

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE = 10


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


@pytest.fixture
def installation(tmp_path: Path, settings) -> Installation:  # type: ignore[no-untyped-def]
    settings.JIM_CONNECTOR_FILES = tmp_path
    return install(tmp_path, PEOPLE)


@pytest.fixture
def activity(installation: Installation) -> Activity:
    """A queued full import, whose message was lost."""
    started = start_run(installation.profiles[RunType.FULL_IMPORT], initiator=SYSTEM)
    empty_queue()
    return started.activity


@contextmanager
def whenever_an_object_is_imported(statement: str) -> Iterator[None]:
    """PL/pgSQL that runs inside the page that inserts a connector space object."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN NEW; END $$;"
            "CREATE TRIGGER trouble BEFORE INSERT ON cso FOR EACH ROW EXECUTE FUNCTION trouble()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION trouble() CASCADE")


def run(activity: Activity) -> str:
    """Deliver the message; the status it leaves behind."""
    tasks.run(str(activity.id))
    activity.refresh_from_db()
    return activity.status


def test_run_ends_its_activity_and_gives_its_leases_back(activity: Activity) -> None:
    assert run(activity) == ActivityStatus.COMPLETE
    assert not RunLease.objects.exists()
    assert ConnectorSpaceObject.objects.count() == PEOPLE


def test_message_of_an_ended_run_changes_nothing(activity: Activity) -> None:
    run(activity)
    before = record_of(activity), activity.executed, activity.ended
    run(activity)
    assert (record_of(activity), activity.executed, activity.ended) == before


def test_message_of_a_run_at_work_elsewhere_changes_nothing(activity: Activity) -> None:
    fence = take(activity)
    assert run(activity) == ActivityStatus.IN_PROGRESS
    assert set(RunLease.objects.values_list("fence", flat=True)) == {fence}


def test_run_that_has_to_wait_ends_its_task_at_once(activity: Activity) -> None:
    taken_run(RunType.EXPORT, activity.connected_system_id or 0, minutes_ago=1)
    assert run(activity) == ActivityStatus.IN_PROGRESS
    assert activity.executed is None


def test_message_of_no_activity_changes_nothing() -> None:
    tasks.run(str(uuid4()))
    assert not RunLease.objects.exists()


def test_ended_run_wakes_up_the_next(activity: Activity) -> None:
    following = open_run(RunType.FULL_SYNCHRONISATION, activity.connected_system_id or 0)
    run(activity)
    assert messages() == [(str(following.task_id), str(following.id))]


def test_broker_away_does_not_harm_a_run(activity: Activity) -> None:
    open_run(RunType.FULL_SYNCHRONISATION, activity.connected_system_id or 0)
    with closed_port() as port, broker_at(port):
        assert run(activity) == ActivityStatus.COMPLETE


def test_unexpected_failure_ends_the_run_with_its_trace(activity: Activity) -> None:
    with whenever_an_object_is_imported("RAISE EXCEPTION 'the disk is on fire'"):
        assert run(activity) == ActivityStatus.FAILED_WITH_ERROR
    assert "the disk is on fire" in (activity.error_message or "")
    assert "Traceback" in (activity.error_stack_trace or "")
    assert not RunLease.objects.exists()


def test_run_whose_profile_was_deleted_meanwhile_fails(activity: Activity, installation: Installation) -> None:
    installation.profiles[RunType.FULL_IMPORT].delete()
    assert run(activity) == ActivityStatus.FAILED_WITH_ERROR


INTERRUPTIONS = {
    "deadlock": "RAISE EXCEPTION USING ERRCODE = '40P01'",
    "shut down": "PERFORM pg_terminate_backend(pg_backend_pid())",
    "cancelled": "PERFORM pg_cancel_backend(pg_backend_pid())",
}


@pytest.mark.parametrize("trouble", INTERRUPTIONS.values(), ids=INTERRUPTIONS)
def test_interrupted_run_goes_on_after_the_sweep(activity: Activity, trouble: str) -> None:
    with whenever_an_object_is_imported(trouble):
        assert run(activity) == ActivityStatus.IN_PROGRESS
    assert RunLease.objects.filter(activity_id=activity.id).exists()

    stop_heart(activity)
    assert sweep() == 1
    assert run(activity) == ActivityStatus.COMPLETE
    assert record_of(activity)["counters"]["CsoAdded"] == PEOPLE


def test_resumed_import_applies_under_a_share_of_the_metaverse(activity: Activity) -> None:
    with whenever_an_object_is_imported(INTERRUPTIONS["deadlock"]):
        run(activity)
    stop_heart(activity)
    sweep()

    unshared = "NOT EXISTS (SELECT FROM run_lease WHERE resource = 'metaverse' AND mode = 'Shared')"
    with whenever_an_object_is_imported(f"IF {unshared} THEN RAISE EXCEPTION 'applies alone'; END IF"):
        assert run(activity) == ActivityStatus.COMPLETE, activity.error_message


def test_run_interrupted_at_the_same_place_ends_at_the_fourth_time(activity: Activity) -> None:
    with whenever_an_object_is_imported(INTERRUPTIONS["deadlock"]):
        statuses = [interrupted_and_swept(activity) for _ in range(4)]
    assert statuses == [*[ActivityStatus.IN_PROGRESS] * 3, ActivityStatus.FAILED_WITH_ERROR]
    assert messages()[3:] == []


def interrupted_and_swept(activity: Activity) -> str:
    run(activity)
    stop_heart(activity)
    sweep()
    activity.refresh_from_db()
    return activity.status


def test_run_told_to_stop_gives_its_leases_back_and_is_published(activity: Activity) -> None:
    with whenever_an_object_is_imported("UPDATE run_lease SET stop_requested = true"):
        assert run(activity) == ActivityStatus.IN_PROGRESS
    assert not RunLease.objects.exists()
    assert messages() == [(str(activity.task_id), str(activity.id))]

    assert run(activity) == ActivityStatus.COMPLETE
    assert record_of(activity)["ordinals"]


def test_cancelled_run_ends_at_its_next_page(activity: Activity) -> None:
    fence = take(activity)
    assert fence is not None
    leases.release(activity.id, fence)
    cancel_run(activity)

    assert run(activity) == ActivityStatus.CANCELLED
    assert not ConnectorSpaceObject.objects.exists()


@pytest.mark.parametrize("task", [tasks.dispatch, tasks.sweep])
def test_housekeeping_tolerates_a_broker_that_is_away(activity: Activity, task: Callable[[], None]) -> None:
    other, _ = taken_run(RunType.FULL_IMPORT, 99)
    stop_heart(other)
    with closed_port() as port, broker_at(port):
        task()
