"""Scope: what each comparison says of each type of attribute, and how groups combine."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import AttributeType
from synchronisation.rules.scope import COMPARISONS, CriterionError, InScope, Part, scope_of
from synchronisation.rules.specification import Attribute, Comparison, CriteriaGroup, Criterion, Rule
from synchronisation.rules.values import CONVERTERS, Document, JsonValue

from .small_schema import import_rule

SYMBOLS = {
    "=": Comparison.EQUALS,
    "!=": Comparison.NOT_EQUALS,
    "^": Comparison.STARTS_WITH,
    "!^": Comparison.NOT_STARTS_WITH,
    "$": Comparison.ENDS_WITH,
    "!$": Comparison.NOT_ENDS_WITH,
    "*": Comparison.CONTAINS,
    "!*": Comparison.NOT_CONTAINS,
    "<": Comparison.LESS_THAN,
    "<=": Comparison.LESS_THAN_OR_EQUALS,
    ">": Comparison.GREATER_THAN,
    ">=": Comparison.GREATER_THAN_OR_EQUALS,
}
NONE_OF_TEXT = "!= !^ !$ !*"

Values = JsonValue | list[JsonValue] | None


def rule_with(*groups: CriteriaGroup) -> Rule:
    return msgspec.structs.replace(import_rule(), scope=groups)


def one_criterion(attribute: Attribute, criterion: Criterion) -> InScope:
    in_scope = scope_of(rule_with(CriteriaGroup(True, (criterion,))), {attribute.id: attribute})
    assert in_scope is not None
    return in_scope


def holding(kind: str, found: Values, wanted: JsonValue, *, case_sensitive: bool = True) -> str:
    """The symbols of the comparisons that hold, of all that there are for the type, in the order of SYMBOLS."""
    attribute = Attribute(1, "x", AttributeType(kind), multi_valued=isinstance(found, list))
    document: Document = {} if found is None else {attribute.key: found}
    return " ".join(
        symbol
        for symbol, comparison in SYMBOLS.items()
        if comparison in COMPARISONS[attribute.type]
        and one_criterion(attribute, Criterion(1, comparison, wanted, case_sensitive))(document)
    )


@pytest.mark.parametrize(
    ("found", "wanted", "holds"),
    [
        ("Sales", "Sales", "= ^ $ * <= >="),
        ("Sales", "Sal", "!= ^ !$ * > >="),
        ("Sales", "les", "!= !^ $ * < <="),
        ("Sales", "ale", "!= !^ !$ * < <="),
        ("Sales", "sales", "!= !^ !$ !* < <="),
        ("Sales", "Legal", "!= !^ !$ !* > >="),
        ("10", "9", "!= !^ !$ !* < <="),
        ("10", 10, "= ^ $ * <= >="),
        ("Zo\u00eb", "Zoe\u0308", "= ^ $ * <= >="),
        ("Zoe\u0308", "Zo\u00eb", "= ^ $ * <= >="),
        (None, "Sales", NONE_OF_TEXT),
        ([], "Sales", NONE_OF_TEXT),
        (["Sales"], "Sales", "= ^ $ * <= >="),
        (["Legal", "Sales"], "Sales", "= ^ $ * < <= >="),
        (["Legal", "Sales, south"], "Sales", "!= ^ !$ * < <= > >="),
        (["Legal", "Board"], "Sales", "!= !^ !$ !* < <="),
    ],
)
def test_text(found: Values, wanted: JsonValue, holds: str) -> None:
    assert holding("Text", found, wanted) == holds


@pytest.mark.parametrize(
    ("found", "wanted", "holds"),
    [
        ("SALES", "sales", "= ^ $ * <= >="),
        ("sales", "SALES", "= ^ $ * <= >="),
        ("SALES, south", "Sales", "!= ^ !$ * > >="),
        ("Straße", "STRASSE", "= ^ $ * <= >="),
        ("Zoe\u0308", "ZO\u00cb", "= ^ $ * <= >="),
        ("apple", "Zebra", "!= !^ !$ !* < <="),
        (None, "sales", NONE_OF_TEXT),
        (["Legal", "SALES"], "sales", "= ^ $ * < <= >="),
    ],
)
def test_text_without_regard_to_case(found: Values, wanted: JsonValue, holds: str) -> None:
    assert holding("Text", found, wanted, case_sensitive=False) == holds


@pytest.mark.parametrize(
    ("found", "equal", "different"),
    [(None, True, False), ([], True, False), ("x", False, True), (["x", "y"], False, True)],
    ids=["missing", "empty list", "one", "several"],
)
def test_no_value_is_what_equals_the_empty_text(found: Values, equal: bool, different: bool) -> None:
    document: Document = {} if found is None else {"1": found}
    attribute = Attribute(1, "x", AttributeType.TEXT)
    assert one_criterion(attribute, Criterion(1, Comparison.EQUALS, ""))(document) is equal
    assert one_criterion(attribute, Criterion(1, Comparison.NOT_EQUALS, ""))(document) is different


MIDDAY, LATER, WITH_OFFSET = "2026-01-01T12:00:00Z", "2026-01-01T12:00:00.500000Z", "2026-01-01T13:00:00+01:00"


@pytest.mark.parametrize(
    ("kind", "low", "same", "high"),
    [
        ("Number", 9, 10, 11),
        ("Number", -11, -10, -9),
        ("LongNumber", 2**62 - 1, 2**62, 2**62 + 1),
        ("Decimal", "9.5", "10", "10.000000000000000000000001"),
        ("Decimal", "-10", "-9.5", "9.5"),
        ("DateTime", "2025-12-31T12:00:00Z", MIDDAY, LATER),
        ("DateTime", MIDDAY, LATER, "2026-01-01T12:00:01Z"),
    ],
    ids=str,
)
@pytest.mark.parametrize("case_sensitive", [True, False])
def test_what_has_an_order(kind: str, low: JsonValue, same: JsonValue, high: JsonValue, case_sensitive: bool) -> None:
    expected = {
        "missing": (None, "!="),
        "empty": ([], "!="),
        "low": (low, "!= < <="),
        "same": (same, "= <= >="),
        "high": (high, "!= > >="),
        "low and high": ([low, high], "!= < <= > >="),
        "low and same": ([low, same], "= < <= >="),
        "all": ([low, same, high], "= < <= > >="),
    }
    found = {
        name: (values, holding(kind, values, same, case_sensitive=case_sensitive))
        for name, (values, _) in expected.items()
    }
    assert found == expected


@pytest.mark.parametrize(
    ("kind", "found", "wanted"),
    [("Decimal", "1.5", "1.500"), ("DateTime", MIDDAY, WITH_OFFSET), ("Number", 7, "+7"), ("LongNumber", 7, "007")],
    ids=str,
)
def test_values_are_compared_as_what_they_are(kind: str, found: JsonValue, wanted: JsonValue) -> None:
    assert holding(kind, found, wanted) == "= <= >="


GUID, OTHER_GUID = "0190c2a4-5f6e-7d80-9abc-0123456789ab", "0190c2a4-5f6e-7d80-9abc-0123456789ac"


@pytest.mark.parametrize(
    ("kind", "found", "wanted", "holds"),
    [
        ("Boolean", True, True, "="),
        ("Boolean", False, True, "!="),
        ("Boolean", False, False, "="),
        ("Boolean", None, True, "!="),
        ("Boolean", None, False, "!="),
        ("Boolean", [False, True], True, "="),
        ("Boolean", [False], True, "!="),
        ("Guid", GUID, GUID.upper(), "="),
        ("Guid", OTHER_GUID, GUID, "!="),
        ("Guid", None, GUID, "!="),
        ("Guid", [OTHER_GUID, GUID], GUID, "="),
        ("Guid", [OTHER_GUID], GUID, "!="),
    ],
)
def test_what_has_none(kind: str, found: Values, wanted: JsonValue, holds: str) -> None:
    assert holding(kind, found, wanted) == holds


EXAMPLES: dict[AttributeType, JsonValue] = {
    AttributeType.TEXT: "Sales",
    AttributeType.NUMBER: 10,
    AttributeType.LONG_NUMBER: 2**40,
    AttributeType.DECIMAL: "10.5",
    AttributeType.DATE_TIME: MIDDAY,
    AttributeType.BOOLEAN: True,
    AttributeType.GUID: GUID,
    AttributeType.REFERENCE: "00123",
    AttributeType.BINARY: "AAEC",
}
MEANINGLESS = [
    (kind, comparison) for kind in AttributeType for comparison in Comparison if comparison not in COMPARISONS[kind]
]


@pytest.mark.parametrize(("kind", "comparison"), MEANINGLESS, ids=str)
def test_comparison_that_means_nothing_is_refused(kind: AttributeType, comparison: Comparison) -> None:
    with pytest.raises(CriterionError, match=rf"import 1 .*shoe size is a {kind} attribute") as refused:
        one_criterion(Attribute(1, "shoe size", kind), Criterion(1, comparison, EXAMPLES[kind]))
    is_visible = kind not in (AttributeType.REFERENCE, AttributeType.BINARY)
    assert refused.value.part == (Part.COMPARISON if is_visible else Part.ATTRIBUTE)


def test_types_and_what_can_be_asked_of_them() -> None:
    assert {str(kind): len(comparisons) for kind, comparisons in COMPARISONS.items()} == {
        "Text": 12,
        "Number": 6,
        "LongNumber": 6,
        "Decimal": 6,
        "DateTime": 6,
        "Boolean": 2,
        "Guid": 2,
        "Binary": 0,
        "Reference": 0,
    }


@pytest.mark.parametrize(
    ("kind", "comparison", "value"),
    [
        ("Number", "=", "many"),
        ("Number", "=", 2**31),
        ("LongNumber", "=", 2**63),
        ("Decimal", "<", "1,5"),
        ("DateTime", "<", "yesterday"),
        ("Boolean", "=", "perhaps"),
        ("Guid", "=", "42"),
        ("Text", "^", ""),
        ("Text", "!*", ""),
        ("Text", "<", ""),
        ("Number", "=", ""),
    ],
    ids=str,
)
def test_value_that_does_not_fit_is_refused(kind: str, comparison: str, value: JsonValue) -> None:
    attribute = Attribute(1, "shoe size", AttributeType(kind))
    with pytest.raises(CriterionError, match="shoe size") as refused:
        one_criterion(attribute, Criterion(1, SYMBOLS[comparison], value))
    assert refused.value.part == Part.VALUE


def test_attribute_that_is_gone_is_refused() -> None:
    rule = rule_with(CriteriaGroup(True, (Criterion(1, Comparison.EQUALS, "x"),)))
    with pytest.raises(CriterionError, match="has no attribute 1") as refused:
        scope_of(rule, {})
    assert refused.value.part == Part.ATTRIBUTE


ANY_VALUE = st.one_of(st.text(max_size=3), st.integers(), st.booleans(), st.sampled_from(list(EXAMPLES.values())))
APPLICABLE = [(kind, comparison) for kind in AttributeType for comparison in COMPARISONS[kind]]


@given(st.sampled_from(APPLICABLE), st.one_of(ANY_VALUE, st.lists(ANY_VALUE, max_size=3)), st.booleans())
def test_no_document_makes_a_criterion_fail(
    asked: tuple[AttributeType, Comparison], found: JsonValue | list[JsonValue], case_sensitive: bool
) -> None:
    """Values of any type may be left from before the attribute's type changed; negated forms are the opposite."""
    kind, comparison = asked
    attribute = Attribute(1, "x", kind)
    holds = one_criterion(attribute, Criterion(1, comparison, EXAMPLES[kind], case_sensitive))({"1": found})
    opposite = opposite_of(comparison)
    if opposite is not None:
        negated = one_criterion(attribute, Criterion(1, opposite, EXAMPLES[kind], case_sensitive))({"1": found})
        assert negated is not holds
    assert type(holds) is bool


