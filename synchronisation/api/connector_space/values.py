"""The values of a connector space object: from its document, and references from their own rows.

Always: a bounded number of values is read, however many members a group has.
"""

from uuid import UUID

from django.db.models import Count, QuerySet

from synchronisation.api.values import NO_VALUE, VALUES_SHOWN, Row, as_list, summary, typed_fields, value_id
from synchronisation.models import Attribute, AttributeType, ConnectorSpaceObject, CsoReference


def shown_values(cso: ConnectorSpaceObject) -> tuple[list[Row], list[Row]]:
    """The first values of each attribute in schema order, and a summary of each attribute that has more."""
    values: list[Row] = []
    summaries: list[Row] = []
    totals = _reference_totals(cso.pk)
    for attribute in Attribute.objects.filter(object_type=cso.object_type_id):
        if attribute.type == AttributeType.REFERENCE and attribute.pk in totals:
            total = totals[attribute.pk]
            shown = [reference_row(attribute, row) for row in references(cso.pk, attribute)[:VALUES_SHOWN]]
        else:
            rows = document_rows(cso, attribute)
            total, shown = len(rows), rows[:VALUES_SHOWN]
        values += shown
        if total > len(shown):
            summaries.append(summary(attribute.name, total, len(shown)))
    return values, summaries


def _reference_totals(cso_id: UUID) -> dict[int, int]:
    counted = CsoReference.objects.filter(cso_id=cso_id).values("attribute_id").annotate(total=Count("*"))
    return dict(counted.values_list("attribute_id", "total"))


def references(cso_id: UUID, attribute: Attribute) -> QuerySet[CsoReference]:
    """In the order of the index that finds them: any page is read without sorting the others."""
    return CsoReference.objects.filter(cso_id=cso_id, attribute_id=attribute.pk).order_by("text_hash")


def reference_row(attribute: Attribute, reference: CsoReference) -> Row:
    """A reference shows its target; the text only while nothing is known by it."""
    return _row(value_id(reference.cso_id, attribute.pk, reference.text_hash), attribute) | {
        "reference_value_id": reference.target_id,
        "unresolved_reference_value": reference.text if reference.target_id is None else None,
    }


def document_rows(cso: ConnectorSpaceObject, attribute: Attribute) -> list[Row]:
    """The values that the object's document holds."""
    return [
        _row(value_id(cso.pk, attribute.pk, position), attribute) | typed_fields(attribute.type, value)
        for position, value in enumerate(as_list(cso.document.get(str(attribute.pk))))
    ]


def _row(row_id: UUID, attribute: Attribute) -> Row:
    return NO_VALUE | {
        "id": row_id,
        "attribute_id": attribute.pk,
        "attribute_name": attribute.name,
        "reference_value_id": None,
    }
