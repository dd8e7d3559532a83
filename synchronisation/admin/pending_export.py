"""Pending exports, read-only: the queue, and one change with what it sets, adds and removes."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from jim.admin.keyset import Keyset
from jim.admin.model_admins import KeysetAdmin, SectionsMixin
from jim.admin.sections import Section, choice_label, page_link
from synchronisation.admin.documents import REFERENCES_SHOWN, lines, value_text
from synchronisation.admin.metaverse import CSO_LABEL, MVO_LABEL, is_uuid
from synchronisation.models import (
    Attribute,
    ConnectorSpaceObject,
    MetaverseObject,
    PendingExport,
    PendingExportChangeType,
    PendingExportReference,
    PendingExportStatus,
)
from synchronisation.rules.exports import SEALED, Changes
from synchronisation.services.secret_attributes import secret_attributes

STATUS_KINDS = {
    PendingExportStatus.PENDING: "info",
    PendingExportStatus.EXECUTING: "info",
    PendingExportStatus.EXPORTED: "success",
    PendingExportStatus.EXPORT_NOT_CONFIRMED: "warning",
    PendingExportStatus.FAILED: "danger",
}
CHANGE_COLUMNS = ("attribute", "does", "value")
CHANGE_KINDS = {
    PendingExportChangeType.CREATE: "success",
    PendingExportChangeType.UPDATE: "info",
    PendingExportChangeType.DELETE: "warning",
}


@admin.register(PendingExport)
class PendingExportAdmin(SectionsMixin, KeysetAdmin):
    keyset = Keyset(("id",))  # UUIDv7, and with a system in front it is the index pending_export_by_system
    list_display = ("target", "system", "change", "status_label", "created", "error_count", "next_retry")
    list_filter = ("system", "status", "change_type")
    list_select_related = ("system",)
    search_fields = ("id",)
    search_help_text = "Id of the change, or of its target"
    fields = (
        ("target", "source"),
        ("system", "change", "status_label"),
        ("created", "last_attempted", "next_retry"),
        ("error_count", "max_retries", "has_unresolved_references"),
        "last_error_message",
        "id",
    )
    readonly_fields = ("target", "source", "change", "status_label")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PendingExport]:
        """With the names of the two objects, which are read for the rows of the page only."""
        csos = ConnectorSpaceObject.objects.filter(pk=OuterRef("cso_id"))
        mvos = MetaverseObject.objects.filter(pk=OuterRef("mvo_id"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                cso_name=Subquery(csos.values("display_name")[:1]), mvo_name=Subquery(mvos.values("display_name")[:1])
            )
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PendingExport], search_term: str
    ) -> tuple[QuerySet[PendingExport], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(pk=term) | Q(cso_id=term)) if is_uuid(term) else queryset.none(), False

    @display(description="target")
    def target(self, change: Any) -> SafeString:
        return page_link(CSO_LABEL, change.cso_id, change.cso_name or str(change.cso_id))

    @display(description="metaverse object")
    def source(self, change: Any) -> SafeString | None:
        return page_link(MVO_LABEL, change.mvo_id, change.mvo_name or str(change.mvo_id)) if change.mvo_id else None

    @display(description="change")
    def change(self, change: PendingExport) -> SafeString:
        return choice_label(PendingExportChangeType(change.change_type), CHANGE_KINDS)

    @display(description="status")
    def status_label(self, change: PendingExport) -> SafeString:
        return choice_label(PendingExportStatus(change.status), STATUS_KINDS)

    def get_sections(self, request: HttpRequest, obj: PendingExport) -> list[Section]:
        places = {"Queued": obj.pending, "Sent, waiting for its result or confirmation": obj.sent or {}}
        numbers = {int(key) for parts in places.values() for key in parts}
        names = dict(Attribute.objects.filter(pk__in=numbers).values_list("pk", "name"))
        secrets = secret_attributes(numbers)
        sections = [
            Section(title, CHANGE_COLUMNS, list(_changes(parts, names, secrets)))
            for title, parts in places.items()
            if parts
        ]
        references = list(_references(obj))
        return [*sections, Section("References", (*CHANGE_COLUMNS, "status"), references)] if references else sections


def _references(export: PendingExport) -> Iterator[tuple[str | int, str, SafeString, str]]:
    """The first reference changes, and whether each has left; of a large group, the others are in the API."""
    changes = PendingExportReference.objects.filter(cso_id=export.cso_id).order_by("attribute_id", "target_id")
    shown = list(changes[:REFERENCES_SHOWN])
    names = dict(Attribute.objects.filter(pk__in={change.attribute_id for change in shown}).values_list("pk", "name"))
    targets = ConnectorSpaceObject.objects.only("display_name", "external_id").in_bulk([c.target_id for c in shown])
    for change in shown:
        name = change.text or str(targets.get(change.target_id, change.target_id))
        operation = "remove" if change.is_removal else "add"
        link = page_link(CSO_LABEL, change.target_id, name)
        yield names.get(change.attribute_id, change.attribute_id), operation, link, change.status


def _changes(parts: Changes, names: dict[int, str], secrets: set[int]) -> Iterator[tuple[str | int, str, str]]:
    """What each attribute's part does, in schema order; secrets are hidden, whatever form they have."""
    for number, key in sorted((int(key), key) for key in parts):
        part = parts[key]
        for operation, value in (part if isinstance(part, dict) else {"set": part}).items():
            is_secret = number in secrets or operation == SEALED
            yield names.get(number, number), operation, "(secret)" if is_secret else _values(value)


def _values(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return lines([value_text(one) for one in values if one is not None]) or "(nothing)"