def opposite_of(comparison: Comparison) -> Comparison | None:
    name = comparison.value
    opposite = name.removeprefix("Not") if name.startswith("Not") else f"Not{name}"
    return next((found for found in Comparison if found == opposite), None)


@given(st.text(min_size=1, max_size=4), st.text(min_size=1, max_size=4), st.booleans())
def test_text_comparisons_agree_with_each_other(found: str, wanted: str, case_sensitive: bool) -> None:
    try:
        CONVERTERS[AttributeType.TEXT](wanted)
    except ValueError:
        return
    held = set(holding("Text", found, wanted, case_sensitive=case_sensitive).split())
    assert ("=" in held) == ({"<=", ">="} <= held)
    assert ("<" in held) != (">=" in held)
    assert (">" in held) != ("<=" in held)
    assert "=" not in held or {"^", "$", "*"} <= held
    assert not {"^", "$"} & held or "*" in held


LETTERS = "abcd"
ATTRIBUTES = {n: Attribute(n, letter, AttributeType.TEXT) for n, letter in enumerate(LETTERS)}


def is_set(letter: str) -> Criterion:
    return Criterion(LETTERS.index(letter), Comparison.EQUALS, "x")


def documents() -> Iterator[Document]:
    """Every combination of attributes that are set."""
    for bits in range(2 ** len(LETTERS)):
        yield {str(n): "x" for n in ATTRIBUTES if bits >> n & 1}


