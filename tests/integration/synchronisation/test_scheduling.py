"""Schedules: a run profile gets a crontab, and each occurrence starts once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from celery.app.task import Context
from django_celery_beat.models import PeriodicTask

from activities.models import Activity, ActivityStatus
from synchronisation import scheduling
from synchronisation.crontab import Crontab, text_of
from synchronisation.models import RunProfile, ScheduledOccurrence
from synchronisation.scheduling import fired_at, put_on_schedule, schedules_of, start_occurrence, take_off_schedule
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages
from tests.integration.synchronisation.runs import both
from tests.integration.synchronisation.systems import file_system, profile_of

pytestmark = pytest.mark.django_db

SIX = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


@pytest.fixture
def profile() -> RunProfile:
    """It runs at six each morning, and has for long."""
    profile = profile_of(file_system())
    put_on_schedule(profile, Crontab("0 6 * * *"))
    PeriodicTask.objects.update(start_time=SIX - 365 * DAY)
    return profile


def end_runs() -> None:
    Activity.objects.update(status=ActivityStatus.COMPLETE, ended=datetime.now(UTC))


def occurrences() -> set[tuple[datetime, UUID | None]]:
    return set(ScheduledOccurrence.objects.values_list("due", "activity_id"))


def test_schedule_is_a_periodic_task_of_the_beat() -> None:
    profile = profile_of(file_system("HR"))
    before = datetime.now(UTC)

    task = put_on_schedule(profile, Crontab("30 6 * * 1-5", "Europe/London"))

    assert (task.name, task.task, task.enabled) == ("Run: HR / FullImport", scheduling.TASK, True)
    assert (text_of(task.crontab), str(task.crontab.timezone)) == ("30 6 * * 1-5", "Europe/London")
    assert schedules_of([profile.pk]) == {profile.pk: task}
    assert before <= task.start_time == task.last_run_at


def test_second_schedule_replaces_the_first(profile: RunProfile) -> None:
    put_on_schedule(profile, Crontab("0 7 * * *"), enabled=False)
    task = PeriodicTask.objects.get()
    assert (task.crontab.hour, task.enabled) == ("7", False)


def test_take_off_schedule_leaves_other_profiles_theirs(profile: RunProfile) -> None:
    other = profile_of(file_system("Directory"))
    put_on_schedule(other, Crontab("0 6 * * *"))
    take_off_schedule(profile.pk)
    assert schedules_of([profile.pk, other.pk]).keys() == {other.pk}


def test_names_that_collide_or_are_too_long_get_the_number_of_the_profile() -> None:
    names = [("A / B", "C"), ("A", "B / C"), ("S" * 150, "P" * 150)]
    profiles = [RunProfile.objects.create(system=file_system(system), name=name) for system, name in names]
    found = [put_on_schedule(profile, Crontab("0 6 * * *")).name for profile in profiles]
    _, second, third = (f" ({profile.pk})" for profile in profiles)
    long = f"Run: {'S' * 150} / {'P' * 150}"
    assert found == ["Run: A / B / C", f"Run: A / B / C{second}", long[: 200 - len(third)] + third]


def test_due_run_is_started_by_the_schedule(profile: RunProfile) -> None:
    activity_id = start_occurrence(profile.pk, SIX)

    activity = Activity.objects.get()
    assert (activity.pk, activity.initiated_by_type, activity.initiated_by_name) == (activity_id, "System", "Schedule")
    assert (activity.status, activity.run_profile_id) == (ActivityStatus.IN_PROGRESS, profile.pk)
    assert messages() == [(str(activity.task_id), str(activity.pk))]
    assert occurrences() == {(SIX, activity.pk)}


@pytest.mark.parametrize("later", [timedelta(0), timedelta(seconds=3), timedelta(hours=5)])
def test_second_firing_of_an_occurrence_starts_nothing(profile: RunProfile, later: timedelta) -> None:
    start_occurrence(profile.pk, SIX)
    end_runs()
    assert start_occurrence(profile.pk, SIX + later) is None
    assert Activity.objects.count() == 1


def test_late_message_makes_up_for_all_that_was_missed(profile: RunProfile) -> None:
    start_occurrence(profile.pk, SIX)
    end_runs()
    late = start_occurrence(profile.pk, SIX + 3 * DAY + timedelta(hours=2))
    assert (SIX + 3 * DAY, late) in occurrences()
    assert ScheduledOccurrence.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_firings_at_once_start_one_run(profile: RunProfile) -> None:
    started = both(
        lambda: start_occurrence(profile.pk, SIX), lambda: start_occurrence(profile.pk, SIX + timedelta(seconds=2))
    )
    assert occurrences() == {(SIX, Activity.objects.get().pk)}
    assert sorted(started, key=str) == sorted([Activity.objects.get().pk, None], key=str)


def test_attempt_after_a_lost_one_starts_what_was_only_claimed(profile: RunProfile) -> None:
    ScheduledOccurrence.objects.create(run_profile=profile, due=SIX)
    assert start_occurrence(profile.pk, SIX) is None
    assert start_occurrence(profile.pk, SIX, again=True) == Activity.objects.get().pk
    assert start_occurrence(profile.pk, SIX, again=True) is None


def test_what_was_due_before_the_schedule_began_does_not_start(profile: RunProfile) -> None:
    PeriodicTask.objects.update(start_time=SIX + MINUTE)
    assert start_occurrence(profile.pk, SIX + 2 * MINUTE) is None
    assert start_occurrence(profile.pk, SIX + DAY) is not None


def test_schedule_that_is_off_starts_nothing(profile: RunProfile) -> None:
    put_on_schedule(profile, Crontab("* * * * *"), enabled=False)
    assert start_occurrence(profile.pk, datetime.now(UTC) + MINUTE) is None
    assert occurrences() == set()


def test_schedule_of_a_deleted_profile_is_removed(profile: RunProfile) -> None:
    number = profile.pk
    profile.delete()
    assert start_occurrence(number, SIX) is None
    assert not PeriodicTask.objects.exists()


def test_occurrence_while_the_last_run_goes_on_is_skipped_and_says_so(profile: RunProfile) -> None:
    run = start_occurrence(profile.pk, SIX)
    skipped = start_occurrence(profile.pk, SIX + DAY)

    activity = Activity.objects.exclude(pk=run).get()
    assert occurrences() == {(SIX, run), (SIX + DAY, skipped)}
    assert (activity.pk, activity.status, activity.target_type) == (skipped, "CompleteWithWarning", "Schedule")
    assert activity.warning_message == (
        "The run due at 2026-03-03 06:00 UTC was skipped. "
        "Run profile 'FullImport' of 'HR' is already queued or running."
    )


def test_occurrence_that_is_refused_says_why(profile: RunProfile) -> None:
    profile.system.setting_values_valid = False
    profile.system.save()
    start_occurrence(profile.pk, SIX)
    assert "The settings of 'HR' are not valid" in str(Activity.objects.get().warning_message)


def test_occurrence_without_a_work_queue_is_the_failed_run(profile: RunProfile) -> None:
    with closed_port() as port, broker_at(port):
        start_occurrence(profile.pk, SIX)
    activity = Activity.objects.get()
    assert activity.status == ActivityStatus.FAILED_WITH_ERROR
    assert occurrences() == {(SIX, activity.pk)}


def test_old_occurrences_go_when_a_new_one_starts(profile: RunProfile) -> None:
    old, recent = SIX - 91 * DAY, SIX - 90 * DAY
    for due in (old, recent):
        ScheduledOccurrence.objects.create(run_profile=profile, due=due, activity_id=uuid4())
    start_occurrence(profile.pk, SIX)
    assert {due for due, _ in occurrences()} == {recent, SIX}


def test_message_means_the_later_of_its_publication_and_now() -> None:
    now = datetime.now(UTC)
    fast_clock = fired_at(Context({scheduling.FIRED: (now + MINUTE).isoformat()}))
    long_on_the_way = fired_at(Context({scheduling.FIRED: (now - DAY).isoformat()}))
    by_hand = fired_at(Context())
    assert fast_clock == now + MINUTE
    assert now <= long_on_the_way <= by_hand <= datetime.now(UTC)
