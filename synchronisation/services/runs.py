"""Runs: start one, cancel one.

In: a run profile or an activity, and who asks. Out: an open activity that a worker was woken up for, or an error.
Always: no activity stays open that nothing will run; one run profile has one open run at most.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from activities.models import Activity, ActivityProgress, ActivityStatus, OperationType, TargetType, new_id
from activities.recorder import Initiator
from connectors.contract import Capabilities
from connectors.errors import ConnectorError
from synchronisation.connecting import capabilities_of
from synchronisation.dispatch import publish
from synchronisation.engine.leases import end_unstarted
from synchronisation.errors import QueueUnavailableError, RunConflictError, RunRefusedError
from synchronisation.models import ConnectedSystem, RunProfile, SystemStatus

from .run_profiles import supports
from .run_warnings import warnings_of

QUEUED = "Run profile execution queued successfully."
ONE_OPEN_RUN = "activity_one_open_run_per_profile"
"""The partial unique index that is "already queued or running" (engine.md section 3)."""


@dataclass(frozen=True, slots=True)
class StartedRun:
    """What the 202 says. warnings: what is legal but probably not meant."""

    activity: Activity
    task_id: UUID
    message: str
    warnings: tuple[str, ...]


def start_run(
    profile: RunProfile,
    *,
    initiator: Initiator,
    ignore_deletion_threshold: bool = False,
    parent: Activity | None = None,
    activity_id: UUID | None = None,
) -> StartedRun:
    """Queue one execution of a run profile.

    activity_id: what the activity is to be called, so that who asks twice gets one run.

    Raises: RunRefusedError (the configuration does not allow it), RunConflictError (queued or running already),
    QueueUnavailableError (its activity has ended `FailedWithError`), IntegrityError (the activity is there already).
    Not inside a transaction: the message goes out after the commit.
    """
    capabilities = _check(profile)
    warnings = warnings_of(profile, capabilities)
    activity = Activity(
        id=activity_id or new_id(),
        created=timezone.now(),
        target_type=TargetType.RUN_PROFILE,
        operation_type=OperationType.EXECUTE,
        target_name=profile.name,
        target_context=profile.system.name,
        initiated_by_type=initiator.type,
        initiated_by_id=initiator.id,
        initiated_by_name=initiator.name,
        parent=parent,
        connected_system_id=profile.system_id,
        run_profile_id=profile.pk,
        run_type=profile.run_type,
        task_id=uuid4(),
        options=_options(ignore_deletion_threshold=ignore_deletion_threshold),
    )
    _create(activity, profile)
    _publish(activity)
    assert activity.task_id is not None
    return StartedRun(activity, activity.task_id, QUEUED, tuple(warnings))


def cancel_run(activity: Activity) -> None:
    """Ask a run to end at its next page boundary; one that no worker has taken yet ends at once.

    Raises: RunRefusedError (not a run), RunConflictError (it has ended).
    """
    if activity.run_type is None:
        raise RunRefusedError("Only the execution of a run profile can be cancelled.")
    if end_unstarted(activity.pk, ActivityStatus.CANCELLED):
        return
    running = Activity.objects.filter(pk=activity.pk, status=ActivityStatus.IN_PROGRESS)
    if not running.update(cancel_requested=True):
        raise RunConflictError("This run has already ended.", activity_id=activity.pk)


def _check(profile: RunProfile) -> Capabilities:
    """What the system's connector can do. Raises: RunRefusedError."""
    system = profile.system
    if not system.setting_values_valid:
        raise RunRefusedError(f"The settings of {system.name!r} are not valid: correct and save them, then try again.")
    capabilities = _capabilities(system)
    if not supports(capabilities, profile.run_type):
        raise RunRefusedError(
            f"The connector of {system.name!r}, with its present settings, does not support {profile.run_type}."
        )
    if system.status == SystemStatus.DELETING:
        raise RunRefusedError(f"{system.name!r} is being deleted: its run profiles cannot be executed any more.")
    return capabilities


def _capabilities(system: ConnectedSystem) -> Capabilities:
    try:
        return capabilities_of(system)
    except ConnectorError as exc:
        raise RunRefusedError(str(exc)) from exc


def _options(*, ignore_deletion_threshold: bool) -> dict[str, Any]:
    return {"ignoreDeletionThreshold": True} if ignore_deletion_threshold else {}


def _create(activity: Activity, profile: RunProfile) -> None:
    """Raises: RunConflictError."""
    try:
        with transaction.atomic(durable=True):
            activity.save(force_insert=True)
            ActivityProgress.objects.create(activity=activity)
    except IntegrityError as exc:
        if ONE_OPEN_RUN not in str(exc):
            raise
        message = f"Run profile {profile.name!r} of {profile.system.name!r} is already queued or running."
        raise RunConflictError(message) from exc


def _publish(activity: Activity) -> None:
    """Raises: QueueUnavailableError, unless a worker has got the message in spite of the error."""
    assert activity.task_id is not None
    try:
        publish(activity.pk, activity.task_id)
    except QueueUnavailableError as exc:
        if end_unstarted(activity.pk, ActivityStatus.FAILED_WITH_ERROR, str(exc)):
            raise
