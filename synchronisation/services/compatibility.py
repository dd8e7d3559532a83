"""Which attribute's values another attribute can take, by data type.

Always: judged when a mapping or matching rule is saved. Only what can never fail on a single value is allowed;
everything narrower needs an expression (`ToInt`), so that the administrator says what becomes of the odd value.
Several values for a single-valued attribute are no question of type: they are an item error of the run.
"""

from synchronisation.models import AttributeType

WIDER_TYPES = {
    AttributeType.NUMBER: {AttributeType.LONG_NUMBER, AttributeType.DECIMAL},
    AttributeType.LONG_NUMBER: {AttributeType.DECIMAL},
}
WITHOUT_TEXT = {AttributeType.REFERENCE, AttributeType.BINARY}
"""Types whose values say nothing to people as text."""


def can_flow(source: str, target: str) -> bool:
    """Whether every value of type `source` is also one of type `target`; Text takes whatever has a text form."""
    if source == target:
        return True
    if target == AttributeType.TEXT:
        return source not in WITHOUT_TEXT
    return target in WIDER_TYPES.get(AttributeType(source), set())


def why_not(source: str, target: str) -> str:
    """The sentence that refuses a flow which `can_flow` does not allow."""
    if AttributeType.REFERENCE in (source, target):
        return f"A {source} attribute cannot flow to a {target} one: references flow to references only."
    return f"A {source} attribute cannot flow to a {target} one: convert the value with an expression."
