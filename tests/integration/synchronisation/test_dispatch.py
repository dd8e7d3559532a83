"""Dispatch against PostgreSQL and the broker: which runs are published, and when."""

from collections.abc import Iterator
from time import monotonic

import pytest

from activities.models import Activity, ActivityStatus, RunType
from synchronisation.dispatch import dispatch, publish
from synchronisation.errors import QueueUnavailableError
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages, silent_port
from tests.integration.synchronisation.runs import open_run, taken_run

pytestmark = pytest.mark.django_db

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


def message_of(activity: Activity) -> tuple[str, str]:
    return str(activity.task_id), str(activity.id)


def test_dispatch_publishes_the_runs_that_could_start_together_oldest_first() -> None:
    third = open_run(IMPORT, 3, minutes_ago=1)
    first = open_run(EXPORT, 1, minutes_ago=9)
    second = open_run(IMPORT, 2, minutes_ago=5)
    open_run(SYNC, 2)  # behind the import of its system

    assert dispatch() == 3
    assert messages() == [message_of(run) for run in (first, second, third)]


def test_dispatch_leaves_leased_and_ended_runs_alone() -> None:
    taken_run(IMPORT, 1)
    open_run(IMPORT, 2)
    Activity.objects.filter(connected_system_id=2).update(status=ActivityStatus.CANCELLED)

    assert dispatch() == 0
    assert messages() == []


def test_dispatch_leaves_runs_whose_resources_are_taken() -> None:
    taken_run(EXPORT, 1)
    open_run(SYNC, 2)

    assert dispatch() == 0
    assert messages() == []


def test_dispatch_does_not_pile_up_messages_while_workers_are_busy() -> None:
    open_run(IMPORT, 1)
    open_run(IMPORT, 2)

    assert [dispatch(), dispatch(), dispatch()] == [2, 0, 0]
    assert len(messages()) == 2
    assert dispatch() == 2


@pytest.mark.parametrize("port", [closed_port, silent_port], ids=["refused", "silent"])
def test_broker_away_fails_within_seconds(port) -> None:  # type: ignore[no-untyped-def]
    activity = open_run(IMPORT)
    began = monotonic()

    with port() as number, broker_at(number), pytest.raises(QueueUnavailableError, match="REDIS_URL") as failure:
        publish(activity.id, activity.id)

    assert failure.value.activity_id == activity.id
    assert monotonic() - began < 10


@pytest.mark.parametrize("port", [closed_port, silent_port], ids=["refused", "silent"])
def test_dispatch_with_the_broker_away_says_so(port) -> None:  # type: ignore[no-untyped-def]
    open_run(IMPORT)
    with port() as number, broker_at(number), pytest.raises(QueueUnavailableError):
        dispatch()
