"""The values of metaverse objects: as text for lists, typed and with their contributor for one object."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from rest_framework.exceptions import ValidationError

from synchronisation.api.values import NO_VALUE, VALUES_SHOWN, Row, as_list, summary, typed_fields, value_id
from synchronisation.models import (
    AttributeType,
    ConnectedSystem,
    Join,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseReference,
)
from synchronisation.rules.values import to_text
from synchronisation.rules.world import read_holders

REFERENCES_SHOWN = 1_000
"""References per attribute in an answer about one object: a group may have 500,000 members."""


def selected_attributes(text: str | None) -> list[MetaverseAttribute]:
    """The attributes that a comma-separated list of names, or `*`, asks for. Raises: ValidationError."""
    if text is None or not text.strip():
        return []
    attributes = list(MetaverseAttribute.objects.all())
    if text.strip() == "*":
        return attributes
    by_name = {attribute.name.casefold(): attribute for attribute in attributes}
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name.casefold() not in by_name]
    if unknown:
        raise ValidationError({"attributes": [f"The metaverse has no attribute {', '.join(unknown)}."]})
    return [by_name[name.casefold()] for name in names]


def attach_selected(objects: Sequence[Any], attributes: Sequence[MetaverseAttribute]) -> None:
    """Give each object its `selected_attributes`: name -> text, list of texts, or null. One query for references."""
    references = _references_of(objects, attributes)
    for mvo in objects:
        mvo.selected_attributes = {
            attribute.name: _as_text(attribute, mvo.document.get(str(attribute.pk)))
            if attribute.type != AttributeType.REFERENCE
            else _as_text(attribute, references.get((mvo.pk, attribute.pk), []))
            for attribute in attributes
        }


def _as_text(attribute: MetaverseAttribute, value: object) -> str | list[str] | None:
    texts = [to_text(each) for each in as_list(value)]
    if attribute.multi_valued:
        return texts
    return texts[0] if texts else None


def _references_of(
    objects: Sequence[Any], attributes: Sequence[MetaverseAttribute]
) -> dict[tuple[UUID, int], list[UUID]]:
    """(object id, attribute id) -> ids of the first objects referred to."""
    ids = [attribute.pk for attribute in attributes if attribute.type == AttributeType.REFERENCE]
    if not ids or not objects:
        return {}
    place = Window(RowNumber(), partition_by=[F("mvo_id"), F("attribute_id")], order_by="target_id")
    rows = MetaverseReference.objects.filter(mvo_id__in=[mvo.pk for mvo in objects], attribute_id__in=ids)
    found: dict[tuple[UUID, int], list[UUID]] = {}
    for row in rows.annotate(place=place).filter(place__lte=VALUES_SHOWN):
        found.setdefault((row.mvo_id, row.attribute_id), []).append(row.target_id)
    return found


def attach_details(mvo: Any) -> None:
    """Give an object its `attribute_values`, `attribute_value_summaries` and `connected_system_objects`."""
    system_names = dict(ConnectedSystem.objects.values_list("pk", "name"))
    values: list[Row] = []
    for attribute in MetaverseAttribute.objects.all():
        values += _document_rows(mvo, attribute, system_names)
    references, summaries = _reference_rows(mvo, system_names)
    mvo.attribute_values = sorted([*values, *references], key=lambda row: row["attribute_id"])
    mvo.attribute_value_summaries = summaries or None
    mvo.is_pending_deletion = mvo.deletion_eligible is not None
    mvo.connected_system_objects = list(
        Join.objects.filter(mvo=mvo).select_related("cso").defer("cso__document").order_by("system_id")
    )
    for join in mvo.connected_system_objects:
        join.connected_system_name = system_names.get(join.system_id, "")


def _document_rows(mvo: MetaverseObject, attribute: MetaverseAttribute, system_names: Mapping[int, str]) -> list[Row]:
    key = str(attribute.pk)
    system_id = read_holders(mvo.holders).get(key, (None, None))[0]
    return [
        _row(mvo, attribute, position, system_id, system_names) | typed_fields(attribute.type, value)
        for position, value in enumerate(as_list(mvo.document.get(key)))
    ]


def _reference_rows(mvo: MetaverseObject, system_names: Mapping[int, str]) -> tuple[list[Row], list[Row]]:
    """The first references of each attribute, and a summary of each attribute that has more."""
    rows: list[Row] = []
    summaries: list[Row] = []
    own = MetaverseReference.objects.filter(mvo_id=mvo.pk)
    totals = dict(own.values("attribute_id").annotate(total=Count("*")).values_list("attribute_id", "total"))
    for attribute in MetaverseAttribute.objects.filter(pk__in=totals):
        shown = list(own.filter(attribute_id=attribute.pk).order_by("target_id")[:REFERENCES_SHOWN])
        for reference in shown:
            row = _row(mvo, attribute, reference.target_id, reference.system_id, system_names)
            rows.append(row | {"reference_value_id": reference.target_id})
        if totals[attribute.pk] > len(shown):
            summaries.append(summary(attribute.name, totals[attribute.pk], len(shown)))
    _name_targets(rows)
    return rows, summaries


def _name_targets(rows: Sequence[Row]) -> None:
    targets = MetaverseObject.objects.filter(pk__in={row["reference_value_id"] for row in rows})
    names = dict(targets.values_list("pk", "display_name"))
    for row in rows:
        row["reference_value_display_name"] = names.get(row["reference_value_id"])


def _row(
    mvo: MetaverseObject,
    attribute: MetaverseAttribute,
    place: object,
    system_id: int | None,
    system_names: Mapping[int, str],
) -> Row:
    """A holder that was deleted holds nothing any more."""
    return NO_VALUE | {
        "id": value_id(mvo.pk, attribute.pk, place),
        "attribute_id": attribute.pk,
        "attribute_name": attribute.name,
        "attribute_type": attribute.type,
        "attribute_plurality": attribute.plurality,
        "reference_value_id": None,
        "reference_value_display_name": None,
        "contributed_by_system_id": system_id if system_id in system_names else None,
        "contributed_by_system_name": None if system_id is None else system_names.get(system_id),
    }
