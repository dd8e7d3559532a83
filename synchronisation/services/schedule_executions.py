"""Executions of schedules: start one, take it a step further, cancel it.

In: a schedule, or the rows of an execution and the activities of its runs. Out: runs queued through `start_run`.
Always: what there is to do stands in rows, and `advance` can be called at any time, by several at once: a run that was
started for a step has the id that the step had for it from the beginning, so none is started twice.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from activities.models import Activity, ActivityStatus, InitiatorType, OperationType, TargetType
from activities.recorder import Initiator, record, recording
from synchronisation.errors import QueueUnavailableError, RunConflictError, RunRefusedError
from synchronisation.models import (
    ACTIVE,
    ExecutionStatus,
    RunProfile,
    Schedule,
    ScheduleExecution,
    ScheduleExecutionStep,
    ScheduleInitiatorType,
    ScheduleStep,
    StepStatus,
    StepType,
)
from synchronisation.service_settings import RETENTION_PERIOD, value_of
from synchronisation.step_order import ENDED, STARTABLE, UNSUCCESSFUL, StepState, next_of

from .errors import RefusedError
from .runs import cancel_run, start_run
from .schedules import next_time

ONE_ACTIVE = "schedule_execution_one_active"
BY_CLOCK = Initiator(InitiatorType.SYSTEM, name="Schedule")
EXECUTION_INITIATOR = {
    InitiatorType.USER: ScheduleInitiatorType.USER,
    InitiatorType.API_KEY: ScheduleInitiatorType.API_KEY,
    InitiatorType.SYSTEM: ScheduleInitiatorType.NOT_SET,
}
RUN_INITIATOR = {own: of_run for of_run, own in EXECUTION_INITIATOR.items()}
STATUS_OF_RUN = {
    ActivityStatus.COMPLETE: StepStatus.COMPLETED,
    ActivityStatus.COMPLETE_WITH_WARNING: StepStatus.COMPLETED_WITH_WARNING,
    ActivityStatus.COMPLETE_WITH_ERROR: StepStatus.COMPLETED_WITH_ERROR,
    ActivityStatus.FAILED_WITH_ERROR: StepStatus.FAILED,
    ActivityStatus.CANCELLED: StepStatus.CANCELLED,
}
PASSED_OVER = "Only steps of type RunProfile are carried out: this one was passed over."


# --- Starting -----------------------------------------------------------------------------------------------------


def start_execution(schedule: Schedule, initiator: Initiator) -> ScheduleExecution:
    """Start a schedule now, enabled or not. Not inside a transaction, like `start_run`.

    Raises: RefusedError (it has no steps), RunConflictError (an execution of it is active).
    """
    steps = list(schedule.steps.select_related("run_profile__system"))
    if not steps:
        raise RefusedError({"steps": [f"Schedule {schedule.name!r} has none: give it at least one, then run it."]})
    execution = _create(schedule, steps, initiator)
    advance(execution.pk)
    return execution


def start_due(moment: datetime) -> int:
    """Start the enabled schedules whose time has come; how many. An occurrence is started once, by whoever moves the
    schedule's next time on; several that were missed are made up for once."""
    started = 0
    for schedule in Schedule.objects.filter(is_enabled=True, next_run_time__lte=moment):
        this_time = Schedule.objects.filter(pk=schedule.pk, next_run_time=schedule.next_run_time)
        if this_time.update(next_run_time=next_time(schedule, moment)):
            started += _start_by_clock(schedule)
    return started


def _start_by_clock(schedule: Schedule) -> bool:
    try:
        start_execution(schedule, BY_CLOCK)
    except (RefusedError, RunConflictError) as error:
        with recording(
            TargetType.SCHEDULE, OperationType.EXECUTE, target_name=schedule.name, initiator=BY_CLOCK
        ) as activity:
            activity.warning_message = f"What was due at {schedule.next_run_time} was skipped. {error}"
        return False
    return True


