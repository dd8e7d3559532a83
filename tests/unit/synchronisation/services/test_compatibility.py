import pytest

from synchronisation.models import AttributeType
from synchronisation.services.compatibility import can_flow, why_not

T = AttributeType
ALLOWED = {
    T.TEXT: {T.TEXT},
    T.NUMBER: {T.NUMBER, T.LONG_NUMBER, T.DECIMAL, T.TEXT},
    T.LONG_NUMBER: {T.LONG_NUMBER, T.DECIMAL, T.TEXT},
    T.DECIMAL: {T.DECIMAL, T.TEXT},
    T.DATE_TIME: {T.DATE_TIME, T.TEXT},
    T.BOOLEAN: {T.BOOLEAN, T.TEXT},
    T.GUID: {T.GUID, T.TEXT},
    T.REFERENCE: {T.REFERENCE},
    T.BINARY: {T.BINARY},
}
"""Source type -> the types its values may flow to."""


@pytest.mark.parametrize("source", AttributeType)
def test_values_flow_to_the_same_type_to_wider_ones_and_to_text(source: AttributeType) -> None:
    assert {target for target in AttributeType if can_flow(source, target)} == ALLOWED[source]


@pytest.mark.parametrize(
    ("source", "hint"), [(T.REFERENCE, "references flow to references only"), (T.TEXT, "expression")]
)
def test_refusal_says_what_to_do(source: AttributeType, hint: str) -> None:
    assert hint in why_not(source, T.NUMBER)
