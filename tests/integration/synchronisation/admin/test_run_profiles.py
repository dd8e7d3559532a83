"""Run profiles in the admin: the button that runs one, and the schedule on its page."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django_celery_beat.models import PeriodicTask

from activities.models import Activity, ActivityStatus
from synchronisation.crontab import Crontab, text_of
from synchronisation.models import RunProfile, ScheduledOccurrence
from synchronisation.scheduling import put_on_schedule, schedules_of
from tests.admin import content, link_to, messages_in, page, post, queries_of, staff_client
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages
from tests.integration.synchronisation.systems import file_system, profile_of

pytestmark = pytest.mark.django_db

LIST = "/admin/synchronisation/runprofile/"
ACTIVITY = "/admin/activities/activity/{}/change/"


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


@pytest.fixture
def profile() -> RunProfile:
    return profile_of(file_system())


def change_path(profile: RunProfile) -> str:
    return f"{LIST}{profile.pk}/change/"


def run_path(profile: RunProfile) -> str:
    return f"{LIST}{profile.pk}/run/"


def form(**changes: Any) -> dict[str, Any]:
    """What the page of the profile sends when only these fields were edited."""
    unchanged = {"name": "FullImport", "page_size": 100, "crontab": "", "time_zone": "UTC", "schedule_enabled": "on"}
    return unchanged | changes


def test_button_starts_a_run_in_the_name_of_the_user_and_leads_to_it(admin_client: Client, profile: RunProfile) -> None:
    answer = post(admin_client, run_path(profile), {})

    activity = Activity.objects.get()
    assert answer == (302, ACTIVITY.format(activity.pk))
    assert (activity.run_profile_id, activity.initiated_by_type, activity.initiated_by_name) == (
        profile.pk, "User", "admin",
    )  # fmt: skip
    assert messages() == [(str(activity.task_id), str(activity.pk))]
    assert messages_in(admin_client, answer[1]) == ["HR: FullImport was queued."]


def test_warnings_of_the_run_are_shown(admin_client: Client, profile: RunProfile) -> None:
    profile.system.object_types.update(selected=False)
    _, activity = post(admin_client, run_path(profile), {})
    assert "No object type of 'HR' is selected" in messages_in(admin_client, activity)[0]


def test_button_is_on_the_list_and_on_the_page(admin_client: Client, profile: RunProfile) -> None:
    for path in (LIST, change_path(profile)):
        assert f'formaction="{run_path(profile)}"' in page(admin_client, path)


def test_open_run_takes_the_place_of_the_button(admin_client: Client, profile: RunProfile) -> None:
    post(admin_client, run_path(profile), {})
    source = page(admin_client, LIST)
    assert link_to(source, "Running") == ACTIVITY.format(Activity.objects.get().pk)
    assert "formaction" not in source


def test_second_run_is_refused_with_a_message_on_the_profile(admin_client: Client, profile: RunProfile) -> None:
    post(admin_client, run_path(profile), {})
    assert post(admin_client, run_path(profile), {}) == (302, change_path(profile))
    shown = messages_in(admin_client, change_path(profile))
    assert shown[-1] == "Run profile 'FullImport' of 'HR' is already queued or running."


def test_run_that_the_configuration_refuses_is_a_message(admin_client: Client, profile: RunProfile) -> None:
    profile.system.setting_values_valid = False
    profile.system.save()
    post(admin_client, run_path(profile), {})
    assert "settings of 'HR' are not valid" in messages_in(admin_client, change_path(profile))[0]
    assert not Activity.objects.exists()


def test_work_queue_that_is_away_leads_to_the_failed_run(admin_client: Client, profile: RunProfile) -> None:
    with closed_port() as port, broker_at(port):
        answer = post(admin_client, run_path(profile), {})
    activity = Activity.objects.get()
    assert answer == (302, ACTIVITY.format(activity.pk))
    assert activity.status == ActivityStatus.FAILED_WITH_ERROR
    assert "work queue cannot be reached" in messages_in(admin_client, answer[1])[0]


def test_running_needs_a_form_of_ours(admin_user: Any, profile: RunProfile) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(admin_user)
    assert stranger.get(run_path(profile)).status_code == 405
    assert stranger.post(run_path(profile)).status_code == 403
    assert not Activity.objects.exists()


def test_running_needs_the_permission_to_change_run_profiles(profile: RunProfile) -> None:
    viewer = staff_client("view_runprofile")
    assert "formaction" not in page(viewer, LIST) + page(viewer, change_path(profile))
    assert viewer.post(run_path(profile)).status_code == 403


def test_running_needs_to_be_signed_in(client: Client, profile: RunProfile) -> None:
    status, location = post(client, run_path(profile), {})
    assert (status, location.startswith("/admin/login/")) == (302, True)
    assert not Activity.objects.exists()


def test_unknown_profile_is_not_found(admin_client: Client) -> None:
    assert admin_client.post(f"{LIST}999999/run/").status_code == 404


def test_form_puts_the_profile_on_a_crontab_and_leaves_an_activity(admin_client: Client, profile: RunProfile) -> None:
    sent = form(crontab=" 30 6 * *  1-5 ", time_zone="Europe/London")
    assert post(admin_client, change_path(profile), sent) == (302, LIST)

    task = schedules_of([profile.pk])[profile.pk]
    assert (task.name, text_of(task.crontab), str(task.crontab.timezone), task.enabled) == (
        "Run: HR / FullImport", "30 6 * * 1-5", "Europe/London", True,
    )  # fmt: skip
    assert Activity.objects.get().message == "Run profile FullImport. Schedule: 30 6 * * 1-5 Europe/London."


def test_page_shows_the_schedule_it_has(admin_client: Client, profile: RunProfile) -> None:
    put_on_schedule(profile, Crontab("0 6 * * *", "Europe/London"))
    source = page(admin_client, change_path(profile))
    assert 'value="0 6 * * *"' in source
    assert '<option value="Europe/London" selected>' in source
    assert "At 06:00 AM Europe/London, next" in content(admin_client, change_path(profile))
    assert "At 06:00 AM Europe/London, next" in content(admin_client, LIST)


def test_schedule_can_be_switched_off_and_taken_off(admin_client: Client, profile: RunProfile) -> None:
    put_on_schedule(profile, Crontab("0 6 * * *"))
    post(admin_client, change_path(profile), form(crontab="0 6 * * *") | {"schedule_enabled": ""})
    assert not PeriodicTask.objects.get().enabled
    post(admin_client, change_path(profile), form())
    assert not PeriodicTask.objects.exists()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        (form(crontab="0 6 * *"), "has 4 fields instead of five"),
        (form(crontab="0 0 30 2 *"), "never occurs"),
        (form(crontab="0 6 * * *", time_zone="Mars"), "Select a valid choice"),
        (form(page_size=0), "greater than or equal to 1"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    admin_client: Client, profile: RunProfile, sent: dict[str, Any], says: str
) -> None:
    response = admin_client.post(change_path(profile), sent)
    assert response.status_code == 200
    assert says in response.content.decode()
    assert not PeriodicTask.objects.exists()


def test_new_name_is_the_schedules_too(admin_client: Client, profile: RunProfile) -> None:
    put_on_schedule(profile, Crontab("0 6 * * *"))
    post(admin_client, change_path(profile), form(name="Nightly", crontab="0 6 * * *"))
    profile.refresh_from_db()
    assert (profile.name, PeriodicTask.objects.get().name) == ("Nightly", "Run: HR / Nightly")


def test_nothing_changed_leaves_the_schedule_as_it_was(admin_client: Client, profile: RunProfile) -> None:
    before = put_on_schedule(profile, Crontab("0 6 * * *"))
    post(admin_client, change_path(profile), form(crontab="0 6 * * *"))
    assert PeriodicTask.objects.get().start_time == before.start_time
    assert not Activity.objects.exists()


def test_page_shows_past_occurrences(admin_client: Client, profile: RunProfile) -> None:
    activity_id = uuid4()
    due = datetime(2026, 3, 2, 6, tzinfo=UTC)
    ScheduledOccurrence.objects.create(run_profile=profile, due=due, activity_id=activity_id)
    assert link_to(page(admin_client, change_path(profile)), str(activity_id)) == ACTIVITY.format(activity_id)


def test_list_costs_the_same_queries_for_any_number_of_profiles(admin_client: Client, profile: RunProfile) -> None:
    put_on_schedule(profile, Crontab("0 6 * * *"))
    few = queries_of(admin_client, LIST)
    for number in range(5):
        put_on_schedule(profile_of(file_system(f"System {number}")), Crontab("0 7 * * *"))
    assert len(queries_of(admin_client, LIST)) == len(few)


def test_profiles_are_neither_added_nor_deleted_here(admin_client: Client, profile: RunProfile) -> None:
    paths = (f"{LIST}add/", f"{LIST}{profile.pk}/delete/")
    assert [admin_client.post(path, {"post": "yes"}).status_code for path in paths] == [403, 403]
