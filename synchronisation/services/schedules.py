"""Create, change, enable and delete schedules.

Always: what is saved can be due, its next time is set while it is enabled and triggered by the clock, and a step names
a run profile that exists. Connection strings are encrypted on their way in and leave as `SECRET_SHOWN`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, record
from synchronisation.crontab import Crontab, CrontabError, next_due
from synchronisation.models import (
    ConnectedSystem,
    PatternType,
    RunProfile,
    Schedule,
    ScheduleStep,
    StepType,
    TriggerType,
)
from synchronisation.secrets import encrypt
from synchronisation.timetable import Timetable, TimetableError, at_intervals, at_times

from .audit import changed_fields
from .errors import RefusedError

Values = Mapping[str, Any]

SECRET_SHOWN = "********"
"""Stands for a connection string in answers; sent back with its step's id, it keeps the one that is stored."""

CONNECTION = "sql_connection_string"


@transaction.atomic
def create_schedule(values: Values, steps: Sequence[Values], initiator: Initiator) -> Schedule:
    """values: the model's fields. steps: the steps' fields; ids, which a copy of another schedule has, are left out.

    Raises: RefusedError, SecretError.
    """
    schedule = Schedule(**values)
    _set_times(schedule)
    schedule.save(force_insert=True)
    _replace_steps(schedule, [{**step, "id": None} for step in steps])
    _record(schedule, OperationType.CREATE, initiator, f"Schedule created with {len(steps)} steps.")
    return schedule


@transaction.atomic
def update_schedule(
    schedule: Schedule, values: Values, steps: Sequence[Values] | None, initiator: Initiator
) -> Schedule:
    """values: fields that are to change. steps: None keeps them. Raises: RefusedError, SecretError."""
    message = changed_fields(schedule, values)
    for name, value in values.items():
        setattr(schedule, name, value)
    _set_times(schedule)
    schedule.last_updated = timezone.now()
    schedule.save(update_fields=[*values, "cron_expression", "next_run_time", "last_updated"])
    if steps is not None:
        _replace_steps(schedule, steps)
        message += f" Steps replaced: {len(steps)}."
    _record(schedule, OperationType.UPDATE, initiator, message)
    return schedule


def switch_schedule(schedule: Schedule, *, is_enabled: bool, initiator: Initiator) -> Schedule:
    return update_schedule(schedule, {"is_enabled": is_enabled}, None, initiator)


@transaction.atomic
def delete_schedule(schedule: Schedule, initiator: Initiator) -> None:
    """Its executions stay, and one that is active goes on."""
    _record(schedule, OperationType.DELETE, initiator, "Schedule deleted.")
    schedule.delete()


# --- When it is due -----------------------------------------------------------------------------------------------


def next_time(schedule: Schedule, moment: datetime) -> datetime:
    """The first time after `moment` that its pattern names. Raises: RefusedError."""
    if schedule.pattern_type == PatternType.CUSTOM:
        return next_due(_custom(schedule), moment)
    return _timetable(schedule).next_after(moment)


def _set_times(schedule: Schedule) -> None:
    """Check the pattern of a schedule that the clock starts, and derive crontab and next time. Raises: RefusedError."""
    by_clock = schedule.trigger_type == TriggerType.CRON
    due = next_time(schedule, timezone.now()) if by_clock else None
    schedule.next_run_time = due if schedule.is_enabled else None
    if schedule.pattern_type != PatternType.CUSTOM:
        schedule.cron_expression = _timetable(schedule).crontab() if by_clock else None


def _timetable(schedule: Schedule) -> Timetable:
    """Raises: RefusedError."""
    days = [int(day) for day in _parts(schedule.days_of_week)]
    if schedule.pattern_type == PatternType.INTERVAL:
        return _intervals(schedule, days)
    try:
        return at_times(_parts(schedule.run_times), days)
    except TimetableError as error:
        raise RefusedError({"run_times": [str(error)]}) from error


