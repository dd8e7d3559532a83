"""Scope: a rule's criteria groups to a function on documents, compiled once per run.

In: a rule and the attributes of its source side. Out: document -> whether the object is in scope.
Always: pure, and no document makes it fail. Of several values one is enough: a criterion holds when any value does
what it says, its negated form when none does. So an attribute without a value satisfies every negated form and
nothing else, and so does one whose values are from before its type changed.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from connectors.contract import AttributeType

from .specification import Attribute, Comparison, CriteriaGroup, Criterion, Rule
from .values import CONVERTERS, READERS, Document, InvalidValueError, JsonValue, caseless, composed

T = TypeVar("T")

InScope = Callable[[Document], bool]

NEGATED = {
    Comparison.NOT_EQUALS: Comparison.EQUALS,
    Comparison.NOT_STARTS_WITH: Comparison.STARTS_WITH,
    Comparison.NOT_ENDS_WITH: Comparison.ENDS_WITH,
    Comparison.NOT_CONTAINS: Comparison.CONTAINS,
}
OPERATORS: dict[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUALS: operator.eq,
    Comparison.STARTS_WITH: str.startswith,
    Comparison.ENDS_WITH: str.endswith,
    Comparison.CONTAINS: operator.contains,
    Comparison.LESS_THAN: operator.lt,
    Comparison.LESS_THAN_OR_EQUALS: operator.le,
    Comparison.GREATER_THAN: operator.gt,
    Comparison.GREATER_THAN_OR_EQUALS: operator.ge,
}

IDENTITY = frozenset({Comparison.EQUALS, Comparison.NOT_EQUALS})
ORDER = frozenset(
    {
        Comparison.LESS_THAN,
        Comparison.LESS_THAN_OR_EQUALS,
        Comparison.GREATER_THAN,
        Comparison.GREATER_THAN_OR_EQUALS,
    }
)
COMPARISONS: Mapping[AttributeType, frozenset[Comparison]] = {
    AttributeType.TEXT: frozenset(Comparison),
    AttributeType.NUMBER: IDENTITY | ORDER,
    AttributeType.LONG_NUMBER: IDENTITY | ORDER,
    AttributeType.DECIMAL: IDENTITY | ORDER,
    AttributeType.DATE_TIME: IDENTITY | ORDER,
    AttributeType.BOOLEAN: IDENTITY,
    AttributeType.GUID: IDENTITY,
    AttributeType.BINARY: frozenset(),
    AttributeType.REFERENCE: frozenset(),
}
"""What a criterion can ask of a type; text is in order by code point, as in expressions."""

NO_VALUE = ""
"""Documents hold no empty text: to equal it is to have no value, which other types cannot ask for."""

UNREADABLE = (ArithmeticError, AttributeError, TypeError, ValueError)
"""What reading or comparing a value raises that is not of its attribute's type."""


class Part(StrEnum):
    ATTRIBUTE = "attribute"
    COMPARISON = "comparison"
    VALUE = "value"


class CriterionError(ValueError):
    """A criterion that cannot be evaluated; the message is a sentence that names the attribute. part: what is wrong."""

    def __init__(self, part: Part, sentence: str) -> None:
        super().__init__(sentence)
        self.part = part


def scope_of(rule: Rule, attributes: Mapping[int, Attribute]) -> InScope | None:
    """Whether an object is in scope of the rule, by its document on the rule's source side; None: every object is.

    attributes: of that side, by id. Raises: CriterionError, naming the rule.
    """
    try:
        return _joined([_group(group, attributes) for group in rule.scope], needs_all=False)
    except CriterionError as error:
        raise CriterionError(error.part, f"The scope of rule {rule.name} no longer works: {error}") from None


def chooser(
    scopes: Sequence[tuple[Rule, InScope | None]], combine: Callable[[Sequence[Rule]], T]
) -> Callable[[Document], T]:
    """What the rules that an object is in scope of do together: each combination is made once, when first met."""
    if not any(in_scope for _, in_scope in scopes):
        everything = combine([rule for rule, _ in scopes])
        return lambda document: everything
    made: dict[tuple[bool, ...], T] = {}

    def choose(document: Document) -> T:
        chosen = tuple([in_scope is None or in_scope(document) for _, in_scope in scopes])
        if chosen not in made:
            made[chosen] = combine([rule for (rule, _), is_chosen in zip(scopes, chosen, strict=True) if is_chosen])
        return made[chosen]

    return choose


