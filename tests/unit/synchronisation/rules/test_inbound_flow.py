"""Inbound attribute flow: order, priority, null, plurality, and all or nothing."""

import pytest

from synchronisation.rules.compile import CompiledRules
from synchronisation.rules.errors import ExpressionFailedError, InvalidFlowError, MultiValuedToSingleValuedError
from synchronisation.rules.inbound import Inbound
from synchronisation.rules.specification import Mapping
from synchronisation.rules.world import Cso, Mvo

from .small_schema import (
    ACCOUNT,
    AGE,
    BADGE,
    CN,
    DIRECTORY,
    EMPLOYEE,
    FIRST,
    HOLDER,
    HR,
    LAST,
    MV_AGE,
    MV_EMPLOYEE,
    MV_FIRST,
    MV_NAME,
    MV_PHONES,
    PERSON,
    PHONES,
    Values,
    compiled,
    document,
    flow,
    import_rule,
    matching_rule,
)
from .small_world import account_of, cso_of, inbound, mvo_of, world_of


def joined_pair(cs: Values, mv: Values, holders: dict[object, tuple[int, int]] | None = None) -> tuple[Cso, Mvo]:
    """A CSO that is joined to an MVO already."""
    mvo = mvo_of(mv, account_of(object_type=PERSON), holders=holders)  # type: ignore[arg-type]
    return cso_of(cs, mvo=mvo), mvo


def flowed(mappings: list[Mapping], cs: Values, mv: Values | None = None) -> Mvo:
    """The MVO after these mappings flowed from a CSO that is joined to it."""
    rules = compiled(import_rule(*mappings))
    cso, mvo = joined_pair(cs, mv or {})
    inbound(cso, world_of(rules, mvo), rules)
    return mvo


def test_mappings_run_in_order_and_see_the_result_so_far() -> None:
    mappings = [flow(MV_FIRST, FIRST), flow(MV_NAME, 'mv["First Name"] + " " + cs["lastName"]')]
    values = {FIRST: "Zoë", LAST: "Ray"}
    assert flowed(mappings, values).document == document({MV_FIRST: "Zoë", MV_NAME: "Zoë Ray"})
    assert flowed(mappings[::-1], values, {MV_FIRST: "Zo"}).document == document({MV_FIRST: "Zoë", MV_NAME: "Zo Ray"})


def test_first_source_with_a_value_decides() -> None:
    mappings = [flow(MV_NAME, FIRST, '"?" + cs["lastName"]', EMPLOYEE)]
    assert flowed(mappings, {FIRST: "Zoë", LAST: "Ray"}).document == document({MV_NAME: "Zoë"})
    assert flowed(mappings, {LAST: "Ray"}).document == document({MV_NAME: "?Ray"})


@pytest.mark.parametrize(
    ("mapping", "cs", "mv"),
    [
        (flow(MV_PHONES, PHONES), {PHONES: ["1", "2"]}, {MV_PHONES: ["1", "2"]}),
        (flow(MV_PHONES, FIRST), {FIRST: "1"}, {MV_PHONES: ["1"]}),
        (flow(MV_NAME, PHONES), {PHONES: ["1"]}, {MV_NAME: "1"}),
        (flow(MV_NAME, AGE), {AGE: 30}, {MV_NAME: "30"}),
        (flow(MV_AGE, FIRST), {FIRST: "30"}, {MV_AGE: 30}),
        (flow(MV_PHONES, 'Split(cs["firstName"], ",")'), {FIRST: "b,a,b"}, {MV_PHONES: ["a", "b"]}),
        (flow(MV_NAME, 'Upper(cs["firstName"])'), {}, {}),
        (flow(MV_NAME, '"" + cs["firstName"]'), {}, {}),
    ],
)
def test_value_takes_the_type_and_plurality_of_its_target(mapping: Mapping, cs: Values, mv: Values) -> None:
    assert flowed([mapping], cs).document == document(mv)


