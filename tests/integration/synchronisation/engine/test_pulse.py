"""The heartbeat: it beats, it hears, and it waits for nothing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from time import sleep

import pytest
from django.utils import timezone

from activities.models import Activity, RunType
from synchronisation import worker
from synchronisation.engine import leases
from synchronisation.models import RunLease
from tests.integration.synchronisation.runs import open_run, page_in_progress, stop_heart, taken_run

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = 10
"""Far more than a beat of one second takes."""


@pytest.fixture(autouse=True)
def beat_every_second(settings) -> None:  # type: ignore[no-untyped-def]
    settings.JIM_HEARTBEAT_SECONDS = 1


def eventually(claim: Callable[[], bool]) -> bool:
    for _ in range(SECONDS * 10):
        if claim():
            return True
        sleep(0.1)
    return False


def all_beat_just_now() -> bool:
    hearts = list(RunLease.objects.values_list("heartbeat", flat=True))
    return all(heart > timezone.now() - timedelta(seconds=5) for heart in hearts)


def test_heartbeat_touches_the_leases_during_a_page() -> None:
    activity, fence = taken_run(RunType.FULL_SYNCHRONISATION)
    stop_heart(activity)
    with page_in_progress(activity.id, fence), leases.heartbeat(activity.id, fence):
        assert not all_beat_just_now()
        assert eventually(all_beat_just_now)


def test_pulse_is_lost_when_the_run_is_taken_over() -> None:
    activity, fence = taken_run(RunType.FULL_IMPORT)
    with leases.heartbeat(activity.id, fence) as pulse:
        RunLease.objects.all().delete()
        assert pulse.lost.wait(SECONDS)


def test_pulse_hears_a_cancel() -> None:
    activity, fence = taken_run(RunType.FULL_IMPORT)
    with leases.heartbeat(activity.id, fence) as pulse:
        Activity.objects.update(cancel_requested=True)
        assert pulse.cancelled.wait(SECONDS)
    assert not pulse.stopping.is_set()


def test_pulse_hears_that_its_worker_stops() -> None:
    activity = open_run(RunType.FULL_IMPORT)
    fence = leases.take(activity.id, leases.needs_of(RunType.FULL_IMPORT, 1), worker.owner())
    assert fence is not None
    with leases.heartbeat(activity.id, fence) as pulse:
        assert worker.request_stop() == 1
        assert pulse.stopping.wait(SECONDS)


def test_stopping_worker_leaves_the_runs_of_others_alone() -> None:
    activity = open_run(RunType.FULL_IMPORT)
    leases.take(activity.id, leases.needs_of(RunType.FULL_IMPORT, 1), "another:1:abc/2")
    assert worker.request_stop() == 0
    assert not RunLease.objects.get().stop_requested


def test_heartbeat_ends_with_its_block() -> None:
    activity, fence = taken_run(RunType.FULL_IMPORT)
    name = f"heartbeat-{activity.id}"
    with leases.heartbeat(activity.id, fence):
        assert name in {thread.name for thread in threading.enumerate()}
    assert name not in {thread.name for thread in threading.enumerate()}
