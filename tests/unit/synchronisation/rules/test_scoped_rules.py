"""Scoped rules: what becomes of objects by the rules that they are, and are no longer, in scope of."""

import msgspec
import pytest

from synchronisation.rules.compile import CompiledRules
from synchronisation.rules.inbound import Inbound
from synchronisation.rules.outbound import Effect, synchronise_outbound
from synchronisation.rules.specification import Comparison, CriteriaGroup, Criterion, Rule
from synchronisation.rules.world import Account, Export, Mvo, World

from .small_schema import (
    CN,
    DIRECTORY,
    EMPLOYEE,
    FIRST,
    HR,
    LAST,
    MAIL,
    MV_EMPLOYEE,
    MV_FIRST,
    MV_NAME,
    PERSON,
    UID,
    Attribute,
    Values,
    compiled,
    document,
    export_rule,
    flow,
    import_rule,
    matching_rule,
)
from .small_world import NOBODY, account_of, cso_of, export_of, inbound, mvo_of, world_of


def scoped(rule: Rule, attribute: Attribute, value: str, *, retains_join: bool = False) -> Rule:
    """The rule takes objects with that value."""
    group = CriteriaGroup(True, (Criterion(attribute.id, Comparison.EQUALS, value),))
    return msgspec.structs.replace(rule, scope=(group,), retains_join=retains_join)


STAFF = import_rule(flow(MV_EMPLOYEE, EMPLOYEE), flow(MV_NAME, FIRST))
MATCHING = (matching_rule(EMPLOYEE, target=MV_EMPLOYEE),)
IN, OUT = {EMPLOYEE: "7", FIRST: "Zoë", LAST: "in"}, {EMPLOYEE: "7", FIRST: "Zoë", LAST: "out"}


def of_staff(*, retains_join: bool = False) -> CompiledRules:
    return compiled(scoped(STAFF, LAST, "in", retains_join=retains_join), matching=MATCHING)


@pytest.mark.parametrize(
    ("cs", "mvos", "expected"),
    [
        (IN, [], Inbound(projected=True, flows=2)),
        (IN, [{MV_EMPLOYEE: "7"}], Inbound(joined=True, flows=1)),
        (OUT, [], Inbound()),
        (OUT, [{MV_EMPLOYEE: "7"}], Inbound()),
    ],
    ids=["in: projected", "in: joined", "out: no one to match", "out: somebody to match"],
)
def test_unjoined_object_out_of_scope_is_left_alone(cs: Values, mvos: list[Values], expected: Inbound) -> None:
    rules = of_staff()
    cso = cso_of(cs)
    world = world_of(rules, *(mvo_of(values) for values in mvos))
    assert inbound(cso, world, rules) == expected
    assert (cso.mvo is None) == (cs is OUT)


@pytest.mark.parametrize("retains_join", [False, True])
def test_joined_object_that_left_the_scope_goes_or_stays_as_the_rule_says(retains_join: bool) -> None:
    rules = of_staff(retains_join=retains_join)
    mvo = mvo_of({MV_NAME: "Zo"}, account_of(object_type=PERSON), holders={MV_NAME: (HR.id, 1)})
    cso = cso_of(OUT, mvo=mvo)
    world = world_of(rules, mvo)

    assert inbound(cso, world, rules) == Inbound(disconnected=not retains_join, retained=retains_join)

    assert (cso.mvo is mvo, HR.id in mvo.accounts) == (retains_join, retains_join)
    assert [(c.id, m.id) for c, m in world.disconnected] == ([] if retains_join else [("cso", "mvo")])
    assert (mvo.document, mvo.is_changed) == (document({MV_NAME: "Zo"}), False)


def test_object_that_left_makes_room_for_another_of_its_page() -> None:
    rules = of_staff()
    mvo = mvo_of({MV_EMPLOYEE: "7"}, account_of(object_type=PERSON))
    leaving, coming = cso_of(OUT, name="a", mvo=mvo), cso_of(IN, name="b")
    world = world_of(rules, mvo)
    inbound(leaving, world, rules)
    assert inbound(coming, world, rules) == Inbound(joined=True, flows=1)
    assert mvo.accounts[HR.id].cso_id == "b"


def test_one_rule_in_scope_is_enough_and_the_other_gives_its_values_up() -> None:
    names = scoped(import_rule(flow(MV_FIRST, FIRST), rule_id=4), LAST, "in")
    rules = compiled(import_rule(flow(MV_EMPLOYEE, EMPLOYEE)), names)
    held = {MV_EMPLOYEE: (HR.id, 1), MV_FIRST: (HR.id, 4)}
    mvo = mvo_of({MV_EMPLOYEE: "7", MV_FIRST: "Zoë"}, account_of(object_type=PERSON), holders=held)

    assert inbound(cso_of(OUT, mvo=mvo), world_of(rules, mvo), rules) == Inbound(flows=1)

    assert mvo.document == document({MV_EMPLOYEE: "7"})
    assert mvo.holders == {MV_EMPLOYEE.key: (HR.id, 1)}


def test_type_whose_rules_are_all_gone_keeps_its_joins_and_gives_up_its_values() -> None:
    rules = compiled()
    mvo = mvo_of({MV_NAME: "Zoë"}, account_of(object_type=PERSON), holders={MV_NAME: (HR.id, 99)})
    assert inbound(cso_of(IN, mvo=mvo), world_of(rules, mvo), rules) == Inbound(flows=1)
    assert (mvo.document, HR.id in mvo.accounts) == ({}, True)


