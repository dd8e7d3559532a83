"""Trying out expressions: one schema, one clock, and `evaluate` from text to value."""

from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.contract import AttributeType
from synchronisation.expressions import AttributeInfo, Clock, CompiledExpression, Result, compile_expression

CLOCK = Clock(datetime(2024, 1, 31, 8, 15, 30, tzinfo=UTC))

_ATTRIBUTES = (
    AttributeInfo("1", "First Name"),
    AttributeInfo("2", "Last Name"),
    AttributeInfo("3", "Age", AttributeType.NUMBER),
    AttributeInfo("4", "Badge", AttributeType.LONG_NUMBER),
    AttributeInfo("5", "Salary", AttributeType.DECIMAL),
    AttributeInfo("6", "Start", AttributeType.DATE_TIME),
    AttributeInfo("7", "Active", AttributeType.BOOLEAN),
    AttributeInfo("8", "Object GUID", AttributeType.GUID),
    AttributeInfo("9", "Photo", AttributeType.BINARY),
    AttributeInfo("10", "Manager", AttributeType.REFERENCE),
    AttributeInfo("11", "Proxy Addresses", multi_valued=True),
    AttributeInfo("12", "Raises", AttributeType.DECIMAL, multi_valued=True),
)
NAMES = {attribute.name.casefold(): attribute for attribute in _ATTRIBUTES}
KEY = {attribute.name: attribute.key for attribute in _ATTRIBUTES}

Sample = Mapping[str, object]
"""Attribute name -> what its document holds."""


def compiled(text: str) -> CompiledExpression:
    return compile_expression(text, mv=NAMES, cs=NAMES)


def document(sample: Sample) -> dict[str, object]:
    return {KEY[name]: value for name, value in sample.items()}


def evaluate(text: str, mv: Sample | None = None, cs: Sample | None = None, *, strict: bool = False) -> Result:
    """The value of text for one object with these attributes."""
    expression = compiled(text)
    run = expression.evaluate_strict if strict else expression.evaluate
    return run(document(mv or {}), document(cs or {}), CLOCK)