def _create(schedule: Schedule, steps: Sequence[ScheduleStep], initiator: Initiator) -> ScheduleExecution:
    """Raises: RunConflictError."""
    now = timezone.now()
    try:
        with transaction.atomic():
            activity = record(
                TargetType.SCHEDULE,
                OperationType.EXECUTE,
                target_name=schedule.name,
                initiator=initiator,
                message="Execution of the schedule started; its runs are child activities.",
            )
            execution = ScheduleExecution.objects.create(
                schedule_id=schedule.pk,
                schedule_name=schedule.name,
                current_step_index=steps[0].step_index,
                total_steps=len(steps),
                queued_at=now,
                initiated_by_type=EXECUTION_INITIATOR[initiator.type],
                initiated_by_id=initiator.id,
                initiated_by_name=initiator.name,
                activity_id=activity.pk,
            )
            ScheduleExecutionStep.objects.bulk_create(
                _copy(execution, position, step) for position, step in enumerate(steps)
            )
            Schedule.objects.filter(pk=schedule.pk).update(last_run_time=now)
            ended = ScheduleExecution.objects.exclude(status__in=ACTIVE)
            ended.filter(completed_at__lt=now - value_of(RETENTION_PERIOD)).delete()
    except IntegrityError as error:
        if ONE_ACTIVE not in str(error):
            raise
        message = f"An execution of schedule {schedule.name!r} is active: wait until it has ended, or cancel it."
        raise RunConflictError(message) from error
    return execution


def _copy(execution: ScheduleExecution, position: int, step: ScheduleStep) -> ScheduleExecutionStep:
    return ScheduleExecutionStep(
        execution=execution,
        position=position,
        step_index=step.step_index,
        name=step.name or (str(step.run_profile) if step.run_profile else f"Step {position + 1}"),
        step_type=step.step_type,
        execution_mode=step.execution_mode,
        continue_on_failure=step.continue_on_failure,
        timeout_seconds=step.timeout_seconds,
        connected_system_id=step.system_id,
        run_profile_id=step.run_profile_id,
    )


# --- Going on -----------------------------------------------------------------------------------------------------


def advance_all() -> None:
    """Take every active execution further."""
    for execution_id in ScheduleExecution.objects.filter(status__in=ACTIVE).values_list("pk", flat=True):
        advance(execution_id)


