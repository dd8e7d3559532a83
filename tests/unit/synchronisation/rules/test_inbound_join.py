"""Inbound: which MVO an object joins, or that it projects one, or why neither."""

from copy import deepcopy
from dataclasses import replace

import msgspec
import pytest

from synchronisation.rules.errors import AmbiguousMatchError, ExistingJoinError
from synchronisation.rules.inbound import Inbound
from synchronisation.rules.world import Mvo, World

from .small_schema import (
    ACCOUNT,
    EMPLOYEE,
    FIRST,
    HR,
    MV_EMPLOYEE,
    MV_FIRST,
    MV_PHONES,
    PERSON,
    PHONES,
    MatchingRule,
    Values,
    compiled,
    flow,
    import_rule,
    matching_rule,
)
from .small_world import account_of, cso_of, export_of, inbound, mvo_of, world_of

BY_EMPLOYEE = matching_rule(EMPLOYEE, target=MV_EMPLOYEE)
RULE = import_rule(flow(MV_EMPLOYEE, EMPLOYEE), flow(MV_FIRST, FIRST))
RULES = compiled(RULE, matching=(BY_EMPLOYEE,))
OWN_ACCOUNT = account_of(object_type=PERSON)


def people(world: World) -> list[Mvo]:
    return list(world.mvos.values())


def joined_name(values: Values, *mvos: Mvo, matching: tuple[MatchingRule, ...] = (BY_EMPLOYEE,)) -> str | None:
    """Whom an object with these values joins, when nothing projects."""
    rules = compiled(import_rule(projects=False), matching=matching)
    cso = cso_of(values)
    inbound(cso, world_of(rules, *deepcopy(mvos)), rules)
    return cso.mvo.id if cso.mvo else None


def test_no_match_projects() -> None:
    cso, world = cso_of({EMPLOYEE: "7", FIRST: "Zoë"}), world_of(RULES)

    assert inbound(cso, world, RULES) == Inbound(projected=True, flows=2)

    (mvo,) = people(world)
    assert cso.mvo is mvo
    assert (mvo.is_new, mvo.document) == (True, {"11": "7", "12": "Zoë"})
    assert mvo.holders == {"11": (HR.id, RULE.id), "12": (HR.id, RULE.id)}
    account = mvo.accounts[HR.id]
    assert (account.cso_id, account.join_type, account.is_joined_now) == ("cso", "Projected", True)


def test_no_match_without_a_projecting_rule_leaves_the_object_alone() -> None:
    rules = compiled(import_rule(flow(MV_EMPLOYEE, EMPLOYEE), projects=False), matching=(BY_EMPLOYEE,))
    cso, world = cso_of({EMPLOYEE: "7"}), world_of(rules)
    assert inbound(cso, world, rules) == Inbound()
    assert (cso.mvo, people(world)) == (None, [])


def test_one_match_joins_and_flows() -> None:
    mvo = mvo_of({MV_EMPLOYEE: "7"})
    cso, world = cso_of({EMPLOYEE: "7", FIRST: "Zoë"}), world_of(RULES, mvo)
    assert inbound(cso, world, RULES) == Inbound(joined=True, flows=1)
    assert (cso.mvo, mvo.accounts[HR.id].join_type) == (mvo, "Joined")


def test_joined_object_only_flows() -> None:
    mvo = mvo_of({MV_EMPLOYEE: "6"}, OWN_ACCOUNT)
    cso = cso_of({EMPLOYEE: "7"}, mvo=mvo)
    assert inbound(cso, world_of(RULES, mvo), RULES) == Inbound(flows=1)
    assert mvo.accounts == {HR.id: OWN_ACCOUNT}


def test_two_matches_are_ambiguous_and_change_nothing() -> None:
    mvos = [mvo_of({MV_EMPLOYEE: "7"}, name=name) for name in ("one", "other")]
    cso, world = cso_of({EMPLOYEE: "7"}), world_of(RULES, *mvos)
    with pytest.raises(AmbiguousMatchError, match="by attribute employeeId"):
        inbound(cso, world, RULES)
    assert (cso.mvo, people(world)) == (None, mvos)


def test_match_that_has_an_object_of_this_system_is_refused() -> None:
    mvo = mvo_of({MV_EMPLOYEE: "7"}, replace(OWN_ACCOUNT, external_id="E-6"))
    cso, world = cso_of({EMPLOYEE: "7"}), world_of(RULES, mvo)
    with pytest.raises(ExistingJoinError, match="joined to another object of this system already: E-6"):
        inbound(cso, world, RULES)
    assert cso.mvo is None


def test_match_that_has_a_placeholder_gives_its_place_to_the_real_object() -> None:
    placeholder = account_of(None, export_of("Create"), object_type=PERSON, status="PendingProvisioning")
    mvo = mvo_of({MV_EMPLOYEE: "7"}, placeholder)
    cso, world = cso_of({EMPLOYEE: "7"}), world_of(RULES, mvo)

    assert inbound(cso, world, RULES).joined

    assert (world.removed_accounts, placeholder.is_removed) == ([placeholder], True)
    account = mvo.accounts[HR.id]
    assert (account.cso_id, account.rule_id, account.stored_rule_id, account.export) == ("cso", 2, None, None)