def test_attributes_that_changed_are_counted_and_only_those() -> None:
    rules = compiled(import_rule(flow(MV_EMPLOYEE, EMPLOYEE), flow(MV_FIRST, FIRST), flow(MV_NAME, LAST)))
    cso, mvo = joined_pair({EMPLOYEE: "7", FIRST: "Zoë", LAST: "Ray"}, {MV_EMPLOYEE: "7", MV_FIRST: "Zoe"})
    assert inbound(cso, world_of(rules, mvo), rules) == Inbound(flows=2)
    assert (mvo.is_changed, mvo.changed_keys()) == (True, {MV_FIRST.key, MV_NAME.key})


def test_flowing_again_changes_nothing() -> None:
    rules = compiled(import_rule(flow(MV_FIRST, FIRST), flow(MV_PHONES, PHONES)))
    cso, mvo = joined_pair({FIRST: "Zoë", PHONES: ["1"]}, {})
    world = world_of(rules, mvo)
    inbound(cso, world, rules)
    mvo.before, mvo.holders_changed = mvo.document, False
    assert inbound(cso, world, rules) == Inbound()
    assert not mvo.is_changed


OWN, BETTER, EQUAL, WORSE, GONE = (HR.id, 1), (2, 2), (3, 3), (2, 4), (2, 99)
PRIORITY_OF_OWN = 5
BEST, LAST_ONE = 1, 9


def contested() -> CompiledRules:
    """Rule 1 of HR and rules 2, 3 and 4 of other systems all write First Name."""
    return compiled(
        import_rule(flow(MV_FIRST, FIRST, priority=PRIORITY_OF_OWN), rule_id=1),
        import_rule(flow(MV_FIRST, CN, priority=BEST), rule_id=2, object_type=ACCOUNT),
        import_rule(flow(MV_FIRST, HOLDER, priority=PRIORITY_OF_OWN), rule_id=3, object_type=BADGE),
        import_rule(flow(MV_FIRST, CN, priority=LAST_ONE), rule_id=4, object_type=ACCOUNT),
    )


@pytest.mark.parametrize(
    ("holder", "value", "result"),
    [
        (None, "new", ("new", OWN)),
        (None, None, ("old", None)),
        (OWN, "new", ("new", OWN)),
        (OWN, None, (None, None)),
        (BETTER, "new", ("old", BETTER)),
        (BETTER, None, ("old", BETTER)),
        (EQUAL, "new", ("old", EQUAL)),
        (WORSE, "new", ("new", OWN)),
        (WORSE, None, ("old", WORSE)),
        (GONE, "new", ("new", OWN)),
        (GONE, None, ("old", GONE)),
    ],
    ids=lambda value: {OWN: "own", BETTER: "better", EQUAL: "equal", WORSE: "worse", GONE: "gone"}.get(value),
)
def test_best_priority_that_has_a_value_holds_the_attribute(
    holder: tuple[int, int] | None, value: str | None, result: tuple[str | None, tuple[int, int] | None]
) -> None:
    rules = contested()
    cs = {FIRST: value} if value else {}
    cso, mvo = joined_pair(cs, {MV_FIRST: "old"}, {MV_FIRST: holder} if holder else {})
    inbound(cso, world_of(rules, mvo), rules)
    found = mvo.holders.get(MV_FIRST.key)
    assert (mvo.document.get(MV_FIRST.key), tuple(found) if found else None) == result


@pytest.mark.parametrize(
    ("holder", "result"),
    [(None, (None, OWN)), (OWN, (None, OWN)), ((DIRECTORY.id, 2), ("old", (DIRECTORY.id, 2))), (WORSE, (None, OWN))],
    ids=["nobody", "own", "better", "worse"],
)
def test_null_is_a_value_where_the_mapping_says_so(
    holder: tuple[int, int] | None, result: tuple[str | None, tuple[int, int]]
) -> None:
    rules = compiled(
        import_rule(flow(MV_FIRST, FIRST, priority=PRIORITY_OF_OWN, null_is_value=True)),
        import_rule(flow(MV_FIRST, CN, priority=BEST), rule_id=2, object_type=ACCOUNT),
        import_rule(flow(MV_FIRST, CN, priority=LAST_ONE), rule_id=4, object_type=ACCOUNT),
    )
    cso, mvo = joined_pair({}, {MV_FIRST: "old"}, {MV_FIRST: holder} if holder else {})
    inbound(cso, world_of(rules, mvo), rules)
    assert (mvo.document.get(MV_FIRST.key), mvo.holders[MV_FIRST.key]) == result