def _intervals(schedule: Schedule, days: Sequence[int]) -> Timetable:
    value, unit = schedule.interval_value, schedule.interval_unit
    if value is None or unit is None:
        missing = "interval_value" if value is None else "interval_unit"
        raise RefusedError({missing: ["An interval needs a value and a unit."]})
    try:
        return at_intervals(value, unit, schedule.interval_window_start, schedule.interval_window_end, days)
    except TimetableError as error:
        raise RefusedError({"interval_window_end": [str(error)]}) from error


def _parts(text: str | None) -> list[str]:
    return text.split(",") if text else []


def _custom(schedule: Schedule) -> Any:
    """Celery's schedule. Raises: RefusedError."""
    try:
        return CrontabSchedule(**Crontab(schedule.cron_expression or "").columns()).schedule
    except CrontabError as error:
        raise RefusedError({"cron_expression": [f"{error}."]}) from error


# --- Its steps ----------------------------------------------------------------------------------------------------


def _replace_steps(schedule: Schedule, steps: Sequence[Values]) -> None:
    """Raises: RefusedError naming each step's field."""
    known = {step.pk: step for step in schedule.steps.all()}
    rows = [_step(schedule, position, values, known) for position, values in enumerate(steps)]
    if len({row.pk for row in rows}) != len(rows):
        raise RefusedError({"steps": ["Two steps have the same id: send each id once."]})
    _check_profiles(rows)
    schedule.steps.all().delete()
    ScheduleStep.objects.bulk_create(rows)


def _step(schedule: Schedule, position: int, values: Values, known: Mapping[UUID, ScheduleStep]) -> ScheduleStep:
    fields = dict(values)
    step_id, connection = fields.pop("id", None), fields.pop(CONNECTION, None)
    if step_id is not None and step_id not in known:
        raise RefusedError({f"steps[{position}].id": ["The schedule has no such step: leave the id of a new one out."]})
    row = ScheduleStep(schedule=schedule, position=position, **fields)
    row.system_id, row.run_profile_id = fields.get("system_id"), fields.get("run_profile_id")
    if step_id is not None:
        row.pk = step_id
    if connection == SECRET_SHOWN:
        if step_id is None:
            raise RefusedError({f"steps[{position}].{CONNECTION}": ["Write the connection string itself."]})
        row.encrypted_sql_connection_string = known[step_id].encrypted_sql_connection_string
    elif connection:
        row.encrypted_sql_connection_string = encrypt(connection)
    return row


def _check_profiles(rows: Sequence[ScheduleStep]) -> None:
    """Each step of type RunProfile names one; the system follows from it. Two queries."""
    profiles = RunProfile.objects.in_bulk([row.run_profile_id for row in rows if row.run_profile_id is not None])
    systems = ConnectedSystem.objects.in_bulk([row.system_id for row in rows if row.system_id is not None])
    problems: dict[str, list[str]] = {}
    for row in rows:
        profile = None if row.run_profile_id is None else profiles.get(row.run_profile_id)
        path = f"steps[{row.position}]"
        if profile is not None and row.system_id in (None, profile.system_id):
            row.system_id = profile.system_id
        elif row.system_id is not None and row.system_id not in systems:
            problems[f"{path}.connected_system_id"] = [f"There is no connected system {row.system_id}."]
        elif profile is not None:
            problems[f"{path}.connected_system_id"] = [f"Run profile {profile.pk} belongs to another system."]
        elif row.run_profile_id is not None:
            problems[f"{path}.run_profile_id"] = [f"There is no run profile {row.run_profile_id}."]
        elif row.step_type == StepType.RUN_PROFILE:
            problems[f"{path}.run_profile_id"] = ["Name the run profile that this step executes."]
    if problems:
        raise RefusedError(problems)


def _record(schedule: Schedule, operation: OperationType, initiator: Initiator, message: str) -> None:
    record(TargetType.SCHEDULE, operation, target_name=schedule.name, initiator=initiator, message=message)
