"""The reference changes of a pending export, which are rows of their own: a group may have half a million members.

In: a pending export. Out: rows like those of its other changes. Always: a bounded number of them is read.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from synchronisation.api.values import NO_VALUE, VALUES_SHOWN, Row, summary, value_id
from synchronisation.models import (
    Attribute,
    ConnectorSpaceObject,
    PendingExport,
    PendingExportReference,
    PendingExportStatus,
    ReferenceChangeStatus,
)

STATUS_OF_QUEUED = {
    PendingExportStatus.EXPORT_NOT_CONFIRMED: "ExportedNotConfirmed",
    PendingExportStatus.FAILED: "Failed",
}
TARGET = ConnectorSpaceObject.objects.filter(pk=OuterRef("target_id"))


def reference_counts(exports: Iterable[PendingExport]) -> dict[UUID, int]:
    """Number of reference changes by CSO."""
    counted = PendingExportReference.objects.filter(cso_id__in=[export.cso_id for export in exports])
    return dict(counted.values("cso_id").annotate(total=Count("*")).values_list("cso_id", "total"))


def reference_changes(export: PendingExport, attribute: Attribute, search: str = "") -> QuerySet[Any]:
    """Those of one attribute, in the order of their key, with what each value reads like: the name that the target has
    for the object or, until it has one, ours. search: part of that.
    """
    changes = PendingExportReference.objects.filter(cso_id=export.cso_id, attribute_id=attribute.pk)
    shown = Coalesce("text", Subquery(TARGET.values("external_id")), Subquery(TARGET.values("display_name")))
    named = changes.annotate(shown=shown).order_by("target_id", "is_removal")
    return named.filter(shown__icontains=search) if search else named


def reference_change_row(export: PendingExport, attribute: Attribute, change: Any) -> Row:
    has_left = change.status != ReferenceChangeStatus.PENDING
    added = "Add" if attribute.multi_valued else "Replace"
    return NO_VALUE | {
        "id": value_id(export.pk, attribute.pk, f"{change.target_id}:{change.is_removal}"),
        "attribute_id": attribute.pk,
        "attribute_name": attribute.name,
        "change_type": "Delete" if change.is_removal else added,
        "status": _status(export, change),
        "unresolved_reference_value": change.shown,
        "export_attempt_count": export.error_count + has_left,
    }


def shown_reference_changes(export: PendingExport) -> tuple[list[Row], list[Row]]:
    """The first changes of each attribute, and a summary of each attribute that has more."""
    totals = _totals(export)
    shown: list[Row] = []
    summaries: list[Row] = []
    for attribute in Attribute.objects.filter(pk__in=totals):
        changes = reference_changes(export, attribute)[:VALUES_SHOWN]
        rows = [reference_change_row(export, attribute, change) for change in changes]
        shown += rows
        if totals[attribute.pk] > len(rows):
            summaries.append(summary(attribute.name, totals[attribute.pk], len(rows)))
    return shown, summaries


def _totals(export: PendingExport) -> dict[int, int]:
    counted = PendingExportReference.objects.filter(cso_id=export.cso_id).values("attribute_id")
    return dict(counted.annotate(total=Count("*")).values_list("attribute_id", "total"))


def _status(export: PendingExport, change: PendingExportReference) -> str:
    if change.status == ReferenceChangeStatus.EXPORTED:
        return "ExportedPendingConfirmation"
    if change.status == ReferenceChangeStatus.EXECUTING:
        return "Pending"
    return STATUS_OF_QUEUED.get(PendingExportStatus(export.status), "Pending")
