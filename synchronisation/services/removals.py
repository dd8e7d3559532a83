"""Removals: clear a connected system's connector space, or delete the system with everything that is known of it.

In: a connected system and who asks. Out: an open or ended activity. Always: the work is a run of the engine, under the
leases of the system and the metaverse, so that no other run sees half of it, and a process that dies on the way leaves
the rest to a worker. Small ones are carried out while the caller waits.
"""

import time
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from activities.models import Activity, ActivityProgress, ActivityStatus, OperationType, TargetType
from activities.recorder import Initiator
from synchronisation.carrying_out import carry_out
from synchronisation.dispatch import publish
from synchronisation.engine.leases import end_unstarted
from synchronisation.errors import QueueUnavailableError
from synchronisation.models import (
    ConnectedSystem,
    ConnectorSpaceObject,
    Direction,
    MatchingMode,
    MatchingRule,
    SyncRule,
    SystemStatus,
)

from .errors import NotPossibleError

logger = structlog.get_logger(__name__)

BACKGROUND_FROM = 1_000
"""Objects; a system with fewer is deleted while the caller waits (contract: deleteConnectedSystem)."""

PATIENCE_SECONDS = 10
"""How long clearing waits for runs that use the system or the metaverse."""

POLL_SECONDS = 0.25


class DeletionOutcome(StrEnum):
    """How a deletion was answered (contract: DeletionOutcome)."""

    COMPLETED_IMMEDIATELY = "CompletedImmediately"
    QUEUED_AS_BACKGROUND_JOB = "QueuedAsBackgroundJob"
    QUEUED_AFTER_SYNC = "QueuedAfterSync"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True)
class Deletion:
    """activity: None when nothing was begun. error_message: why it failed."""

    outcome: DeletionOutcome
    activity: Activity | None = None
    error_message: str | None = None

    @property
    def succeeded(self) -> bool:
        return self.outcome != DeletionOutcome.FAILED

    @property
    def is_queued(self) -> bool:
        return self.outcome in (DeletionOutcome.QUEUED_AS_BACKGROUND_JOB, DeletionOutcome.QUEUED_AFTER_SYNC)

    @property
    def worker_task_id(self) -> UUID | None:
        return self.activity.task_id if self.activity is not None and self.is_queued else None


def delete_system(system: ConnectedSystem, initiator: Initiator, *, with_change_history: bool) -> Deletion:
    """Delete at once, or leave it to a worker: when it is large, and when runs have to end first.

    with_change_history: also what its runs changed in each object. From now on no run of the system starts; a deletion
    that failed or was cancelled on the way goes on when it is asked for again. Not inside a transaction.
    """
    try:
        activity = _open_deletion(system, initiator, with_change_history=with_change_history)
    except NotPossibleError as error:
        return Deletion(DeletionOutcome.FAILED, error_message=str(error))
    if is_large(system):
        _wake_worker(activity)
        return Deletion(DeletionOutcome.QUEUED_AS_BACKGROUND_JOB, activity)
    if not carry_out(activity.pk):
        _wake_worker(activity)
        return Deletion(DeletionOutcome.QUEUED_AFTER_SYNC, activity)
    activity.refresh_from_db()
    if activity.status == ActivityStatus.IN_PROGRESS:  # this process was told to stop: a worker goes on
        return Deletion(DeletionOutcome.QUEUED_AS_BACKGROUND_JOB, activity)
    if activity.status in (ActivityStatus.FAILED_WITH_ERROR, ActivityStatus.CANCELLED):
        return Deletion(DeletionOutcome.FAILED, activity, activity.error_message or "The deletion was cancelled.")
    return Deletion(DeletionOutcome.COMPLETED_IMMEDIATELY, activity)


def is_large(system: ConnectedSystem) -> bool:
    """Whether deleting it is left to a worker."""
    first = ConnectorSpaceObject.objects.filter(system=system).order_by()[:BACKGROUND_FROM]
    return first.count() >= BACKGROUND_FROM


@transaction.atomic
def _open_deletion(system: ConnectedSystem, initiator: Initiator, *, with_change_history: bool) -> Activity:
    """Raises: NotPossibleError."""
    _lock(system)
    if _open_removals(system).filter(operation_type=OperationType.DELETE).exists():
        raise NotPossibleError(f"{system.name} is being deleted already: its activity says how far it is.")
    ConnectedSystem.objects.filter(pk=system.pk).update(status=SystemStatus.DELETING)
    return _open(
        system, OperationType.DELETE, initiator, "Connected system deleted", with_change_history=with_change_history
    )