def _group(group: CriteriaGroup, attributes: Mapping[int, Attribute]) -> InScope | None:
    criteria = [_criterion(criterion, attributes) for criterion in group.criteria]
    return _joined([*criteria, *(_group(inner, attributes) for inner in group.groups)], needs_all=group.needs_all)


def _joined(parts: Iterable[InScope | None], *, needs_all: bool) -> InScope | None:
    """Empty groups (None) say nothing, and are passed over."""
    said = tuple(part for part in parts if part is not None)
    if len(said) < 2:
        return said[0] if said else None

    def holds(document: Document) -> bool:
        for part in said:
            if part(document) is not needs_all:
                return not needs_all
        return needs_all

    return holds


def _criterion(criterion: Criterion, attributes: Mapping[int, Attribute]) -> InScope:
    attribute = attributes.get(criterion.attribute_id)
    if attribute is None:
        raise CriterionError(Part.ATTRIBUTE, f"The object type has no attribute {criterion.attribute_id} any more.")
    check_criterion(criterion, attribute)
    positive = NEGATED.get(criterion.comparison, criterion.comparison)
    is_negated = positive is not criterion.comparison
    if criterion.value == NO_VALUE:
        holds, is_negated = _any_value(attribute.key, lambda value: True), not is_negated
    else:
        holds = _any_value(attribute.key, _test(criterion, positive, attribute))
    return (lambda document: not holds(document)) if is_negated else holds


def _any_value(key: str, test: Callable[[JsonValue], bool]) -> InScope:
    def holds(document: Document) -> bool:
        value = document.get(key)
        if isinstance(value, list):
            return any(map(test, value))
        return value is not None and test(value)

    return holds


def _test(criterion: Criterion, positive: Comparison, attribute: Attribute) -> Callable[[JsonValue], bool]:
    """What the criterion asks of one value."""
    read = _reader(attribute.type, case_sensitive=criterion.case_sensitive)
    compare, wanted = OPERATORS[positive], read(CONVERTERS[attribute.type](criterion.value))

    def test(value: JsonValue) -> bool:
        try:
            return compare(read(value), wanted)
        except UNREADABLE:
            return False

    return test


def _reader(kind: AttributeType, *, case_sensitive: bool) -> Callable[[Any], Any]:
    """A value in document form as what it is compared by."""
    if kind is AttributeType.TEXT:
        return composed if case_sensitive else caseless
    return READERS.get(kind, _as_it_is)


def _as_it_is(value: JsonValue) -> JsonValue:
    return value


def check_criterion(criterion: Criterion, attribute: Attribute) -> None:
    """Raises: CriterionError when it cannot be evaluated."""
    check_comparison(criterion.comparison, attribute)
    check_value(criterion, attribute)


def check_comparison(comparison: Comparison, attribute: Attribute) -> None:
    """Raises: CriterionError when the attribute cannot be compared so."""
    kind = attribute.type
    if not COMPARISONS[kind]:
        raise CriterionError(Part.ATTRIBUTE, f"{attribute.name} is a {kind} attribute, which criteria cannot compare.")
    if comparison not in COMPARISONS[kind]:
        raise CriterionError(Part.COMPARISON, f"{attribute.name} is a {kind} attribute: {comparison} does not apply.")


def check_value(criterion: Criterion, attribute: Attribute) -> None:
    """Raises: CriterionError when the attribute cannot have such a value."""
    kind, comparison = attribute.type, criterion.comparison
    if criterion.value == NO_VALUE and kind is AttributeType.TEXT and comparison not in IDENTITY:
        raise CriterionError(Part.VALUE, f"Give the text that {attribute.name} is compared with by {comparison}.")
    try:
        CONVERTERS[kind](criterion.value)
    except InvalidValueError as error:
        raise CriterionError(Part.VALUE, f"{attribute.name} is a {kind} attribute: {error}.") from None
