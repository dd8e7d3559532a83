"""Outbound: who gets a new account, with which values, and who gets none."""

from collections.abc import Callable

import pytest

from synchronisation.rules.compile import CompiledRules
from synchronisation.rules.errors import ExistingJoinError, ExpressionFailedError, UnidentifiedAccountError
from synchronisation.rules.outbound import Effect, synchronise_outbound
from synchronisation.rules.values import hash_name, hash_text
from synchronisation.rules.world import Mvo

from .small_schema import (
    ACCOUNT,
    BADGE,
    BADGE_ID,
    BADGES,
    CN,
    DIRECTORY,
    DN,
    HOLDER,
    MAIL,
    MV_AGE,
    MV_EMPLOYEE,
    MV_NAME,
    MV_PHONES,
    TELEPHONE,
    UID,
    compiled,
    export_rule,
    flow,
)
from .small_world import NOBODY, account_of, changes, mvo_of

RULE = export_rule(
    flow(UID, MV_EMPLOYEE),
    flow(DN, '"CN=" + mv["Display Name"] + ",O=x"'),
    flow(CN, MV_NAME),
    flow(TELEPHONE, MV_PHONES),
    flow(MAIL, 'Lower(mv["Employee ID"]) + "@x.com"', initial_only=True),
)
BADGE_RULE = export_rule(flow(BADGE_ID, MV_EMPLOYEE), flow(HOLDER, 'mv["Age"] / 0'), rule_id=3, object_type=BADGE)
ZOE = {MV_EMPLOYEE: "E7", MV_NAME: "Zoë"}


def outbound(mvo: Mvo, rules: CompiledRules) -> list[Effect]:
    return list(synchronise_outbound(mvo, NOBODY, rules))


def test_account_is_provisioned_with_the_values_there_are() -> None:
    mvo = mvo_of(ZOE)

    (effect,) = outbound(mvo, compiled(RULE))

    assert (effect.provisioned, effect.queued, effect.rule_name) == (True, True, "export 2")
    account = mvo.accounts[DIRECTORY.id]
    assert effect.account is account
    assert (account.is_new, account.status, account.object_type_id) == (True, "PendingProvisioning", ACCOUNT.id)
    assert (account.external_id, account.external_id_hash) == ("E7", hash_text("E7"))
    assert (account.secondary_hash, account.display_name) == (hash_name("cn=zoë,o=x"), "Zoë")
    export = account.export
    assert export is not None
    assert (export.is_new, export.change_type, export.status, export.sent) == (True, "Create", "Pending", None)
    assert export.pending == changes({UID: "E7", DN: "CN=Zoë,O=x", CN: "Zoë", MAIL: "e7@x.com"})


def test_provisioning_once_is_enough() -> None:
    mvo, rules = mvo_of(ZOE), compiled(RULE)
    outbound(mvo, rules)
    assert outbound(mvo, rules) == []


def test_target_that_gives_the_identifier_gets_a_placeholder_without() -> None:
    mvo = mvo_of(ZOE)
    outbound(mvo, compiled(export_rule(flow(CN, MV_NAME))))
    account = mvo.accounts[DIRECTORY.id]
    assert (account.external_id, account.external_id_hash, account.secondary_hash) == (None, None, None)


@pytest.mark.parametrize(
    ("rules", "mvo"),
    [
        (compiled(export_rule(flow(UID, MV_EMPLOYEE), provisions=False)), mvo_of(ZOE)),
        (compiled(), mvo_of(ZOE)),
        (compiled(RULE), mvo_of(ZOE, deletion_eligible=True)),
    ],
    ids=["no rule provisions", "no rule at all", "marked for deletion"],
)
def test_nothing_is_provisioned(rules: CompiledRules, mvo: Mvo) -> None:
    assert (outbound(mvo, rules), mvo.accounts) == ([], {})


@pytest.mark.parametrize(
    ("mapping_to_uid", "error"),
    [
        (lambda: flow(UID, MV_EMPLOYEE), UnidentifiedAccountError),
        (lambda: flow(UID, '"u" + mv["Employee ID"]'), ExpressionFailedError),
    ],
    ids=["no value", "null in an expression"],
)
def test_account_without_its_identifier_is_an_error(
    mapping_to_uid: Callable[[], object], error: type[Exception]
) -> None:
    mvo = mvo_of({MV_NAME: "Zoë"})
    (effect,) = outbound(mvo, compiled(export_rule(mapping_to_uid(), flow(CN, MV_NAME))))  # type: ignore[arg-type]
    assert type(effect.error) is error
    assert (effect.queued, mvo.accounts) == (False, {})


def test_one_target_that_fails_costs_no_other() -> None:
    mvo = mvo_of({**ZOE, MV_AGE: 30})
    to_directory, to_badges = outbound(mvo, compiled(RULE, BADGE_RULE))
    assert (to_directory.provisioned, to_directory.error) == (True, None)
    assert (to_badges.target.system_id, to_badges.queued) == (BADGES.id, False)
    assert isinstance(to_badges.error, ExpressionFailedError)
    assert mvo.accounts.keys() == {DIRECTORY.id}


def test_rules_to_one_type_are_judged_together_the_older_one_first() -> None:
    second = export_rule(flow(CN, MV_EMPLOYEE), flow(MAIL, MV_EMPLOYEE), rule_id=4)
    mvo = mvo_of(ZOE)
    outbound(mvo, compiled(export_rule(flow(UID, MV_EMPLOYEE), flow(CN, MV_NAME), provisions=False), second))
    account = mvo.accounts[DIRECTORY.id]
    assert account.rule_id == 4
    assert account.export is not None
    assert account.export.pending == changes({UID: "E7", CN: "Zoë", MAIL: "E7"})


def test_account_of_another_type_stands_in_the_way() -> None:
    stranger = account_of()
    stranger.object_type_id = 99
    (effect,) = outbound(mvo_of(ZOE, stranger), compiled(RULE))
    assert isinstance(effect.error, ExistingJoinError)
    assert (effect.queued, stranger.export) == (False, None)


def test_only_the_synchronised_target_is_judged_for_drift() -> None:
    rules = compiled(RULE, export_rule(flow(BADGE_ID, MV_EMPLOYEE), rule_id=3, object_type=BADGE))
    effects = list(synchronise_outbound(mvo_of(ZOE), NOBODY, rules, drift_system_id=BADGES.id))
    assert [effect.target.system_id for effect in effects] == [BADGES.id]
