"""Contribution: who takes an attribute over when its holder lets go."""

from collections.abc import Mapping as Lookup

import pytest

from synchronisation.rules.compile import CompiledRules
from synchronisation.rules.contribution import withdrawn
from synchronisation.rules.errors import InvalidFlowError
from synchronisation.rules.inbound import Inbound, synchronise_inbound
from synchronisation.rules.world import Contributor, Holder, Mvo, World

from .small_schema import (
    ACCOUNT,
    BADGE,
    CN,
    DIRECTORY,
    FIRST,
    HOLDER,
    HR,
    LAST,
    MAIL,
    MV_AGE,
    MV_FIRST,
    MV_NAME,
    PERSON,
    SYSTEM_OF,
    Attribute,
    ObjectType,
    Values,
    compiled,
    document,
    flow,
    import_rule,
)
from .small_world import account_of, cso_of, inbound, mvo_of
from .test_scoped_rules import scoped

OF_HR, OF_DIRECTORY, OF_BADGES = (HR.id, 1), (DIRECTORY.id, 2), (SYSTEM_OF[BADGE.id].id, 3)

Others = Lookup[ObjectType, Values]
"""The MVO's CSOs in other systems."""


def world_with(mvo: Mvo, others: Others) -> World:
    found = [(mvo.id, Contributor(SYSTEM_OF[t.id].id, t.id, document(v))) for t, v in others.items()]  # type: ignore[arg-type]
    world = World(lambda key: [], lambda ids: [row for row in found if row[0] in set(ids)])
    world.add(mvo)
    return world


def flow_from(kind: ObjectType, values: Values, mvo: Mvo, rules: CompiledRules) -> Inbound:
    """The synchronisation of an object of this type that is joined to the MVO, its only contributor."""
    cso = cso_of(values, mvo=mvo)
    cso.object_type_id = kind.id
    return synchronise_inbound(cso, world_with(mvo, {}), rules, SYSTEM_OF[kind.id].id)


def three_sources(*, directory_says_null: bool = False) -> CompiledRules:
    """HR, the directory and the badges name a person, in that order of priority."""
    return compiled(
        import_rule(flow(MV_NAME, FIRST, priority=1)),
        import_rule(flow(MV_NAME, CN, priority=2, null_is_value=directory_says_null), rule_id=2, object_type=ACCOUNT),
        import_rule(flow(MV_NAME, HOLDER, priority=3), rule_id=3, object_type=BADGE),
    )


def hr_lets_go(rules: CompiledRules, others: Others, cs: Values | None = None) -> tuple[object, Holder | None]:
    """The name and its holder, after HR's object lost the name that HR held."""
    mvo = mvo_of({MV_NAME: "of HR"}, account_of(object_type=PERSON), holders={MV_NAME: OF_HR})
    inbound(cso_of(cs or {}, mvo=mvo), world_with(mvo, others), rules)
    return mvo.document.get(MV_NAME.key), mvo.holders.get(MV_NAME.key)


ACCOUNT_NAME, BADGE_NAME = {CN: "of directory"}, {HOLDER: "of badges"}


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({}, (None, None)),
        ({BADGE: BADGE_NAME}, ("of badges", OF_BADGES)),
        ({ACCOUNT: ACCOUNT_NAME}, ("of directory", OF_DIRECTORY)),
        ({BADGE: BADGE_NAME, ACCOUNT: ACCOUNT_NAME}, ("of directory", OF_DIRECTORY)),
        ({ACCOUNT: {}, BADGE: BADGE_NAME}, ("of badges", OF_BADGES)),
        ({ACCOUNT: {}, BADGE: {}}, (None, None)),
    ],
    ids=["nobody else", "badges", "directory", "both: the better", "the better has none", "neither has one"],
)
def test_best_other_contributor_that_has_a_value_takes_over(others: Others, expected: tuple[object, object]) -> None:
    assert hr_lets_go(three_sources(), others) == expected


def test_null_of_a_contributor_that_says_so_is_what_it_takes_over_with() -> None:
    others = {ACCOUNT: {}, BADGE: BADGE_NAME}
    assert hr_lets_go(three_sources(directory_says_null=True), others) == (None, OF_DIRECTORY)


def test_another_mapping_of_the_same_object_may_take_over() -> None:
    rules = compiled(
        import_rule(flow(MV_NAME, FIRST, priority=1)),
        import_rule(flow(MV_NAME, LAST, priority=2), rule_id=4),
        import_rule(flow(MV_NAME, CN, priority=3), rule_id=2, object_type=ACCOUNT),
    )
    assert hr_lets_go(rules, {ACCOUNT: ACCOUNT_NAME}, {LAST: "Ray"}) == ("Ray", (HR.id, 4))


def test_contributor_out_of_scope_takes_nothing_over() -> None:
    names = import_rule(flow(MV_NAME, CN, priority=2), rule_id=2, object_type=ACCOUNT)
    rules = compiled(import_rule(flow(MV_NAME, FIRST, priority=1)), scoped(names, MAIL, "in"))
    assert hr_lets_go(rules, {ACCOUNT: {CN: "Zoë", MAIL: "out"}}) == (None, None)
    assert hr_lets_go(rules, {ACCOUNT: {CN: "Zoë", MAIL: "in"}}) == ("Zoë", OF_DIRECTORY)


