"""Connector space objects, read-only: the list, and one object with its values, its join and its pending export."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from jim.admin.keyset import Keyset
from jim.admin.model_admins import KeysetAdmin, SectionsMixin
from jim.admin.sections import Section, choice_label, page_link
from synchronisation.admin.documents import REFERENCES_SHOWN, Reference, attribute_rows, reference_rows
from synchronisation.admin.metaverse import CSO_LABEL, MVO_LABEL, is_uuid
from synchronisation.models import (
    Attribute,
    ConnectorSpaceObject,
    CsoReference,
    CsoStatus,
    ObjectType,
    PendingExport,
    PendingExportStatus,
)
from synchronisation.rules.values import hash_text

STATUS_KINDS = {
    CsoStatus.NORMAL: "success",
    CsoStatus.OBSOLETE: "warning",
    CsoStatus.PENDING_PROVISIONING: "info",
}
NEWEST_FIRST = Keyset(("id",))  # UUIDv7
LAST_CHANGED_FIRST = Keyset(("change_number",))
"""The order that has an index within one system (cso_by_change_number)."""
SYSTEM_PARAMETER = "system__id__exact"


@admin.register(ConnectorSpaceObject)
class ConnectorSpaceObjectAdmin(SectionsMixin, KeysetAdmin):
    list_display = ("name", "external_id", "system", "object_type", "status_label", "joined_to", "last_updated")
    list_filter = ("system", "status")
    list_select_related = ("system", "object_type", "join__mvo")
    search_fields = ("external_id",)
    search_help_text = "Whole external ID, or an id"
    fields = (
        ("display_name", "external_id"),
        ("system", "object_type"),
        ("status_label", "joined_to"),
        ("created", "last_updated"),
        "id",
    )
    readonly_fields = ("status_label", "joined_to")

    def get_keyset(self, request: HttpRequest) -> Keyset:
        return LAST_CHANGED_FIRST if SYSTEM_PARAMETER in request.GET else NEWEST_FIRST

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ConnectorSpaceObject], search_term: str
    ) -> tuple[QuerySet[ConnectorSpaceObject], bool]:
        """By the unique index on object type and hash of the external ID."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(object_type__in=ObjectType.objects.values("pk"), external_id_hash=hash_text(term))
        return queryset.filter(found | Q(pk=term) if is_uuid(term) else found), False

    @display(description="name")
    def name(self, cso: ConnectorSpaceObject) -> str:
        return str(cso)

    @display(description="status")
    def status_label(self, cso: ConnectorSpaceObject) -> SafeString:
        return choice_label(CsoStatus(cso.status), STATUS_KINDS)

    @display(description="metaverse object")
    def joined_to(self, cso: ConnectorSpaceObject) -> SafeString | None:
        join = getattr(cso, "join", None)
        return page_link(MVO_LABEL, join.mvo_id, str(join.mvo)) if join else None

    def get_sections(self, request: HttpRequest, obj: ConnectorSpaceObject) -> list[Section]:
        queued = PendingExport.objects.filter(cso_id=obj.pk).first()
        return [_attributes(obj), *([_pending_export(queued)] if queued else [])]


def _attributes(cso: ConnectorSpaceObject) -> Section:
    names = dict(Attribute.objects.filter(object_type=cso.object_type_id).values_list("id", "name"))
    references = [
        Reference(attribute_id, text, target_id)
        for attribute_id, text, target_id in CsoReference.objects.filter(cso_id=cso.pk)
        .order_by("attribute_id")
        .values_list("attribute_id", "text", "target_id")[:REFERENCES_SHOWN]
    ]
    rows = attribute_rows(cso.document, names) + reference_rows(references, names, CSO_LABEL)
    return Section("Attributes", ("attribute", "value"), [(name, value) for _, name, value in rows])


def _pending_export(queued: PendingExport) -> Section:
    link = page_link("synchronisation_pendingexport", queued.pk, queued.change_type)
    return Section(
        "Pending export",
        ("change", "status", "created", "errors"),
        [(link, PendingExportStatus(queued.status).label, queued.created, queued.error_count)],
    )
