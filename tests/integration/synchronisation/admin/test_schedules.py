"""Periodic tasks in the admin: all of them to read, none to edit."""

import pytest
from django.test import Client
from django_celery_beat.models import PeriodicTask

from synchronisation.crontab import Crontab
from synchronisation.scheduling import put_on_schedule
from tests.admin import content
from tests.integration.synchronisation.systems import file_system, profile_of

pytestmark = pytest.mark.django_db

LIST = "/admin/django_celery_beat/periodictask/"


def test_schedules_are_listed_in_words(admin_client: Client) -> None:
    put_on_schedule(profile_of(file_system()), Crontab("0 6 * * *", "Europe/London"))
    assert "Run: HR / FullImport check_small At 06:00 AM Europe/London" in content(admin_client, LIST)


def test_no_task_can_be_made_up_here(admin_client: Client) -> None:
    task = put_on_schedule(profile_of(file_system()), Crontab("0 6 * * *"))
    paths = (f"{LIST}add/", f"{LIST}{task.pk}/change/", f"{LIST}{task.pk}/delete/")
    assert [admin_client.post(path, {"post": "yes"}).status_code for path in paths] == [403, 403, 403]
    assert PeriodicTask.objects.get() == task


@pytest.mark.parametrize("model", ["crontabschedule", "intervalschedule", "solarschedule", "clockedschedule"])
def test_bare_schedules_have_no_pages(admin_client: Client, model: str) -> None:
    assert admin_client.get(f"/admin/django_celery_beat/{model}/").status_code == 404