def advance(execution_id: UUID) -> None:
    """Start what the steps that have ended let begin, until something has to be waited for. Not in a transaction."""
    execution = ScheduleExecution.objects.get(pk=execution_id)
    tried: set[int] = set()
    while execution.status in ACTIVE:
        steps = steps_of(execution)
        for each in steps:
            _end_if_overdue(each)
        following = next_of([each.state for each in steps])
        if following.end is not None:
            _end(execution, following.end, steps)
            return
        _note(execution, following.step_index)
        to_start = set(following.start) - tried
        if not to_start:
            return
        for each in steps:
            if each.step.position in to_start:
                _start_step(execution, each.step)
        tried |= to_start
        execution.refresh_from_db()
    _cancel_runs(execution)  # it was cancelled while its next steps were being started


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A step of an execution, with the run that was started for it, if one was."""

    step: ScheduleExecutionStep
    run: Activity | None

    @property
    def status(self) -> StepStatus:
        """What was decided about the step, or else how its run stands."""
        stored = StepStatus(self.step.status)
        if self.run is None or stored in ENDED:
            return stored
        if self.run.status == ActivityStatus.IN_PROGRESS:
            return StepStatus.PROCESSING if self.run.executed else StepStatus.QUEUED
        return STATUS_OF_RUN[ActivityStatus(self.run.status)]

    @property
    def problem(self) -> str | None:
        """What went wrong with the step, or keeps it waiting."""
        if self.run is None or self.step.status in ENDED:
            return self.step.error_message
        return self.run.error_message

    @property
    def completed_at(self) -> datetime | None:
        return self.step.completed_at or (self.run.ended if self.run else None)

    @property
    def state(self) -> StepState:
        step = self.step
        return StepState(step.position, step.step_index, step.execution_mode, self.status, step.continue_on_failure)


def steps_of(execution: ScheduleExecution) -> list[StepProgress]:
    """In their order. Two queries."""
    steps = list(execution.steps.all())
    runs = Activity.objects.in_bulk([step.activity_id for step in steps])
    return [StepProgress(step, runs.get(step.activity_id)) for step in steps]


def _end_if_overdue(progress: StepProgress) -> None:
    """Cancel a run that takes longer than its step allows; what it has committed stays."""
    step, run = progress.step, progress.run
    if run is None or step.timeout_seconds is None or progress.status in ENDED:
        return
    if timezone.now() - run.created > timedelta(seconds=step.timeout_seconds):
        _cancel(run)
        _settle(step, StepStatus.FAILED, f"It took longer than {step.timeout_seconds} s: its run was cancelled.")


def _start_step(execution: ScheduleExecution, step: ScheduleExecutionStep) -> None:
    if step.step_type != StepType.RUN_PROFILE:
        _settle(step, StepStatus.COMPLETED_WITH_WARNING, PASSED_OVER)
        return
    profiles = RunProfile.objects.select_related("system__connector")
    profile = profiles.filter(pk=step.run_profile_id).first() if step.run_profile_id is not None else None
    if profile is None:
        _settle(step, StepStatus.FAILED, "Its run profile was deleted: name another one in the schedule.")
        return
    parent = Activity.objects.filter(pk=execution.activity_id).first()
    with suppress(QueueUnavailableError):  # the run has ended, and says why
        try:
            start_run(profile, initiator=_initiator(execution), parent=parent, activity_id=step.activity_id)
        except RunRefusedError as error:
            _settle(step, StepStatus.FAILED, str(error))
        except (RunConflictError, IntegrityError) as error:
            if not Activity.objects.filter(pk=step.activity_id).exists():  # else somebody else has just started it
                _wait(step, error)


def _initiator(execution: ScheduleExecution) -> Initiator:
    kind = RUN_INITIATOR[ScheduleInitiatorType(execution.initiated_by_type)]
    return Initiator(kind, execution.initiated_by_id, execution.initiated_by_name)


def _settle(step: ScheduleExecutionStep, status: StepStatus, message: str) -> None:
    """Say how a step has ended that its run does not speak for."""
    step.status, step.error_message, step.completed_at = status, message, timezone.now()
    step.save(update_fields=["status", "error_message", "completed_at"])


def _wait(step: ScheduleExecutionStep, reason: Exception) -> None:
    """For a run of the same run profile that somebody else has started."""
    step.status, step.error_message = StepStatus.WAITING, str(reason)
    step.save(update_fields=["status", "error_message"])


def _note(execution: ScheduleExecution, step_index: int) -> None:
    """Say where an execution stands that goes on."""
    if execution.status == ExecutionStatus.IN_PROGRESS and execution.current_step_index == step_index:
        return
    active = ScheduleExecution.objects.filter(pk=execution.pk, status__in=ACTIVE)
    active.update(
        status=ExecutionStatus.IN_PROGRESS,
        current_step_index=step_index,
        started_at=execution.started_at or timezone.now(),
    )


def _end(execution: ScheduleExecution, status: ExecutionStatus, steps: Sequence[StepProgress]) -> None:
    """Nothing happens when somebody else has ended it."""
    failed = [each for each in steps if each.status in UNSUCCESSFUL and not each.step.continue_on_failure]
    message = f"Step {failed[0].step.name!r}: {failed[0].problem or failed[0].status}" if failed else None
    with transaction.atomic():
        active = ScheduleExecution.objects.filter(pk=execution.pk, status__in=ACTIVE)
        if active.update(status=status, completed_at=timezone.now(), error_message=message):
            _give_up(steps)


def _give_up(steps: Sequence[StepProgress]) -> None:
    """The steps that were not reached."""
    without_run = [each.step.pk for each in steps if each.run is None]
    rows = ScheduleExecutionStep.objects.filter(pk__in=without_run, status__in=STARTABLE)
    rows.update(status=StepStatus.CANCELLED, completed_at=timezone.now(), error_message=None)


# --- Cancelling ---------------------------------------------------------------------------------------------------


def cancel_execution(execution: ScheduleExecution, initiator: Initiator) -> None:
    """Start nothing more, and ask the runs under way to end at their next page boundary. Not in a transaction.

    Raises: RunConflictError when it has ended.
    """
    with transaction.atomic():
        active = ScheduleExecution.objects.filter(pk=execution.pk, status__in=ACTIVE)
        if not active.update(status=ExecutionStatus.CANCELLED, completed_at=timezone.now()):
            raise RunConflictError("This execution has already ended.")
        _give_up(steps_of(execution))
        record(
            TargetType.SCHEDULE,
            OperationType.UPDATE,
            target_name=execution.schedule_name,
            initiator=initiator,
            message=f"Execution {execution.pk} cancelled.",
        )
    _cancel_runs(execution)


def _cancel_runs(execution: ScheduleExecution) -> None:
    for each in steps_of(execution):
        if each.run is not None:
            _cancel(each.run)


def _cancel(run: Activity) -> None:
    with suppress(RunConflictError):  # it has ended
        cancel_run(run)