def test_object_that_was_projected_answers_to_the_next_one() -> None:
    world = world_of(RULES)
    inbound(cso_of({EMPLOYEE: "7"}, name="one"), world, RULES)
    with pytest.raises(ExistingJoinError):
        inbound(cso_of({EMPLOYEE: "7"}, name="other"), world, RULES)


def test_value_that_changed_is_found_by_its_new_key_only() -> None:
    mvo = mvo_of({MV_EMPLOYEE: "6"}, OWN_ACCOUNT)
    world = world_of(RULES, mvo)
    inbound(cso_of({EMPLOYEE: "7"}, name="one", mvo=mvo), world, RULES)
    assert inbound(cso_of({EMPLOYEE: "6"}, name="other"), world, RULES).projected


def test_first_matching_rule_that_finds_something_decides() -> None:
    by_first = matching_rule(FIRST, target=MV_FIRST, rule_id=2)
    zoe, seven = mvo_of({MV_FIRST: "Zoë"}, name="Zoë"), mvo_of({MV_EMPLOYEE: "7"}, name="seven")
    values = {EMPLOYEE: "7", FIRST: "Zoë"}
    assert joined_name(values, zoe, seven, matching=(BY_EMPLOYEE, by_first)) == "seven"
    assert joined_name(values, zoe, seven, matching=(by_first, BY_EMPLOYEE)) == "Zoë"
    assert joined_name(values, zoe, matching=(BY_EMPLOYEE, by_first)) == "Zoë"


def test_sources_of_a_rule_are_tried_in_order() -> None:
    one, other = mvo_of({MV_EMPLOYEE: "7"}, name="one"), mvo_of({MV_EMPLOYEE: "8"}, name="other")
    rule = matching_rule(FIRST, EMPLOYEE, target=MV_EMPLOYEE)
    assert joined_name({EMPLOYEE: "7", FIRST: "8"}, one, other, matching=(rule,)) == "other"
    assert joined_name({EMPLOYEE: "7", FIRST: "9"}, one, other, matching=(rule,)) == "one"


def test_empty_values_never_match() -> None:
    assert joined_name({FIRST: "Zoë"}, mvo_of({MV_FIRST: "Zoë"})) is None


@pytest.mark.parametrize(("case_sensitive", "found"), [(True, None), (False, "mvo")])
def test_case_is_as_the_rule_says(case_sensitive: bool, found: str | None) -> None:
    rule = matching_rule(EMPLOYEE, target=MV_EMPLOYEE, case_sensitive=case_sensitive)
    assert joined_name({EMPLOYEE: "ß7"}, mvo_of({MV_EMPLOYEE: "SS7"}), matching=(rule,)) == found


def test_any_of_several_values_matches() -> None:
    rule = matching_rule(PHONES, target=MV_PHONES)
    one = mvo_of({MV_PHONES: ["1", "2"]}, name="one")
    assert joined_name({PHONES: ["2", "3"]}, one, matching=(rule,)) == "one"
    assert joined_name({PHONES: ["1", "2"]}, one, matching=(rule,)) == "one"
    with pytest.raises(AmbiguousMatchError):
        joined_name({PHONES: ["2", "3"]}, one, mvo_of({MV_PHONES: ["3"]}, name="other"), matching=(rule,))


@pytest.mark.parametrize(("per_rule", "found"), [(True, "Zoë"), (False, "seven")])
def test_per_rule_matching_uses_the_matching_rules_of_import_rules_only(per_rule: bool, found: str) -> None:
    zoe, seven = mvo_of({MV_FIRST: "Zoë"}, name="Zoë"), mvo_of({MV_EMPLOYEE: "7"}, name="seven")
    by_first = matching_rule(FIRST, target=MV_FIRST, rule_id=2, sync_rule=1)
    of_another = matching_rule(EMPLOYEE, target=MV_EMPLOYEE, rule_id=3, sync_rule=99)
    system = msgspec.structs.replace(HR, per_rule_matching=per_rule)
    rules = compiled(import_rule(projects=False), matching=(BY_EMPLOYEE, of_another, by_first), system=system)
    cso = cso_of({EMPLOYEE: "7", FIRST: "Zoë"})
    inbound(cso, world_of(rules, zoe, seven), rules)
    assert cso.mvo is not None
    assert cso.mvo.id == found


def test_object_that_deprovisioning_disconnected_neither_joins_nor_projects() -> None:
    mvo = mvo_of({MV_EMPLOYEE: "7"})
    for world in (world_of(RULES), world_of(RULES, mvo)):
        cso = cso_of({EMPLOYEE: "7"}, deprovisioned=True)
        assert (inbound(cso, world, RULES), cso.mvo) == (Inbound(), None)


def test_object_of_a_type_without_rules_is_left_alone() -> None:
    cso, world = cso_of({EMPLOYEE: "7"}), world_of(RULES)
    cso.object_type_id = ACCOUNT.id
    assert (inbound(cso, world, RULES), people(world)) == (Inbound(), [])
