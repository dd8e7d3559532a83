"""A run goes on where its worker left it: killed in each kind of run, or told to stop (engine.md section 9)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from activities.models import Activity, ActivityStatus, RunType
from activities.recorder import SYSTEM
from synchronisation import tasks
from synchronisation.dispatch import dispatch
from synchronisation.models import RunLease
from synchronisation.services.runs import start_run
from synchronisation.sweep import sweep
from tests.acceptance.hr_to_directory import Installation, install, record_of, state_of
from tests.acceptance.workers import (
    HEARTBEAT_SECONDS,
    LEASE_SECONDS,
    caught_in,
    eventually,
    kill_process_of,
    wait_for_end,
    worker,
)
from tests.integration.synchronisation.broker import empty_queue, messages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

PEOPLE = 10_500
"""Three pages: the first is committed when the run is caught, the second is lost, the third comes after."""

CHAIN = (RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT)


@pytest.fixture(autouse=True)
def quick_sweep(tmp_path: Path, settings) -> Iterator[None]:  # type: ignore[no-untyped-def]
    settings.JIM_CONNECTOR_FILES = tmp_path
    settings.JIM_HEARTBEAT_SECONDS = HEARTBEAT_SECONDS
    settings.JIM_LEASE_SECONDS = LEASE_SECONDS
    empty_queue()
    yield
    empty_queue()


def start(installation: Installation, run_type: RunType) -> Activity:
    return start_run(installation.profiles[run_type], initiator=SYSTEM).activity


def undisturbed(installation: Installation) -> dict[str, Any]:
    """What the chain of runs leaves behind when nothing happens to it."""
    records = []
    for run_type in CHAIN:
        activity = start(installation, run_type)
        tasks.run(str(activity.id))
        records.append(record_of(activity))
    empty_queue()
    return {"records": records, "state": state_of(installation)}


def disturbed(installation: Installation, places: dict[RunType, tuple[str, ...]]) -> dict[str, Any]:
    """The same by a worker whose process is killed in the middle of each of these phases."""
    records = []
    with worker(installation.folder):
        for run_type in CHAIN:
            activity = start(installation, run_type)
            for phase in places[run_type]:
                with caught_in(activity, phase):
                    kill_process_of(activity)
                assert eventually_taken_over()
            assert wait_for_end(activity) == 0
            records.append(record_of(activity))
    return {"records": records, "state": state_of(installation)}


def eventually_taken_over() -> bool:
    return eventually(lambda: sweep() > 0)


def test_killed_worker_in_each_kind_of_run_leaves_what_an_undisturbed_run_leaves(tmp_path: Path) -> None:
    expected = undisturbed(install(tmp_path, PEOPLE))
    call_command("flush", interactive=False)

    places = {
        RunType.FULL_IMPORT: ("Reading", "Applying"),
        RunType.FULL_SYNCHRONISATION: ("Synchronising",),
        RunType.EXPORT: ("Exporting",),
    }
    found = disturbed(install(tmp_path, PEOPLE), places)

    assert [record["status"] for record in found["records"]] == [ActivityStatus.COMPLETE] * len(CHAIN)
    for name, values in expected["state"].items():
        assert found["state"][name] == values, name
    assert found["records"] == expected["records"]


def test_worker_told_to_stop_gives_its_run_to_another(tmp_path: Path) -> None:
    activity = start(install(tmp_path, PEOPLE), RunType.FULL_IMPORT)

    with worker(tmp_path) as first:
        with caught_in(activity, "Applying"):
            first.ask_to_stop()
            assert eventually(RunLease.objects.filter(stop_requested=True).exists)
        assert eventually(lambda: first.exit_status is not None)
    assert (first.exit_status, RunLease.objects.exists()) == (0, False)
    assert messages() == [(str(activity.task_id), str(activity.id))]
    activity.refresh_from_db()
    assert activity.status == ActivityStatus.IN_PROGRESS
    assert 0 < activity.progress.item_count < PEOPLE

    assert dispatch() == 1
    with worker(tmp_path):
        assert wait_for_end(activity) == 0
    record = record_of(activity)
    assert (record["status"], record["ordinals"], len(record["items"])) == (ActivityStatus.COMPLETE, True, PEOPLE)
