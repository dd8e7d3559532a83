"""Serializer fields that take what the contract takes and nothing near it.

Always: a JSON value of another type is an error, never converted; date-times leave in UTC ending in `Z`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jim.api.parsing import (
    INT32_MAX,
    INT32_MIN,
    format_time_span,
    parse_date_time,
    parse_time_span,
    parse_uuid,
)


def _refuse(message: str) -> NoReturn:
    raise serializers.ValidationError(message, code="invalid")


class BooleanField(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            _refuse("Write true or false.")
        return data


class IntegerField(serializers.IntegerField):
    """A 32-bit integer, within narrower bounds if given."""

    format = "int32"
    lowest, highest = INT32_MIN, INT32_MAX

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": self.lowest, "max_value": self.highest} | kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:  # a bool is an int to isinstance
            _refuse("Write a whole number.")
        return data


class LongIntegerField(IntegerField):
    format = "int64"
    lowest, highest = -(2**63), 2**63 - 1


class CharField(serializers.CharField):
    """Text without NUL; blanks around it are cut unless `trim_whitespace=False`."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            _refuse("Write text.")
        return super().to_internal_value(data)


class ChoiceField(serializers.ChoiceField):
    """An enum by its exact name. choices: TextChoices, or a sequence of names."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(getattr(choices, "choices", choices), **kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choice_strings_to_values:
            _refuse(f"Write one of {', '.join(map(str, self.choices))}.")
        return data


@extend_schema_field({"type": "string", "format": "uuid"})
class UUIDField(serializers.UUIDField):
    def to_internal_value(self, data: Any) -> UUID:
        try:
            return parse_uuid(data if isinstance(data, str) else "")
        except ValueError as exc:
            _refuse(str(exc))


@extend_schema_field({"type": "string", "format": "date-time"})
class DateTimeField(serializers.Field):
    def to_internal_value(self, data: Any) -> datetime:
        try:
            return parse_date_time(data if isinstance(data, str) else "")
        except ValueError as exc:
            _refuse(str(exc))

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^-?(\d+\.)?([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,7})?$",
        "description": "Duration as hh:mm:ss or d.hh:mm:ss",
    }
)
class TimeSpanField(serializers.Field):
    def to_internal_value(self, data: Any) -> timedelta:
        try:
            return parse_time_span(data if isinstance(data, str) else "")
        except ValueError as exc:
            _refuse(str(exc))

    def to_representation(self, value: timedelta) -> str:
        return format_time_span(value)


@extend_schema_field({"type": ["string", "number", "boolean", "array", "object"]})
class AnyField(serializers.Field):
    """Whatever JSON can hold, as it is. Always give it `allow_null=True`, which the document says for itself."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class UniqueListField(serializers.ListField):
    """A list in which nothing stands twice."""

    def to_internal_value(self, data: Any) -> list[Any]:
        values = super().to_internal_value(data)
        if len(set(values)) != len(values):
            _refuse("Write each value once.")
        return values
