"""Retry or discard one pending export.

Always: what has left is not touched, since its result or its confirmation is still to come (engine.md section 6);
what a run does to the row meanwhile wins. Every change leaves an activity.
"""

from django.db import transaction

from activities.models import OperationType
from activities.recorder import Initiator
from synchronisation.models import (
    ChangedJoin,
    ConnectorSpaceObject,
    CsoMatchKey,
    CsoReference,
    CsoStatus,
    Join,
    PendingExport,
    PendingExportChangeType,
    PendingExportReference,
    PendingExportStatus,
    ReferenceChangeStatus,
)

from .audit import record_system_change
from .errors import NotPossibleError

RETRIED = {PendingExportStatus.FAILED, PendingExportStatus.EXPORT_NOT_CONFIRMED}
NO_RETRY = {
    PendingExportStatus.PENDING: "It is queued already: run an export.",
    PendingExportStatus.EXECUTING: "It is being sent: wait for its result.",
    PendingExportStatus.EXPORTED: "It was sent and waits for its confirmation: run an import.",
}


@transaction.atomic
def retry_export(export: PendingExport, initiator: Initiator) -> PendingExport:
    """A failed one is due again at once, with all its attempts. Raises: NotPossibleError."""
    export = _locked(export)
    if export.status not in RETRIED:
        raise NotPossibleError(NO_RETRY[PendingExportStatus(export.status)])
    export.status, export.error_count, export.next_retry = PendingExportStatus.PENDING, 0, None
    export.save(update_fields=["status", "error_count", "next_retry"])
    record_system_change(export.system, OperationType.UPDATE, initiator, f"Pending export {export.pk} queued again.")
    return export


@transaction.atomic
def discard_export(export: PendingExport, initiator: Initiator) -> None:
    """Withdraw what was not sent; with a create its placeholder goes too, as if it had never been provisioned.

    The next full synchronisation queues again what the rules still want. Raises: NotPossibleError.
    """
    export = _locked(export)
    if export.status == PendingExportStatus.EXECUTING:
        raise NotPossibleError(NO_RETRY[PendingExportStatus.EXECUTING])
    references = PendingExportReference.objects.filter(cso_id=export.cso_id)
    queued = references.filter(status=ReferenceChangeStatus.PENDING)
    has_left = export.sent is not None or references.exclude(status=ReferenceChangeStatus.PENDING).exists()
    if not has_left or export.change_type == PendingExportChangeType.DELETE:
        _remove(export)
    elif export.pending or queued.exists():
        queued.delete()
        export.pending, export.status, export.has_unresolved_references = {}, PendingExportStatus.EXPORTED, False
        export.save(update_fields=["pending", "status", "has_unresolved_references"])
    else:
        raise NotPossibleError(NO_RETRY[PendingExportStatus.EXPORTED])
    record_system_change(export.system, OperationType.UPDATE, initiator, f"Pending export {export.pk} discarded.")


def _locked(export: PendingExport) -> PendingExport:
    """The row as it is now, until the transaction ends. Raises: NotPossibleError when it is gone."""
    found = PendingExport.objects.select_for_update(of=("self",)).select_related("system").filter(pk=export.pk).first()
    if found is None:
        raise NotPossibleError("It has just been settled: nothing is queued any more.")
    return found


def _remove(export: PendingExport) -> None:
    if export.change_type == PendingExportChangeType.CREATE:
        _remove_placeholder(export)
    PendingExportReference.objects.filter(cso_id=export.cso_id).delete()
    PendingExport.objects.filter(pk=export.pk).delete()


def _remove_placeholder(export: PendingExport) -> None:
    """Unless an import has found the object meanwhile."""
    placeholder = ConnectorSpaceObject.objects.filter(pk=export.cso_id, status=CsoStatus.PENDING_PROVISIONING)
    if not placeholder.delete()[0]:
        return
    CsoReference.objects.filter(target_id=export.cso_id).update(target_id=None)
    CsoReference.objects.filter(cso_id=export.cso_id).delete()
    CsoMatchKey.objects.filter(cso_id=export.cso_id).delete()
    for join in Join.objects.filter(cso=export.cso_id):
        ChangedJoin.objects.create(cso_id=join.cso_id, mvo_id=join.mvo_id, system_id=join.system_id)
        join.delete()