def all_of(*criteria: str, groups: tuple[CriteriaGroup, ...] = ()) -> CriteriaGroup:
    return CriteriaGroup(True, tuple(map(is_set, criteria)), groups)


def any_of(*criteria: str, groups: tuple[CriteriaGroup, ...] = ()) -> CriteriaGroup:
    return CriteriaGroup(False, tuple(map(is_set, criteria)), groups)


def in_scope_when(*groups: CriteriaGroup) -> list[str] | None:
    """The combinations of a, b and c that are in scope, as text; None when no object is even looked at."""
    in_scope = scope_of(rule_with(*groups), ATTRIBUTES)
    if in_scope is None:
        return None
    combinations = ["", "a", "b", "c", "ab", "ac", "bc", "abc"]
    return [text for text in combinations if in_scope({str(LETTERS.index(letter)): "x" for letter in text})]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ((), None),
        ((all_of(),), None),
        ((any_of(), all_of(groups=(any_of(),))), None),
        ((all_of("a"),), ["a", "ab", "ac", "abc"]),
        ((all_of("a", "b"),), ["ab", "abc"]),
        ((any_of("a", "b"),), ["a", "b", "ab", "ac", "bc", "abc"]),
        ((all_of("a", "b"), all_of("c")), ["c", "ab", "ac", "bc", "abc"]),
        ((all_of("a"), any_of()), ["a", "ab", "ac", "abc"]),
        ((any_of("a", groups=(all_of(),)),), ["a", "ab", "ac", "abc"]),
        ((all_of("a", groups=(any_of("b", "c"),)),), ["ab", "ac", "abc"]),
        ((any_of("a", groups=(all_of("b", "c"),)),), ["a", "ab", "ac", "bc", "abc"]),
        ((all_of(groups=(any_of("a"), any_of("b", groups=(all_of("c"),)))),), ["ab", "ac", "abc"]),
    ],
    ids=[
        "no groups",
        "an empty group",
        "only empty groups",
        "one criterion",
        "all",
        "any",
        "groups beside each other",
        "an empty group beside another",
        "an empty group inside another",
        "any in all",
        "all in any",
        "three deep",
    ],
)
def test_groups(groups: tuple[CriteriaGroup, ...], expected: list[str] | None) -> None:
    assert in_scope_when(*groups) == expected