def test_projection_is_by_a_rule_that_the_object_is_in_scope_of() -> None:
    projects = scoped(import_rule(flow(MV_EMPLOYEE, EMPLOYEE)), LAST, "in")
    joins = import_rule(flow(MV_FIRST, FIRST), rule_id=4, projects=False)
    rules = compiled(projects, joins)
    assert inbound(cso_of(OUT), world_of(rules), rules) == Inbound()
    assert inbound(cso_of(IN), world_of(rules), rules) == Inbound(projected=True, flows=2)


ACCOUNTS = scoped(export_rule(flow(UID, MV_EMPLOYEE), flow(CN, MV_NAME)), MV_FIRST, "in")
WANTED = {MV_EMPLOYEE: "7", MV_NAME: "Zoë", MV_FIRST: "in"}
UNWANTED = {**WANTED, MV_FIRST: "out"}
IN_STEP = {UID: "7", CN: "Zoë"}


def accounts(*, deletes: bool = False, provisions: bool = True) -> CompiledRules:
    return compiled(msgspec.structs.replace(ACCOUNTS, deletes=deletes, provisions=provisions))


def outbound(mvo: Mvo, rules: CompiledRules, world: World = NOBODY) -> list[Effect]:
    return list(synchronise_outbound(mvo, world, rules))


@pytest.mark.parametrize(("mv", "provisioned"), [(WANTED, True), (UNWANTED, False)], ids=["in", "out"])
def test_only_those_in_scope_are_provisioned(mv: Values, provisioned: bool) -> None:
    mvo = mvo_of(mv)
    assert [effect.provisioned for effect in outbound(mvo, accounts())] == ([True] if provisioned else [])


SENT = export_of("Create", sent=IN_STEP, status="Exported", attempted=True)
LEAVING = {
    "account, delete": (account_of(IN_STEP), True, ("Delete", True)),
    "account, disconnect": (account_of(IN_STEP), False, None),
    "queued update, delete": (account_of(IN_STEP, export_of(pending={CN: "Zo"})), True, ("Delete", True)),
    "queued update, disconnect": (account_of(IN_STEP, export_of(pending={CN: "Zo"})), False, None),
    "create never sent, delete": (
        account_of({}, export_of("Create", IN_STEP), status="PendingProvisioning"), True, None,
    ),
    "create sent, delete": (account_of({}, SENT, status="PendingProvisioning"), True, ("Delete", True)),
}  # fmt: skip


@pytest.mark.parametrize(("account", "deletes", "left"), LEAVING.values(), ids=LEAVING.keys())
def test_account_that_no_rule_wants_any_more(account: Account, deletes: bool, left: tuple[str, bool] | None) -> None:
    """left: the change that is queued for the account while it keeps its place; None when it loses that."""
    mvo = mvo_of(UNWANTED, account)
    (effect,) = outbound(mvo, accounts(deletes=deletes))
    kept = mvo.accounts.get(DIRECTORY.id)
    assert (kept and kept.export and (kept.export.change_type, effect.queued)) == left
    assert (effect.disconnected, effect.gone) == ((False, None) if left else (True, account))


def test_delete_is_queued_once() -> None:
    mvo, rules = mvo_of(UNWANTED, account_of(IN_STEP)), accounts(deletes=True)
    assert len(outbound(mvo, rules)) == 1
    assert outbound(mvo, rules) == []


@pytest.mark.parametrize("rules", [accounts(provisions=False), compiled()], ids=["does not provision", "is disabled"])
def test_rule_that_did_not_provision_or_is_gone_deprovisions_nothing(rules: CompiledRules) -> None:
    account = account_of(IN_STEP)
    assert outbound(mvo_of(UNWANTED, account), rules) == []
    assert (account.is_disconnected, account.export) == (False, None)


def test_obsolete_account_out_of_scope_is_left_to_its_own_system() -> None:
    assert outbound(mvo_of(UNWANTED, account_of(IN_STEP, status="Obsolete")), accounts(deletes=True)) == []


def test_rule_that_was_last_in_scope_decides() -> None:
    """Of two rules that provision, the one recorded on the join (2) disconnects, whatever the other would do."""
    other = scoped(export_rule(flow(MAIL, MV_NAME), rule_id=4, deletes=True), MV_FIRST, "elsewhere")
    mvo = mvo_of(UNWANTED, account_of(IN_STEP))
    (effect,) = outbound(mvo, compiled(ACCOUNTS, other))
    assert (effect.disconnected, effect.queued, effect.rule_name) == (True, False, "export 2")


def test_moving_from_one_rule_to_another_keeps_the_account_and_remembers_the_new_one() -> None:
    other = scoped(export_rule(flow(UID, MV_EMPLOYEE), flow(CN, MV_FIRST), rule_id=4, deletes=True), MV_FIRST, "out")
    account = account_of(IN_STEP)
    (effect,) = outbound(mvo_of(UNWANTED, account), compiled(ACCOUNTS, other))
    assert (effect.queued, effect.rule_name, account.rule_id) == (True, "export 4", 4)


@pytest.mark.parametrize(
    ("delete", "expected"),
    [
        (export_of("Delete"), None),
        (export_of("Delete", sent={}, status="Executing", attempted=True), ("Delete", "Executing")),
        (export_of("Delete", sent={}, status="Exported", attempted=True), ("Delete", "Exported")),
    ],
    ids=["unsent: withdrawn", "on its way: waited for", "sent: waited for"],
)
def test_account_that_is_wanted_again(delete: Export, expected: tuple[str, str] | None) -> None:
    account = account_of(IN_STEP, delete)
    effects = outbound(mvo_of(WANTED, account), accounts(deletes=True))
    assert [(effect.waits, effect.queued) for effect in effects] == ([] if expected is None else [(True, False)])
    export = account.export
    assert export is not None
    assert (None if export.is_withdrawn else (export.change_type, export.status)) == expected
