"""A crontab fires by itself: real beats, and a real worker."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from celery import current_app
from django.db import connection
from django_celery_beat.models import PeriodicTask
from psycopg.conninfo import make_conninfo

from activities.models import Activity, ActivityStatus, RunType
from jim.servers import programs
from jim.servers.child import Child, Command, spawn
from synchronisation import scheduling
from synchronisation.crontab import Crontab
from synchronisation.models import ScheduledOccurrence
from tests.acceptance.hr_to_directory import install
from tests.acceptance.workers import eventually
from tests.integration.synchronisation.broker import empty_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]

STOP_SECONDS = 30


@pytest.fixture(autouse=True)
def own_queues() -> Iterator[None]:
    broker().delete(programs.HOUSEKEEPING_QUEUE)
    empty_queue()
    yield
    broker().delete(programs.HOUSEKEEPING_QUEUE)
    empty_queue()


def broker() -> redis.Redis:
    return redis.Redis.from_url(current_app.conf.broker_url)


def firings() -> int:
    """Messages of the schedule that no worker has fetched."""
    waiting = broker().lrange(programs.HOUSEKEEPING_QUEUE, 0, -1)
    return sum(json.loads(message)["headers"]["task"] == scheduling.TASK for message in waiting)


@contextmanager
def process(name: str, arguments: list[str], folder: Path) -> Iterator[Child]:
    """One of JIM's processes on the test database, stopped in order; its log is in the folder, under its name."""
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    database = {names[key]: str(value) for key, value in connection.settings_dict.items() if key in names and value}
    environment = {
        "DATABASE_URL": make_conninfo(**database),
        "REDIS_URL": current_app.conf.broker_url,
        "JIM_CONNECTOR_FILES": str(folder),
    }
    child = spawn(Command(name, arguments, folder / name, environment=environment))
    try:
        yield child
    finally:
        child.stop(STOP_SECONDS)


def due_a_minute_ago() -> datetime:
    """So that nobody has to wait for the next full minute: a beat fires at once what it has missed."""
    return (datetime.now(UTC) - timedelta(minutes=1)).replace(second=0, microsecond=0)


def fired_last(moment: datetime) -> None:
    """As every beat believes that has not heard of a firing since."""
    PeriodicTask.objects.filter(task=scheduling.TASK).update(start_time=moment, last_run_at=moment)


def test_crontab_fired_by_two_beats_is_carried_out_once(tmp_path: Path) -> None:
    profile, due = install(tmp_path, 20).profiles[RunType.FULL_IMPORT], due_a_minute_ago()
    scheduling.put_on_schedule(profile, Crontab(f"{due.minute} {due.hour} * * *"))
    for beats in (1, 2):
        fired_last(due - timedelta(minutes=1))
        with process(f"beat {beats}", programs.beat(), tmp_path):
            assert eventually(lambda beats=beats: firings() == beats)

    with process("worker", programs.worker(f"{programs.HOUSEKEEPING_QUEUE},{programs.RUNS_QUEUE}", 1), tmp_path):
        assert eventually(lambda: Activity.objects.exclude(ended=None).exists() and not firings())

    activity = Activity.objects.get()
    assert (activity.status, activity.initiated_by_name) == (ActivityStatus.COMPLETE, "Schedule")
    assert set(ScheduledOccurrence.objects.values_list("run_profile", "due", "activity_id")) == {
        (profile.pk, due, activity.pk)
    }
