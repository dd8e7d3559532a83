"""Metaverse objects, read-only: the list, and one object with its values, who holds them, and its joins."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from jim.admin.keyset import Keyset
from jim.admin.model_admins import KeysetAdmin, SectionsMixin
from jim.admin.sections import Section, choice_label, page_link
from synchronisation.admin.documents import REFERENCES_SHOWN, Reference, attribute_rows, reference_rows
from synchronisation.models import (
    NAME_KEY,
    ConnectedSystem,
    Join,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseObjectStatus,
    MetaverseReference,
    SyncRule,
    name_begins_with,
)
from synchronisation.rules.world import read_holders

STATUS_KINDS = {MetaverseObjectStatus.NORMAL: "success", MetaverseObjectStatus.OBSOLETE: "warning"}
MVO_LABEL = "synchronisation_metaverseobject"
CSO_LABEL = "synchronisation_connectorspaceobject"
NEWEST_FIRST = Keyset(("id",))  # UUIDv7
BY_NAME = Keyset(("name_key", "id"), descending=False)


@admin.register(MetaverseObject)
class MetaverseObjectAdmin(SectionsMixin, KeysetAdmin):
    keyset = NEWEST_FIRST
    list_display = ("name", "type", "status_label", "created", "last_updated")
    list_filter = ("type", "status")
    list_select_related = ("type",)
    search_fields = ("display_name",)
    search_help_text = "Beginning of the display name, or an id"
    fields = (
        ("display_name", "type"),
        ("status_label", "origin"),
        ("created", "last_updated"),
        ("last_connector_disconnected", "deletion_eligible"),
        "id",
    )
    readonly_fields = ("status_label",)

    def get_keyset(self, request: HttpRequest) -> Keyset:
        return BY_NAME if request.GET.get("q") else NEWEST_FIRST

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[MetaverseObject], search_term: str
    ) -> tuple[QuerySet[MetaverseObject], bool]:
        """By the index of names."""
        term = search_term.strip()
        queryset = queryset.annotate(name_key=NAME_KEY)
        if not term:
            return queryset, False
        return queryset.filter(pk=term) if is_uuid(term) else queryset.filter(name_begins_with(term)), False

    @display(description="name")
    def name(self, mvo: MetaverseObject) -> str:
        return str(mvo)

    @display(description="status")
    def status_label(self, mvo: MetaverseObject) -> SafeString:
        return choice_label(MetaverseObjectStatus(mvo.status), STATUS_KINDS)

    def get_sections(self, request: HttpRequest, obj: MetaverseObject) -> list[Section]:
        return [_attributes(obj), _joins(obj)]


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _attributes(mvo: MetaverseObject) -> Section:
    names = dict(MetaverseAttribute.objects.filter(object_types=mvo.type_id).values_list("id", "name"))
    references = list(MetaverseReference.objects.filter(mvo_id=mvo.pk).order_by("attribute_id")[:REFERENCES_SHOWN])
    targets = MetaverseObject.objects.only("display_name").in_bulk([row.target_id for row in references])
    shown = [
        Reference(row.attribute_id, str(targets.get(row.target_id, row.target_id)), row.target_id) for row in references
    ]
    rows = attribute_rows(mvo.document, names) + reference_rows(shown, names, MVO_LABEL)
    holders = {row.attribute_id: (row.system_id, row.rule_id) for row in references}
    holders |= {int(key): holder for key, holder in read_holders(mvo.holders).items()}
    held_by = _holder_names(holders)
    return Section(
        "Attributes",
        ("attribute", "value", "held by"),
        [(name, value, held_by.get(attribute, "-")) for attribute, name, value in rows],
    )


def _holder_names(holders: dict[int, tuple[Any, ...]]) -> dict[int, str]:
    """{attribute id: "system, rule"}; a system or rule that is gone is shown by its number."""
    systems = ConnectedSystem.objects.in_bulk({system for system, _ in holders.values() if system})
    rules = SyncRule.objects.in_bulk({rule for _, rule in holders.values() if rule})
    return {
        attribute: f"{systems.get(system, system)}, {rules.get(rule, rule)}"
        for attribute, (system, rule) in holders.items()
        if system is not None
    }


def _joins(mvo: MetaverseObject) -> Section:
    joins = Join.objects.filter(mvo=mvo.pk).select_related("cso__system", "cso__object_type").order_by("system_id")
    return Section(
        "Connected objects",
        ("connected system", "object", "object type", "join", "since"),
        [
            (join.cso.system, page_link(CSO_LABEL, join.cso_id, str(join.cso)), join.cso.object_type, join.type,
             join.created)
            for join in joins
        ],
    )  # fmt: skip
