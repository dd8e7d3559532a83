"""Check a scoping criterion before it is saved.

In: what the administrator wants, the direction of the rule and its schema. Out: the attribute and the value in
document form, or a `RefusedError`. Always: what passes can be evaluated by a run on any object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from connectors.contract import AttributeType as ContractAttributeType
from jim.api.names import camel_case
from synchronisation.models import Attribute, AttributeType, Direction, MetaverseAttribute
from synchronisation.rules import specification as spec
from synchronisation.rules.scope import CriterionError, Part, check_comparison, check_value
from synchronisation.rules.values import CONVERTERS, JsonValue, to_text

from .errors import RefusedError
from .rule_schema import RuleSchema

FROM_SYSTEM = "connected_system_attribute_id"
FROM_METAVERSE = "metaverse_attribute_id"
FIELD_OF_TYPE = {
    AttributeType.TEXT: "string_value",
    AttributeType.NUMBER: "int_value",
    AttributeType.LONG_NUMBER: "int_value",
    AttributeType.DECIMAL: "decimal_value",
    AttributeType.DATE_TIME: "date_time_value",
    AttributeType.BOOLEAN: "bool_value",
    AttributeType.GUID: "guid_value",
}
Value = JsonValue | datetime | UUID


@dataclass(frozen=True, slots=True)
class CriterionInput:
    """values: the value fields that were given, by name; the attribute's type says which one it must be."""

    comparison_type: str
    values: Mapping[str, Value]
    connected_system_attribute_id: int | None = None
    metaverse_attribute_id: int | None = None
    case_sensitive: bool = True


def checked(
    wanted: CriterionInput, direction: str, schema: RuleSchema
) -> tuple[Attribute | MetaverseAttribute, JsonValue]:
    """The attribute compared, and the value in document form. Raises: RefusedError."""
    own, other = (FROM_SYSTEM, FROM_METAVERSE) if direction == Direction.IMPORT else (FROM_METAVERSE, FROM_SYSTEM)
    if getattr(wanted, other) is not None:
        raise RefusedError({other: [f"The criteria of an {direction.lower()} rule compare its other side."]})
    attribute = _attribute(getattr(wanted, own), own, schema)
    compared = as_compared(attribute)
    comparison = spec.Comparison(wanted.comparison_type)
    try:
        check_comparison(comparison, compared)
        value = _value(wanted.values, compared)
        check_value(spec.Criterion(compared.id, comparison, value, wanted.case_sensitive), compared)
    except CriterionError as error:
        fields = {Part.ATTRIBUTE: own, Part.COMPARISON: "comparison_type"}
        raise RefusedError({fields.get(error.part) or _value_field(compared): [str(error)]}) from None
    return attribute, CONVERTERS[compared.type](value)


def as_compared(attribute: Attribute | MetaverseAttribute) -> spec.Attribute:
    """What a criterion needs to know of its attribute."""
    return spec.Attribute(attribute.pk, attribute.name, ContractAttributeType(attribute.type))


def _attribute(attribute_id: int | None, field: str, schema: RuleSchema) -> Attribute | MetaverseAttribute:
    if attribute_id is None:
        raise RefusedError({field: ["Name the attribute to compare."]})
    side = schema.connected_system if field == FROM_SYSTEM else schema.metaverse
    attribute = side.get(attribute_id)
    if attribute is None:
        raise RefusedError({field: ["The rule's object type has no such attribute."]})
    return attribute


def _value_field(attribute: spec.Attribute) -> str:
    return FIELD_OF_TYPE[AttributeType(attribute.type)]


def _value(given: Mapping[str, Value], attribute: spec.Attribute) -> JsonValue:
    """The one value, still to be checked. Raises: RefusedError when it is missing, or beside another."""
    field = _value_field(attribute)
    sentence = f"{attribute.name} is a {attribute.type} attribute: give {camel_case(field)} and no other value."
    problems = {name: [sentence] for name in given if name != field}
    if field not in given:
        problems[field] = [sentence]
    if problems:
        raise RefusedError(problems)
    value = given[field]
    return value if isinstance(value, str | int) else to_text(value)
