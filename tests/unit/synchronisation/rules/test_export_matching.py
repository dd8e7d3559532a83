"""Export matching: an MVO finds the account that is there already, before another is provisioned."""

import msgspec
import pytest

from synchronisation.rules.compile import CompiledRules, compile_rules
from synchronisation.rules.errors import AmbiguousMatchError
from synchronisation.rules.outbound import Effect, synchronise_outbound
from synchronisation.rules.specification import MatchingRule
from synchronisation.rules.world import FETCHED_PER_KEY, Account, Mvo, World

from .small_schema import (
    ACCOUNT,
    BADGES,
    CN,
    DIRECTORY,
    HR,
    MAIL,
    MV_EMPLOYEE,
    MV_NAME,
    MV_PERSON,
    MV_PHONES,
    UID,
    Attribute,
    Values,
    compiled,
    document,
    export_rule,
    flow,
    specification,
)
from .small_world import mvo_of


def account_matching(
    source: Attribute, target: Attribute, *, rule_id: int = 1, sync_rule: int | None = None
) -> MatchingRule:
    return MatchingRule(rule_id, ACCOUNT.id, MV_PERSON.id, sync_rule, target.id, True, (source.id,))


RULE = export_rule(flow(UID, MV_EMPLOYEE), flow(CN, MV_NAME))
BY_UID, BY_NAME = account_matching(UID, MV_EMPLOYEE), account_matching(CN, MV_NAME, rule_id=2)
RULES = compiled(RULE, matching=(BY_UID, BY_NAME))
ZOE = {MV_EMPLOYEE: "7", MV_NAME: "Zoë"}


def lying_there(name: str, values: Values, object_type_id: int = ACCOUNT.id) -> Account:
    """An object of the directory that no MVO has."""
    return Account(name, DIRECTORY.id, object_type_id, "Normal", "Joined", document=document(values))  # type: ignore[arg-type]


def world_of_accounts(rules: CompiledRules, *accounts: Account) -> World:
    world = World(lambda key: [], lambda ids: [])
    for account in accounts:
        for matcher in rules.source_matchers[ACCOUNT.id]:
            for source in matcher.source_keys:
                for key in matcher.keys_of(account.document, source):
                    world.unjoined.setdefault((matcher.rule_id, key), []).append(account)
    return world


def outbound(mvo: Mvo, *accounts: Account, rules: CompiledRules = RULES) -> list[Effect]:
    return list(synchronise_outbound(mvo, world_of_accounts(rules, *accounts), rules))


@pytest.mark.parametrize(
    ("accounts", "found"),
    [
        ([], None),
        ([lying_there("a", {UID: "8", CN: "Li"})], None),
        ([lying_there("a", {UID: "7"})], "a"),
        ([lying_there("a", {CN: "Zoë"})], "a"),
        ([lying_there("a", {UID: "7", CN: "Zoë"})], "a"),
        ([lying_there("a", {CN: "Zoë"}), lying_there("b", {UID: "7"})], "b"),
        ([lying_there("a", {UID: "7"}, object_type_id=99)], None),
    ],
    ids=["none", "another's", "by the first rule", "by the second", "by both", "the first rule decides", "other type"],
)
def test_account_that_is_found_is_joined_and_otherwise_one_is_provisioned(
    accounts: list[Account], found: str | None
) -> None:
    mvo = mvo_of(ZOE)
    (effect,) = outbound(mvo, *accounts)
    assert (effect.joined, effect.provisioned) == (found is not None, found is None)
    account = mvo.accounts[DIRECTORY.id]
    assert (account.is_new, account.is_joined_now, account.rule_id) == (found is None, found is not None, RULE.id)
    if found:
        assert account.cso_id == found


def test_found_account_gets_what_it_lacks() -> None:
    mvo = mvo_of(ZOE)
    (effect,) = outbound(mvo, lying_there("a", {UID: "7", CN: "Zo", MAIL: "zoe@x"}))
    assert effect.account is not None
    assert effect.account.export is not None
    assert (effect.account.export.change_type, effect.account.export.pending) == ("Update", {CN.key: "Zoë"})