def test_contributor_whose_value_cannot_flow_leaves_everything_as_it_was() -> None:
    rules = compiled(
        import_rule(flow(MV_NAME, FIRST), flow(MV_AGE, LAST, priority=1)),
        import_rule(flow(MV_AGE, CN, priority=2), rule_id=2, object_type=ACCOUNT),
    )
    mvo = mvo_of({MV_AGE: 30, MV_NAME: "Zo"}, account_of(object_type=PERSON), holders={MV_AGE: OF_HR, MV_NAME: OF_HR})
    with pytest.raises(InvalidFlowError, match="'old' is not a whole"):
        inbound(cso_of({FIRST: "Zoë"}, mvo=mvo), world_with(mvo, {ACCOUNT: {CN: "old"}}), rules)
    assert (mvo.document, mvo.is_changed) == (document({MV_AGE: 30, MV_NAME: "Zo"}), False)


@pytest.mark.parametrize("priorities", [(1, 2), (2, 1)], ids=["HR is best", "the directory is best"])
@pytest.mark.parametrize("first", [PERSON, ACCOUNT], ids=["HR first", "directory first"])
def test_best_priority_wins_whatever_the_order_of_runs(priorities: tuple[int, int], first: ObjectType) -> None:
    rules = compiled(
        import_rule(flow(MV_NAME, FIRST, priority=priorities[0])),
        import_rule(flow(MV_NAME, CN, priority=priorities[1]), rule_id=2, object_type=ACCOUNT),
    )
    mvo = mvo_of({}, account_of(object_type=PERSON), account_of())
    values: dict[int, Values] = {PERSON.id: {FIRST: "of HR"}, ACCOUNT.id: ACCOUNT_NAME}
    for kind in (first, ACCOUNT if first is PERSON else PERSON):
        flow_from(kind, values[kind.id], mvo, rules)
    best = ("of HR", OF_HR) if priorities == (1, 2) else ("of directory", OF_DIRECTORY)
    assert (mvo.document[MV_NAME.key], mvo.holders[MV_NAME.key]) == best


HOLDING: dict[Attribute, Holder] = {MV_NAME: OF_HR, MV_FIRST: OF_HR, MV_AGE: OF_DIRECTORY}


@pytest.mark.parametrize(
    ("keeps_values", "expected"),
    [
        (False, ({MV_NAME: "of directory", MV_AGE: 30}, {MV_NAME: OF_DIRECTORY, MV_AGE: OF_DIRECTORY})),
        (
            True,
            (
                {MV_NAME: "of directory", MV_FIRST: "Zoë", MV_AGE: 30},
                {MV_NAME: OF_DIRECTORY, MV_AGE: OF_DIRECTORY},
            ),
        ),
    ],
    ids=["recalled", "staying behind"],
)
def test_system_that_left_holds_nothing_any_more(
    keeps_values: bool, expected: tuple[Values, dict[Attribute, Holder]]
) -> None:
    rules = three_sources()
    mvo = mvo_of({MV_NAME: "of HR", MV_FIRST: "Zoë", MV_AGE: 30}, account_of(), holders=HOLDING)
    world = world_with(mvo, {ACCOUNT: ACCOUNT_NAME})
    left, holders = withdrawn(
        mvo, rules, HR.id, lambda m: world.contributors(m, without=HR.id), keeps_values=keeps_values
    )
    assert left == document(expected[0])
    assert holders == {attribute.key: holder for attribute, holder in expected[1].items()}
    assert mvo.document == document({MV_NAME: "of HR", MV_FIRST: "Zoë", MV_AGE: 30})


def test_any_contributor_replaces_a_value_that_stayed_behind() -> None:
    rules = three_sources()
    mvo = mvo_of({MV_NAME: "left behind"}, account_of(object_type=BADGE))
    assert flow_from(BADGE, BADGE_NAME, mvo, rules) == Inbound(flows=1)
    assert (mvo.document, mvo.holders) == (document({MV_NAME: "of badges"}), {MV_NAME.key: OF_BADGES})


def test_contributors_are_fetched_once_for_the_whole_page() -> None:
    asked: list[list[str]] = []

    def fetch(ids: object) -> list[tuple[str, Contributor]]:
        asked.append(sorted(ids))  # type: ignore[call-overload]
        return [("a", Contributor(HR.id, PERSON.id, {})), ("b", Contributor(DIRECTORY.id, ACCOUNT.id, {}))]

    world = World(lambda key: [], fetch)
    a, b = (world.add(mvo_of({}, name=name)) for name in ("a", "b"))
    found = [world.contributors(mvo, without=HR.id) for mvo in (a, b, a)]
    assert found == [[], [Contributor(DIRECTORY.id, ACCOUNT.id, {})], []]
    assert asked == [["a", "b"]]
