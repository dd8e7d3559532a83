"""Schedules: run profiles that start by themselves on a crontab.

In: a run profile and a crontab; later a firing of the beat. Out: a periodic task of django-celery-beat; later a run.
Always: an occurrence, that is a run profile and the instant it was due, is started once, however many beats fire it
and however late the message comes. The row in `scheduled_occurrence` decides; its `due` comes from the crontab, so it
is the same for every firing. An occurrence that was missed is made up for by the next message, and several at once.
"""

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import Task
from celery.app.task import Context
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from activities.models import InitiatorType, OperationType, TargetType
from activities.recorder import Initiator, recording
from synchronisation.crontab import Crontab, latest_due
from synchronisation.errors import QueueUnavailableError, RunConflictError, RunRefusedError
from synchronisation.models import RunProfile, ScheduledOccurrence
from synchronisation.services.runs import start_run

logger = structlog.get_logger(__name__)

TASK = "synchronisation.tasks.start_scheduled_run"
INITIATOR = Initiator(InitiatorType.SYSTEM, name="Schedule")
NAME_LENGTH = 200
"""Characters of a periodic task's name; a system and a run profile may have as many each."""

OCCURRENCES_KEPT = timedelta(days=90)
"""For the administrator to look back; deciding needs only the latest occurrence of each run profile."""

FIRED = "jim-fired"
"""Message header: when the message was published, by the clock of who published it."""


class FiredTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task whose messages say when they were published, so that a slow clock at the worker loses no occurrence."""

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        headers = {FIRED: datetime.now(UTC).isoformat()} | (options.pop("headers", None) or {})
        return super().apply_async(args, kwargs, headers=headers, **options)


# --- Putting a run profile on a schedule ------------------------------------------------------------------------


def schedules_of(profile_ids: Collection[int]) -> dict[int, PeriodicTask]:
    """{run profile id: its periodic task}, with the crontab; one query."""
    ids = {_arguments(profile_id): profile_id for profile_id in profile_ids}
    tasks = PeriodicTask.objects.filter(task=TASK, kwargs__in=ids, crontab__isnull=False).select_related("crontab")
    return {ids[task.kwargs]: task for task in tasks}


@transaction.atomic
def put_on_schedule(profile: RunProfile, crontab: Crontab, *, enabled: bool = True) -> PeriodicTask:
    """Give the run profile this schedule instead of the one it had, if any. Raises: CrontabError.

    What was due before now does not start any more: the beat, which catches up with what it missed, would fire it.
    """
    now = datetime.now(UTC)
    columns = crontab.columns()
    row = CrontabSchedule.objects.filter(**columns).first() or CrontabSchedule.objects.create(**columns)
    task = schedules_of([profile.pk]).get(profile.pk) or PeriodicTask(task=TASK, kwargs=_arguments(profile.pk))
    task.name = _task_name(profile, task)
    task.crontab, task.enabled, task.last_run_at, task.start_time = row, enabled, now, now
    task.save()
    return task


def take_off_schedule(profile_id: int) -> None:
    for task in PeriodicTask.objects.filter(task=TASK, kwargs=_arguments(profile_id)):
        task.delete()  # one by one: that is what tells the beat


def _arguments(profile_id: int) -> str:
    return json.dumps({"run_profile_id": profile_id})


def _task_name(profile: RunProfile, task: PeriodicTask) -> str:
    """Unique, whatever slashes the two names contain and however long they are."""
    name = f"Run: {profile.system.name} / {profile.name}"
    taken = PeriodicTask.objects.filter(name=name).exclude(pk=task.pk).exists()
    if len(name) <= NAME_LENGTH and not taken:
        return name
    suffix = f" ({profile.pk})"
    return name[: NAME_LENGTH - len(suffix)] + suffix


# --- Starting what is due ---------------------------------------------------------------------------------------


def fired_at(request: Context) -> datetime:
    """The moment a message means: of publishing or of now, whichever is later.

    The beat's clock has passed the due time, the worker's clock may lag behind it; and a message that waited long
    stands for the latest occurrence since.
    """
    published = request.get(FIRED)
    now = datetime.now(UTC)
    return max(now, datetime.fromisoformat(published)) if published else now


def start_occurrence(run_profile_id: int, moment: datetime, *, again: bool = False) -> UUID | None:
    """Start the run profile's latest occurrence at `moment`, unless that was done; the id of its activity.

    again: an earlier attempt may have claimed the occurrence and then lost the database.
    """
    profile = RunProfile.objects.select_related("system__connector").filter(pk=run_profile_id).first()
    if profile is None:
        logger.warning("schedule removed: its run profile is gone", run_profile_id=run_profile_id)
        take_off_schedule(run_profile_id)
        return None
    task = schedules_of([run_profile_id]).get(run_profile_id)
    if task is None or not task.enabled:
        logger.info("not started: no longer scheduled", run_profile_id=run_profile_id)
        return None
    due = latest_due(task.crontab.schedule, task.crontab.timezone, moment)
    if task.start_time is not None and due < task.start_time:
        return None
    occurrence, claimed = ScheduledOccurrence.objects.get_or_create(run_profile=profile, due=due)
    if not claimed and not (again and occurrence.activity_id is None):
        return None
    occurrence.activity_id = _start(profile, due)
    occurrence.save(update_fields=["activity_id"])
    ScheduledOccurrence.objects.filter(run_profile=profile, due__lt=due - OCCURRENCES_KEPT).delete()
    return occurrence.activity_id


def _start(profile: RunProfile, due: datetime) -> UUID | None:
    """The activity of the run, or the one that says why there is none."""
    try:
        return start_run(profile, initiator=INITIATOR).activity.pk
    except QueueUnavailableError as exc:
        logger.warning("scheduled run failed", run_profile_id=profile.pk, error=str(exc))
        return exc.activity_id
    except (RunRefusedError, RunConflictError) as exc:
        return _record_skipped(profile, due, str(exc))


def _record_skipped(profile: RunProfile, due: datetime, reason: str) -> UUID:
    with recording(
        TargetType.SCHEDULE,
        OperationType.EXECUTE,
        target_name=profile.name,
        target_context=profile.system.name,
        initiator=INITIATOR,
        connected_system_id=profile.system_id,
        run_profile_id=profile.pk,
    ) as activity:
        activity.warning_message = f"The run due at {due:%Y-%m-%d %H:%M} UTC was skipped. {reason}"
    return activity.pk
