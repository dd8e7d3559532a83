"""Delete a connected system with everything that is known of it.

Always: one transaction, in statements on whole sets, during which no run can start; metaverse objects and their
values stay. A value whose holder went with the system is held by nobody: readers take a holder that does not exist
for none.
"""

from django.utils import timezone

from activities.models import Activity, ActivityStatus, ExecutionItemDetail, OperationType, TargetType
from activities.recorder import Initiator
from synchronisation.engine.leases import exclusively
from synchronisation.engine.precedence import METAVERSE, system_resource
from synchronisation.models import (
    ChangedJoin,
    ConnectedSystem,
    ConnectorSpaceObject,
    CsoMatchKey,
    CsoReference,
    Join,
    LeftOver,
    MetaverseObject,
    PendingExport,
    PendingExportReference,
    RemovedReference,
    RunLease,
)

from .audit import record_system_change
from .errors import NotPossibleError
from .match_keys import remove_orphaned_match_keys


def delete_system(system: ConnectedSystem, initiator: Initiator, *, with_change_history: bool) -> Activity:
    """with_change_history: also what its runs changed in each object. Raises: NotPossibleError while a run is open."""
    with exclusively():
        _refuse_while_running(system)
        activity = record_system_change(system, OperationType.DELETE, initiator, "Connected system deleted.")
        _delete_objects(system)
        if with_change_history:
            _delete_change_history(system)
        system.delete()
        remove_orphaned_match_keys()
    return activity


def _refuse_while_running(system: ConnectedSystem) -> None:
    """A run of another system may be writing to this one's objects: it holds a lease on the metaverse."""
    is_open = Activity.objects.filter(
        connected_system_id=system.pk, target_type=TargetType.RUN_PROFILE, status=ActivityStatus.IN_PROGRESS
    ).exists()
    if is_open or RunLease.objects.filter(resource__in=[system_resource(system.pk), METAVERSE]).exists():
        raise NotPossibleError(f"A run is using {system.name}: wait until it has ended, or cancel it.")


def _delete_objects(system: ConnectedSystem) -> None:
    objects = ConnectorSpaceObject.objects.filter(system=system)
    joins = Join.objects.filter(system_id=system.pk)
    MetaverseObject.objects.filter(pk__in=joins.values("mvo_id")).update(last_connector_disconnected=timezone.now())
    CsoMatchKey.objects.filter(cso_id__in=objects.values("pk")).delete()
    joins.delete()
    PendingExport.objects.filter(system=system).delete()
    for rows in (PendingExportReference, ChangedJoin, RemovedReference):
        rows.objects.filter(system_id=system.pk).delete()
    LeftOver.objects.filter(system_id=system.pk).delete()
    CsoReference.objects.filter(system_id=system.pk).delete()
    objects.delete()


def _delete_change_history(system: ConnectedSystem) -> None:
    runs = Activity.objects.filter(connected_system_id=system.pk, target_type=TargetType.RUN_PROFILE)
    ExecutionItemDetail.objects.filter(activity_id__in=runs.values("pk")).delete()