def clear_system(system: ConnectedSystem, initiator: Initiator, *, with_change_history: bool) -> Activity:
    """Remove all connector space objects, and return when they are gone. with_change_history: as for a deletion.

    Raises: NotPossibleError. Not inside a transaction.
    """
    activity = _open_clearing(system, initiator, with_change_history=with_change_history)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _is_over(activity):
        waits_in_queue = time.monotonic() >= deadline and end_unstarted(
            activity.pk, ActivityStatus.FAILED_WITH_ERROR, _busy(system)
        )
        if waits_in_queue:
            raise NotPossibleError(_busy(system))
    if activity.status != ActivityStatus.COMPLETE:
        raise NotPossibleError(activity.error_message or f"Clearing {system.name} was cancelled.")
    return activity


def _is_over(activity: Activity) -> bool:
    """Carry it out if it may start, or wait a moment for the worker that does."""
    if not carry_out(activity.pk):
        time.sleep(POLL_SECONDS)
    activity.refresh_from_db()
    return activity.status != ActivityStatus.IN_PROGRESS


def _busy(system: ConnectedSystem) -> str:
    return f"A run is using {system.name} or the metaverse: wait until it has ended, or cancel it."


@transaction.atomic
def _open_clearing(system: ConnectedSystem, initiator: Initiator, *, with_change_history: bool) -> Activity:
    """Raises: NotPossibleError."""
    _lock(system)
    if _open_removals(system).exists() or system.status == SystemStatus.DELETING:
        raise NotPossibleError(f"{system.name} is being cleared or deleted already: its activity says how far it is.")
    unmatched = _projecting_without_matching(system)
    if unmatched:
        raise NotPossibleError(
            f"{', '.join(unmatched)} of {system.name} is projected without a matching rule: after the next import "
            "everybody would get a second metaverse object. Add a matching rule first."
        )
    message = "Connector space cleared"
    return _open(system, OperationType.CLEAR, initiator, message, with_change_history=with_change_history)


def _projecting_without_matching(system: ConnectedSystem) -> list[str]:
    """Names of the object types whose objects would not find their metaverse objects again."""
    per_rule = system.matching_mode == MatchingMode.SYNC_RULE
    matching = MatchingRule.objects.filter(
        object_type=OuterRef("object_type"), metaverse_object_type=OuterRef("metaverse_object_type")
    ).filter(**({"sync_rule": OuterRef("pk")} if per_rule else {"sync_rule": None}))
    projecting = SyncRule.objects.filter(
        ~Exists(matching), system=system, direction=Direction.IMPORT, project_to_metaverse=True, enabled=True
    )
    return sorted(set(projecting.values_list("object_type__name", flat=True)))


def _lock(system: ConnectedSystem) -> None:
    """Two callers open one removal. Call in a transaction."""
    ConnectedSystem.objects.select_for_update().get(pk=system.pk)


def _open_removals(system: ConnectedSystem) -> QuerySet[Activity]:
    removals = Activity.objects.filter(target_type=TargetType.CONNECTED_SYSTEM, task_id__isnull=False)
    return removals.filter(connected_system_id=system.pk, status=ActivityStatus.IN_PROGRESS)


def _open(
    system: ConnectedSystem, operation: OperationType, initiator: Initiator, what: str, *, with_change_history: bool
) -> Activity:
    activity = Activity.objects.create(
        created=timezone.now(),
        target_type=TargetType.CONNECTED_SYSTEM,
        operation_type=operation,
        target_name=system.name,
        message=f"{what}, {'with' if with_change_history else 'without'} its change history.",
        initiated_by_type=initiator.type,
        initiated_by_id=initiator.id,
        initiated_by_name=initiator.name,
        connected_system_id=system.pk,
        task_id=uuid4(),
        options={"deleteChangeHistory": True} if with_change_history else {},
    )
    ActivityProgress.objects.create(activity=activity)
    return activity


def _wake_worker(activity: Activity) -> None:
    """Should the broker be away, the dispatcher comes to the row when it is back."""
    assert activity.task_id is not None
    try:
        publish(activity.pk, activity.task_id)
    except QueueUnavailableError as error:
        logger.warning("deletion waits for the work queue", activity_id=str(activity.pk), error=str(error))
