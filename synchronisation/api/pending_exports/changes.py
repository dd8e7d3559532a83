"""The attribute changes of a pending export, one row per value.

In: a pending export's `sent` and `pending` (see its model). Out: rows in schema order, what was sent before what
waits beside it. Always: attributes that have left the schema are left out.
"""

from collections.abc import Iterator
from typing import Any

from synchronisation.api.values import NO_VALUE, VALUES_SHOWN, Row, summary, typed_fields, value_id
from synchronisation.models import Attribute, PendingExport, PendingExportStatus
from synchronisation.rules.exports import SEALED, Part

CHANGE_TYPES = ("Add", "Replace", "Delete")
CHANGE_STATUSES = ("Pending", "ExportedPendingConfirmation", "ExportedNotConfirmed", "Failed")

STATUS_OF_SENT = {
    PendingExportStatus.PENDING: "Pending",
    PendingExportStatus.EXECUTING: "Pending",
    PendingExportStatus.EXPORTED: "ExportedPendingConfirmation",
    PendingExportStatus.EXPORT_NOT_CONFIRMED: "ExportedNotConfirmed",
    PendingExportStatus.FAILED: "Failed",
}
ON_THE_WAY = {PendingExportStatus.EXECUTING, PendingExportStatus.EXPORTED}

SECRET_SHOWN = "(secret)"
"""All that anybody sees of a queued secret: that it is set."""


def count_changes(export: PendingExport) -> int:
    """How many rows `change_rows` gives, attributes that are gone included."""
    return sum(len(list(_values(part))) for parts in (export.sent or {}, export.pending) for part in parts.values())


def attributes_of(export: PendingExport) -> list[Attribute]:
    """The attributes the export changes, in schema order."""
    keys = {*(export.sent or {}), *export.pending}
    return list(Attribute.objects.filter(pk__in=map(int, keys)))


def change_rows(export: PendingExport, attribute: Attribute) -> list[Row]:
    """Every change of one attribute."""
    key = str(attribute.pk)
    places = {"sent": export.sent or {}, "pending": export.pending}
    return [
        row
        for place, parts in places.items()
        if key in parts
        for row in _part_rows(export, attribute, place, parts[key])
    ]


def shown_changes(export: PendingExport) -> tuple[list[Row], list[Row]]:
    """The first changes of each attribute, and a summary of each attribute that has more."""
    shown: list[Row] = []
    summaries: list[Row] = []
    for attribute in attributes_of(export):
        rows = change_rows(export, attribute)
        shown += rows[:VALUES_SHOWN]
        if len(rows) > VALUES_SHOWN:
            summaries.append(summary(attribute.name, len(rows), VALUES_SHOWN))
    return shown, summaries


def _part_rows(export: PendingExport, attribute: Attribute, place: str, part: Part) -> Iterator[Row]:
    status, attempts = _state(export, place)
    for position, (change_type, value) in enumerate(_values(part)):
        yield {
            "id": value_id(export.pk, attribute.pk, f"{place}:{position}"),
            "attribute_id": attribute.pk,
            "attribute_name": attribute.name,
            "change_type": change_type,
            "status": status,
            "export_attempt_count": attempts,
        } | (NO_VALUE if value is None else typed_fields(attribute.type, value))


def _values(part: Part) -> Iterator[tuple[str, Any]]:
    """(change type, value) of each value of one attribute's part; the value is None where the attribute is cleared."""
    if part is None:
        yield "Delete", None
    elif not isinstance(part, dict):
        yield "Replace", part
    elif SEALED in part:
        yield "Replace", SECRET_SHOWN
    else:
        yield from (("Delete", value) for value in part.get("remove", ()))
        yield from (("Add", value) for value in part.get("add", ()))


def _state(export: PendingExport, place: str) -> tuple[str, int]:
    """Status and number of attempts; what waits beside something sent has not been tried."""
    status = PendingExportStatus(export.status)
    if place == "pending" and (export.sent is not None or status in ON_THE_WAY):
        return "Pending", 0
    return STATUS_OF_SENT[status], export.error_count + (status in ON_THE_WAY)
