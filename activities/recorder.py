"""Recorder: who changed what in the configuration, as activities.

In: a target, an operation and who asked for it. Out: an activity that has ended.
Always: an activity of this kind is written once, when the operation is over, so that a process that dies on the
way leaves none open. Runs are not recorded here: `synchronisation.services.runs` opens their activities.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypedDict, Unpack
from uuid import UUID

from django.utils import timezone

from .models import Activity, ActivityStatus, InitiatorType, OperationType, TargetType

NAME_LENGTH = 300
"""Characters that the activity's name columns hold; a longer name is cut, since the record matters more."""


@dataclass(frozen=True, slots=True)
class Initiator:
    """Who asked: a user (id of the metaverse object or account), an API key, or JIM itself."""

    type: InitiatorType
    id: UUID | None = None
    name: str | None = None


SYSTEM = Initiator(InitiatorType.SYSTEM, name="System")
"""For what nobody asked for in person: schedules and housekeeping."""


class Details(TypedDict, total=False):
    """What else an activity says about its target; ids of the rows that it concerns."""

    target_context: str | None
    message: str | None
    connected_system_id: int | None
    run_profile_id: int | None
    sync_rule_id: int | None
    metaverse_object_id: UUID | None
    parent: Activity | None


def record(
    target_type: TargetType,
    operation: OperationType,
    *,
    target_name: str | None,
    initiator: Initiator,
    **details: Unpack[Details],
) -> Activity:
    """Write the activity of an operation that has just succeeded; in the caller's transaction, if there is one."""
    activity = _begin(target_type, operation, target_name, initiator, details)
    _end(activity, ActivityStatus.COMPLETE)
    return activity


@contextmanager
def recording(
    target_type: TargetType,
    operation: OperationType,
    *,
    target_name: str | None,
    initiator: Initiator,
    **details: Unpack[Details],
) -> Iterator[Activity]:
    """The activity of the block's operation: `Complete`, or `FailedWithError` with the exception's message.

    Yields the activity, not yet saved, for its id and for adding a message, or a warning, which makes it
    `CompleteWithWarning`. Goes around the operation's transaction, never into it: a rollback would take the record
    of the failure along.
    """
    activity = _begin(target_type, operation, target_name, initiator, details)
    try:
        yield activity
    except Exception as exc:  # whatever it was, it goes on to the caller
        activity.error_message = str(exc) or type(exc).__name__
        _end(activity, ActivityStatus.FAILED_WITH_ERROR)
        raise
    _end(activity, ActivityStatus.COMPLETE_WITH_WARNING if activity.warning_message else ActivityStatus.COMPLETE)


def _begin(
    target_type: TargetType, operation: OperationType, target_name: str | None, initiator: Initiator, details: Details
) -> Activity:
    now = timezone.now()
    return Activity(
        created=now,
        executed=now,
        target_type=target_type,
        operation_type=operation,
        target_name=target_name and target_name[:NAME_LENGTH],
        initiated_by_type=initiator.type,
        initiated_by_id=initiator.id,
        initiated_by_name=initiator.name and initiator.name[:NAME_LENGTH],
        **details,
    )


def _end(activity: Activity, status: ActivityStatus) -> None:
    activity.status = status
    activity.ended = timezone.now()
    activity.save(force_insert=True)