@pytest.mark.parametrize("best_is_older", [True, False])
def test_two_rules_of_one_object_type_are_weighed_whatever_their_order(best_is_older: bool) -> None:
    mappings = [flow(MV_NAME, FIRST, priority=1), flow(MV_NAME, LAST, priority=2)]
    one, other = mappings if best_is_older else mappings[::-1]
    rules = compiled(import_rule(one, rule_id=1), import_rule(other, rule_id=2))
    both, mvo = joined_pair({FIRST: "Zoë", LAST: "Ray"}, {})
    inbound(both, world_of(rules, mvo), rules)
    assert mvo.document == document({MV_NAME: "Zoë"})

    without_the_best = cso_of({LAST: "Ray"}, mvo=mvo)
    inbound(without_the_best, world_of(rules, mvo), rules)
    assert mvo.document == document({MV_NAME: "Ray"})


FAILING = [
    (
        flow(MV_AGE, FIRST),
        {FIRST: "Zoë"},
        InvalidFlowError,
        "to Age of rule import 1: 'Zoë' is not a whole",
    ),
    (flow(MV_NAME, PHONES), {PHONES: ["1", "2"]}, MultiValuedToSingleValuedError, "the source has 2 values"),
    (flow(MV_AGE, 'cs["age"] / 0'), {AGE: 1}, ExpressionFailedError, "the mapping to Age of rule import 1: "),
]


@pytest.mark.parametrize(("mapping", "cs", "error", "words"), FAILING, ids=["type", "plurality", "expression"])
def test_failing_flow_leaves_the_mvo_as_it_was(
    mapping: Mapping, cs: Values, error: type[Exception], words: str
) -> None:
    rules = compiled(
        import_rule(flow(MV_EMPLOYEE, EMPLOYEE), mapping), matching=(matching_rule(EMPLOYEE, target=MV_EMPLOYEE),)
    )
    cso, mvo = joined_pair({EMPLOYEE: "8", **cs}, {MV_EMPLOYEE: "7"})
    world = world_of(rules, mvo)
    with pytest.raises(error, match=words):
        inbound(cso, world, rules)
    assert (mvo.document, mvo.holders, mvo.is_changed) == (document({MV_EMPLOYEE: "7"}), {}, False)
    assert (world.lost_keys, world.gained_keys) == ([], [])


@pytest.mark.parametrize(("mapping", "cs", "error", "words"), FAILING, ids=["type", "plurality", "expression"])
def test_failing_flow_projects_nobody(mapping: Mapping, cs: Values, error: type[Exception], words: str) -> None:
    rules = compiled(import_rule(mapping))
    cso, world = cso_of(cs), world_of(rules)
    with pytest.raises(error) as failure:
        inbound(cso, world, rules)
    assert words in str(failure.value)
    assert (cso.mvo, world.mvos, failure.value.projecting) == (None, {}, True)  # type: ignore[attr-defined]


def test_failing_flow_joins_nobody() -> None:
    rules = compiled(import_rule(flow(MV_AGE, FIRST)), matching=(matching_rule(EMPLOYEE, target=MV_EMPLOYEE),))
    mvo = mvo_of({MV_EMPLOYEE: "7"})
    cso = cso_of({EMPLOYEE: "7", FIRST: "Zoë"})
    with pytest.raises(InvalidFlowError) as failure:
        inbound(cso, world_of(rules, mvo), rules)
    assert (cso.mvo, mvo.accounts, failure.value.projecting) == (None, {}, False)


def test_mapping_whose_target_left_the_type_is_ignored() -> None:
    assert flowed([flow(HOLDER, FIRST), flow(MV_FIRST, FIRST)], {FIRST: "Zoë"}).document == document({MV_FIRST: "Zoë"})
