"""Retry or discard one pending export.

Always: what has left is not touched, since its result or its confirmation is still to come (engine.md section 6);
what a run does to the row meanwhile wins. Every change leaves an activity.
"""

from django.db import transaction

from activities.models import OperationType
from activities.recorder import Initiator
from synchronisation.models import (
    ConnectorSpaceObject,
    CsoMatchKey,
    CsoReference,
    CsoStatus,
    Join,
    PendingExport,
    PendingExportChangeType,
    PendingExportStatus,
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
    if export.sent is None or export.change_type == PendingExportChangeType.DELETE:
        _remove(export)
    elif export.pending:
        export.pending, export.status = {}, PendingExportStatus.EXPORTED
        export.save(update_fields=["pending", "status"])
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
    PendingExport.objects.filter(pk=export.pk).delete()


def _remove_placeholder(export: PendingExport) -> None:
    """Unless an import has found the object meanwhile."""
    placeholder = ConnectorSpaceObject.objects.filter(pk=export.cso_id, status=CsoStatus.PENDING_PROVISIONING)
    if not placeholder.delete()[0]:
        return
    CsoReference.objects.filter(target_id=export.cso_id).update(target_id=None)
    CsoReference.objects.filter(cso_id=export.cso_id).delete()
    CsoMatchKey.objects.filter(cso_id=export.cso_id).delete()
    Join.objects.filter(cso=export.cso_id).delete()