GROUPS = st.deferred(
    lambda: st.builds(
        CriteriaGroup,
        needs_all=st.booleans(),
        criteria=st.lists(st.sampled_from(LETTERS).map(is_set), max_size=3).map(tuple),
        groups=st.lists(GROUPS, max_size=2).map(tuple),
    )
)


def naive(group: CriteriaGroup, document: Document) -> bool | None:
    """What a group says of a document, by the words of its definition; None: nothing, since it is empty."""
    said = [str(criterion.attribute_id) in document for criterion in group.criteria]
    for inner in group.groups:
        answer = naive(inner, document)
        if answer is not None:
            said.append(answer)
    if not said:
        return None
    return all(said) if group.needs_all else any(said)


@given(st.lists(GROUPS, max_size=3).map(tuple))
def test_nesting_equals_naive_evaluation(groups: tuple[CriteriaGroup, ...]) -> None:
    in_scope = scope_of(rule_with(*groups), ATTRIBUTES)
    for document in documents():
        expected = naive(CriteriaGroup(False, (), groups), document)
        assert (None if in_scope is None else in_scope(document)) == expected


def test_depth_is_no_problem() -> None:
    group = all_of("a")
    for _ in range(100):
        group = any_of(groups=(all_of("b"), group))
    kept = msgspec.json.decode(msgspec.json.encode(rule_with(group)), type=Rule)
    in_scope = scope_of(kept, ATTRIBUTES)
    assert in_scope is not None
    assert [in_scope({}), in_scope({"0": "x"}), in_scope({"1": "x"})] == [False, True, True]


def test_scope_survives_being_kept_with_the_run() -> None:
    rule = rule_with(all_of("a", groups=(any_of("b", groups=(all_of("c"),)),)))
    assert msgspec.json.decode(msgspec.json.encode(rule), type=Rule) == rule


@pytest.mark.parametrize("value", ["10", 10, True, False, "true", ""], ids=repr)
def test_value_keeps_its_type_while_kept_with_the_run(value: JsonValue) -> None:
    kept = msgspec.json.decode(msgspec.json.encode(Criterion(1, Comparison.EQUALS, value)), type=Criterion)
    assert (kept.value, type(kept.value)) == (value, type(value))
