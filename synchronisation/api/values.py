"""Attribute values as clients see them: one entry per value, in the field that fits its type.

In: values in document form. Out: rows for the value serializers. Always: every field is present, all but one are
null; an id follows from object, attribute and place alone, so that it is the same in every answer.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request

from jim.api.fields import BooleanField, CharField, IntegerField, LongIntegerField, UUIDField
from jim.api.serializers import Serializer
from synchronisation.models import AttributeType
from synchronisation.rules.values import to_text

VALUES_SHOWN = 10
"""Values per attribute in an answer about a whole object; the listing of one attribute's values has the rest."""

FIELD_BY_TYPE = {
    AttributeType.TEXT: "string_value",
    AttributeType.NUMBER: "int_value",
    AttributeType.LONG_NUMBER: "long_value",
    AttributeType.DECIMAL: "decimal_value",
    AttributeType.DATE_TIME: "date_time_value",
    AttributeType.BOOLEAN: "bool_value",
    AttributeType.GUID: "guid_value",
    AttributeType.REFERENCE: "unresolved_reference_value",
    AttributeType.BINARY: "binary_value",
}
PYTHON_TYPE = {AttributeType.NUMBER: int, AttributeType.LONG_NUMBER: int, AttributeType.BOOLEAN: bool}
"""How a value of a type is kept; everything else is text."""

NO_VALUE: dict[str, Any] = dict.fromkeys(FIELD_BY_TYPE.values())

Row = dict[str, Any]


def typed_fields(attribute_type: str, value: object) -> Row:
    """The value in its field; one that predates a change of the attribute's type is shown as text."""
    if value is None:
        return NO_VALUE
    kind = AttributeType(attribute_type)
    if type(value) is not PYTHON_TYPE.get(kind, str):
        return NO_VALUE | {"string_value": to_text(value)}
    return NO_VALUE | {FIELD_BY_TYPE[kind]: value}


def value_id(object_id: UUID, attribute_id: int, place: object) -> UUID:
    """place: position in the list of values, or whatever else tells the values of one attribute apart."""
    return uuid5(object_id, f"{attribute_id}:{place}")


def as_list(value: object) -> list[Any]:
    """The values of an attribute in document form."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def summary(attribute_name: str, total: int, returned: int) -> Row:
    """What is said of an attribute whose values were cut short."""
    return {"attribute_name": attribute_name, "total_count": total, "returned_count": returned, "has_more": True}


def row_shows(row: Row, search: str) -> bool:
    """Whether the row's value, whichever field it is in, contains what is searched for, in any case."""
    values = (row.get(name) for name in NO_VALUE)
    return not search or any(v is not None and search.casefold() in to_text(v).casefold() for v in values)


def page_of(rows: Sequence[Row], request: Request, paginator: Any) -> list[Row]:
    """The part of a list in memory that is asked for, which `paginator` (a `Pagination`) then puts in its envelope.

    Raises: ValidationError.
    """
    paginator.asked = paginator.window(request)
    paginator.total = len(rows)
    first = paginator.asked.first
    return list(rows[first : first + paginator.asked.size])


class AttributeValueSummarySerializer(Serializer):
    attribute_name = CharField()
    total_count = IntegerField()
    returned_count = IntegerField()
    has_more = BooleanField()


@extend_schema_field({"type": "string", "format": "date-time"})
class StoredDateTimeField(CharField):
    """Documents keep date-times as ISO 8601 text in UTC already."""


@extend_schema_field({"type": "string", "format": "uuid"})
class StoredGuidField(CharField):
    """Documents keep GUIDs as lower-case text already."""


@extend_schema_field({"type": "string", "contentEncoding": "base64"})
class StoredBinaryField(CharField):
    """Documents keep bytes as base64 text already."""


class AttributeValueSerializer(Serializer):
    """What every listed value has, whatever it is a value of."""

    id = UUIDField()
    attribute_id = IntegerField()
    attribute_name = CharField()
    string_value = CharField(allow_null=True)
    date_time_value = StoredDateTimeField(allow_null=True)
    int_value = IntegerField(allow_null=True)
    long_value = LongIntegerField(allow_null=True)
    decimal_value = CharField(allow_null=True, help_text="Exact, up to 38 digits")
    guid_value = StoredGuidField(allow_null=True)
    bool_value = BooleanField(allow_null=True)
    binary_value = StoredBinaryField(allow_null=True)
