"""Shapes of trying out an expression."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import DictField

from jim.api.fields import AnyField, BooleanField, CharField, IntegerField
from jim.api.serializers import Serializer


def sample_field(side: str) -> DictField:
    return DictField(
        child=AnyField(allow_null=True),
        allow_null=True,
        default=dict,
        help_text=f"Sample {side} values by attribute name",
    )


class ExpressionTestRequestSerializer(Serializer):
    expression = CharField(trim_whitespace=False)
    mv_attributes = sample_field("metaverse")
    cs_attributes = sample_field("connected system")

    def validate_mv_attributes(self, values: Mapping[str, Any] | None) -> dict[str, Any]:
        return _by_casefolded_name(values)

    def validate_cs_attributes(self, values: Mapping[str, Any] | None) -> dict[str, Any]:
        return _by_casefolded_name(values)


class ExpressionTestResultSerializer(Serializer):
    """What `services.expression_trial` returns."""

    is_valid = BooleanField()  # type: ignore[assignment]  # a field here
    result = AnyField(allow_null=True)
    result_type = CharField(allow_null=True, help_text="An attribute type, with [] behind it for a list")
    error_message = CharField(allow_null=True)
    error_position = IntegerField(allow_null=True, min_value=0, help_text="Characters from 0")


def _by_casefolded_name(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Raises: ValidationError when two names are the same but for their case."""
    found: dict[str, Any] = {}
    for name, value in (values or {}).items():
        if name.casefold() in found:
            raise ValidationError(f"{name} is given twice: attribute names are the same in any case.")
        found[name.casefold()] = value
    return found
