"""A crontab fires by itself: real beats, a real housekeeping worker and a real worker for the run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django_celery_beat.models import PeriodicTask
from psycopg.conninfo import make_conninfo

from activities.models import Activity, ActivityStatus, RunType
from jim.servers import programs
from jim.servers.child import Command, spawn
from synchronisation import scheduling
from synchronisation.crontab import Crontab
from synchronisation.models import RunProfile, ScheduledOccurrence
from tests.acceptance.hr_to_directory import install
from tests.acceptance.workers import eventually, worker
from tests.integration.synchronisation.broker import empty_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

BEATS = ("first beat", "second beat")


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


@contextmanager
def process(name: str, arguments: list[str], folder: Path) -> Iterator[None]:
    """One of JIM's processes on the test database; its log is in the folder, under its name."""
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    database = {names[key]: str(value) for key, value in connection.settings_dict.items() if key in names and value}
    environment = {
        "DATABASE_URL": make_conninfo(**database),
        "REDIS_URL": current_app.conf.broker_url,
        "JIM_CONNECTOR_FILES": str(folder),
        "JIM_LOG_LEVEL": "info",
    }
    child = spawn(Command(name, arguments, folder / name, environment=environment))
    try:
        yield
    finally:
        child.kill()


def schedule_due_a_minute_ago(profile: RunProfile) -> datetime:
    """As if the beats had been away for the last minutes: nobody has to wait for the next full minute. The due time."""
    due = (datetime.now(UTC) - timedelta(minutes=1)).replace(second=0, microsecond=0)
    scheduling.put_on_schedule(profile, Crontab(f"{due.minute} {due.hour} * * *"))
    earlier = due - timedelta(minutes=1)
    PeriodicTask.objects.filter(task=scheduling.TASK).update(start_time=earlier, last_run_at=earlier)
    return due


def times_logged(text: str, log: Path) -> int:
    return log.read_text().count(text) if log.exists() else 0


def test_two_beats_fire_a_crontab_and_its_run_happens_once(tmp_path: Path) -> None:
    profile = install(tmp_path, 20).profiles[RunType.FULL_IMPORT]
    due = schedule_due_a_minute_ago(profile)

    with ExitStack() as running:
        running.enter_context(worker(tmp_path))
        running.enter_context(process("housekeeping", programs.worker(programs.HOUSEKEEPING_QUEUE, 1), tmp_path))
        for beat in BEATS:
            running.enter_context(process(beat, programs.beat(), tmp_path))
        both_fired = eventually(lambda: all(times_logged("Run: HR / FullImport", tmp_path / beat) for beat in BEATS))
        both_arrived = eventually(lambda: times_logged(f"{scheduling.TASK}[", tmp_path / "housekeeping") >= 4)
        ended = eventually(lambda: Activity.objects.exclude(ended=None).exists())

    activity = Activity.objects.get()
    assert (both_fired, both_arrived, ended) == (True, True, True)
    assert (activity.status, activity.initiated_by_name) == (ActivityStatus.COMPLETE, "Schedule")
    assert set(ScheduledOccurrence.objects.values_list("run_profile", "due", "activity_id")) == {
        (profile.pk, due, activity.pk)
    }
