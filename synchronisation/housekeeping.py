"""Housekeeping: starts the run that deletes identities whose grace period is over.

In: marked MVOs, at each beat. Out: an open activity that a worker was woken up for, when anything is due. Always: one
at a time, and none while nothing is due; should its message be lost, the dispatcher comes to the row again.
"""

from uuid import uuid4

from django.utils import timezone

from activities.models import Activity, ActivityProgress, ActivityStatus, InitiatorType, OperationType, TargetType
from synchronisation.engine import leases
from synchronisation.models import MetaverseObject, MetaverseObjectStatus

from .dispatch import publish

NAME = "Identities whose grace period is over"


def start_housekeeping() -> Activity | None:
    """The activity that was started; None when nothing is due, or the last one is still open.

    Raises: QueueUnavailableError; the dispatcher publishes it later.
    """
    now = timezone.now()
    due = MetaverseObject.objects.filter(deletion_eligible__lte=now, status=MetaverseObjectStatus.NORMAL)
    if not due.exists():
        return None
    with leases.exclusively():
        own = Activity.objects.filter(leases.RUNS, run_type=None, status=ActivityStatus.IN_PROGRESS)
        if own.exists():
            return None
        activity = Activity.objects.create(
            created=now,
            target_type=TargetType.METAVERSE_OBJECT,
            operation_type=OperationType.DELETE,
            target_name=NAME,
            initiated_by_type=InitiatorType.SYSTEM,
            initiated_by_name="Housekeeping",
            task_id=uuid4(),
        )
        ActivityProgress.objects.create(activity=activity)
    assert activity.task_id is not None
    publish(activity.pk, activity.task_id)
    return activity