def test_rule_that_does_not_enforce_state_writes_everything_once_when_it_joins() -> None:
    rule = msgspec.structs.replace(RULE, enforces_state=False)
    mvo = mvo_of(ZOE)
    (effect,) = outbound(mvo, lying_there("a", {UID: "7"}), rules=compiled(rule, matching=(BY_UID,)))
    assert (effect.joined, effect.queued) == (True, True)


@pytest.mark.parametrize(
    ("mv", "accounts"),
    [
        (ZOE, [lying_there("a", {CN: "Zoë"}), lying_there("b", {CN: "Zoë"})]),
        (ZOE, [lying_there("a", {UID: "7"}), lying_there("b", {UID: "7", CN: "Zoë"})]),
    ],
)
def test_several_candidates_are_ambiguous_and_nothing_is_provisioned(mv: Values, accounts: list[Account]) -> None:
    mvo = mvo_of(mv)
    (effect,) = outbound(mvo, *accounts)
    assert isinstance(effect.error, AmbiguousMatchError)
    assert (mvo.accounts, effect.queued) == ({}, False)


def test_account_is_given_to_one_mvo_only() -> None:
    world = world_of_accounts(RULES, lying_there("a", {CN: "Zoë"}))
    first, second = mvo_of(ZOE, name="1"), mvo_of({**ZOE, MV_EMPLOYEE: "8"}, name="2")
    (one,) = synchronise_outbound(first, world, RULES)
    (other,) = synchronise_outbound(second, world, RULES)
    assert (one.joined, other.joined, other.provisioned) == (True, False, True)


@pytest.mark.parametrize("in_page_before", [False, True])
@pytest.mark.parametrize(("others", "joined"), [(1, True), (2, False)], ids=["one is left", "two are left"])
def test_accounts_beyond_those_looked_up_count_once_one_of_them_is_gone(
    others: int, joined: bool, in_page_before: bool
) -> None:
    taken, *left = (lying_there(name, {CN: "Zoë"}) for name in ("a", "b", "c")[: others + 1])
    world = World(lambda key: [], lambda ids: [], lambda key: [taken, *left])
    for key, accounts in world_of_accounts(RULES, taken, *left).unjoined.items():
        world.unjoined[key] = accounts[:FETCHED_PER_KEY]
    (world.matched_before if in_page_before else world.matched).add(taken.cso_id)

    (effect,) = synchronise_outbound(mvo_of(ZOE), world, RULES)

    assert (effect.joined, effect.error is None) == (joined, joined)


def test_failing_flow_leaves_the_account_to_nobody() -> None:
    rules = compiled(export_rule(flow(UID, MV_EMPLOYEE), flow(CN, MV_PHONES)), matching=(BY_UID,))
    world = world_of_accounts(rules, lying_there("a", {UID: "7"}))
    mvo = mvo_of({**ZOE, MV_PHONES: ["1", "2"]})
    (effect,) = synchronise_outbound(mvo, world, rules)
    assert effect.error is not None
    assert (effect.joined, mvo.accounts, world.matched) == (False, {}, set())


def test_marked_mvo_takes_no_account() -> None:
    mvo = mvo_of(ZOE, deletion_eligible=True)
    assert outbound(mvo, lying_there("a", {UID: "7"})) == []


@pytest.mark.parametrize(("sync_rule", "joined"), [(None, False), (RULE.id, True), (9, False)])
def test_in_advanced_mode_the_rules_own_matching_rules_apply(sync_rule: int | None, joined: bool) -> None:
    directory = msgspec.structs.replace(DIRECTORY, per_rule_matching=True)
    simple = specification(RULE, matching=(account_matching(UID, MV_EMPLOYEE, sync_rule=sync_rule),))
    rules = compile_rules(msgspec.structs.replace(simple, systems=(HR, directory, BADGES)))
    mvo = mvo_of(ZOE)
    (effect,) = outbound(mvo, lying_there("a", {UID: "7"}), rules=rules)
    assert effect.joined is joined
