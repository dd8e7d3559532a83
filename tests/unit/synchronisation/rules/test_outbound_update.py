"""Outbound: what is queued for an account that is there, beside what is queued or sent already."""

import pytest

from synchronisation.rules.errors import InvalidFlowError
from synchronisation.rules.exports import apply_changes, merge, unconfirmed
from synchronisation.rules.outbound import Effect, synchronise_outbound
from synchronisation.rules.specification import Mapping
from synchronisation.rules.world import Account, Export, Mvo

from .small_schema import (
    ACCOUNT,
    CN,
    DN,
    MAIL,
    MV_AGE,
    MV_EMPLOYEE,
    MV_FIRST,
    MV_NAME,
    MV_PHONES,
    PASSWORD,
    TELEPHONE,
    UID,
    Values,
    compiled,
    export_rule,
    flow,
)
from .small_world import NOBODY, account_of, changes, export_of, mvo_of

MAPPINGS = (flow(UID, MV_EMPLOYEE), flow(CN, MV_NAME), flow(MAIL, MV_FIRST), flow(TELEPHONE, MV_PHONES))
RULES = compiled(export_rule(*MAPPINGS))
PERSON = {MV_EMPLOYEE: "7", MV_NAME: "Zoë", MV_PHONES: ["1", "2"]}
IN_STEP = {UID: "7", CN: "Zoë", TELEPHONE: ["1", "2"]}


def outbound(mvo: Mvo, *, drift_system_id: int | None = None) -> list[Effect]:
    return list(synchronise_outbound(mvo, NOBODY, RULES, drift_system_id=drift_system_id))


def judged(account: Account, mv: Values | None = None) -> bool:
    """Whether anything new was queued for this account of a person with these values."""
    return any(effect.queued for effect in outbound(mvo_of(PERSON if mv is None else mv, account)))


def test_account_in_step_queues_nothing() -> None:
    account = account_of(IN_STEP)
    assert (judged(account), account.export) == (False, None)


def test_only_the_difference_is_queued() -> None:
    account = account_of({UID: "7", CN: "Zoe", MAIL: "old", TELEPHONE: ["2", "3"]})
    assert judged(account)
    export = account.export
    assert export is not None
    assert (export.is_new, export.change_type, export.status, export.sent) == (True, "Update", "Pending", None)
    assert export.pending == changes({CN: "Zoë", MAIL: None, TELEPHONE: {"add": ["1"], "remove": ["3"]}})


def test_identifier_is_never_cleared() -> None:
    account = account_of({UID: "7", CN: "Zoë"})
    assert not judged(account, {MV_NAME: "Zoë"})


def test_attributes_that_no_rule_writes_are_left_alone() -> None:
    assert not judged(account_of({**IN_STEP, DN: "CN=Zoë", PASSWORD: "secret"}))


def test_obsolete_account_is_left_to_its_own_system() -> None:
    assert not judged(account_of({UID: "7"}, status="Obsolete"))


def test_failing_flow_leaves_account_and_export_as_they_were() -> None:
    rules = compiled(export_rule(flow(CN, MV_FIRST), flow(MAIL, MV_NAME), flow(UID, MV_PHONES), rule_id=8))
    account = account_of({UID: "7"}, export_of(pending={MAIL: "queued"}))
    mvo = mvo_of({**PERSON, MV_PHONES: ["1", "2"]}, account)
    (effect,) = synchronise_outbound(mvo, NOBODY, rules)
    assert effect.error is not None
    assert not isinstance(effect.error, InvalidFlowError)
    assert (account.rule_id, account.export) == (2, export_of(pending={MAIL: "queued"}))


def test_rule_in_scope_is_remembered_for_deprovisioning() -> None:
    account = account_of(IN_STEP)
    account.rule_id = account.stored_rule_id = None
    judged(account)
    assert account.rule_id == 2


def left(export: Export) -> tuple[object, ...]:
    """What a page would write of it."""
    return (
        export.change_type, export.status, export.pending, export.sent, export.error_count, export.is_changed,
        export.is_withdrawn,
    )  # fmt: skip


def unchanged(export: Export) -> tuple[object, ...]:
    return (export.change_type, export.status, export.pending, export.sent, export.error_count, False, False)


NEW_NAME = {CN: "Zoë"}
QUEUED = export_of(pending=NEW_NAME)
BEHIND = {**IN_STEP, CN: "Zoe"}


@pytest.mark.parametrize(
    "export",
    [
        export_of(pending=NEW_NAME),
        export_of(sent=NEW_NAME, status="Exported"),
        export_of(sent=NEW_NAME, status="Executing"),
        export_of(pending=NEW_NAME, status="ExportNotConfirmed", error_count=2),
        export_of(pending=NEW_NAME, status="Failed", error_count=5),
        export_of(sent={CN: "Zo"}, pending=NEW_NAME),
    ],
    ids=["queued", "sent", "executing", "retried", "failed", "queued after something else was sent"],
)
def test_what_is_on_its_way_is_not_queued_again(export: Export) -> None:
    before = unchanged(export)
    assert not judged(account_of(BEHIND, export))
    assert left(export) == before


OTHER_NAME = {CN: "Zo"}


@pytest.mark.parametrize(
    ("export", "status", "sent"),
    [
        (export_of(pending=OTHER_NAME), "Pending", None),
        (export_of(sent=OTHER_NAME, status="Exported"), "Pending", OTHER_NAME),
        (export_of(sent=OTHER_NAME, status="Executing"), "Executing", OTHER_NAME),
        (export_of(pending=OTHER_NAME, status="ExportNotConfirmed", error_count=2), "Pending", None),
        (export_of(pending=OTHER_NAME, status="Failed", error_count=5), "Pending", None),
    ],
    ids=["queued", "sent", "executing", "retried", "failed"],
)
def test_another_wish_is_tried_at_once(export: Export, status: str, sent: Values | None) -> None:
    assert judged(account_of(BEHIND, export))
    assert left(export) == ("Update", status, changes(NEW_NAME), changes(sent) if sent else None, 0, True, False)


def test_second_change_joins_the_one_that_is_queued() -> None:
    export = export_of(pending={CN: "Zoë"})
    assert judged(account_of({**BEHIND, MAIL: "old"}, export))
    assert export.pending == changes({CN: "Zoë", MAIL: None})


@pytest.mark.parametrize("status", ["Pending", "ExportNotConfirmed", "Failed"])
def test_unsent_export_that_became_pointless_is_withdrawn(status: str) -> None:
    export = export_of(pending=OTHER_NAME, status=status)
    assert not judged(account_of(IN_STEP, export))
    assert (export.is_withdrawn, export.pending) == (True, {})


@pytest.mark.parametrize(("status", "result"), [("Pending", "Exported"), ("Executing", "Executing")])
def test_wish_that_became_pointless_leaves_what_was_sent_to_be_confirmed(status: str, result: str) -> None:
    export = export_of(sent=NEW_NAME, pending=OTHER_NAME, status=status)
    assert not judged(account_of(BEHIND, export))
    assert left(export) == ("Update", result, {}, changes(NEW_NAME), 0, True, False)


def test_going_back_on_what_was_sent_is_a_new_wish() -> None:
    export = export_of(sent=OTHER_NAME, status="Exported")
    assert judged(account_of(IN_STEP, export))
    assert export.pending == changes(NEW_NAME)


CREATE = {UID: "7", CN: "Zoë", TELEPHONE: {"add": ["1", "2"], "remove": []}}


def placeholder(export: Export) -> Account:
    return account_of(None, export, status="PendingProvisioning", external_id="7")


def test_queued_create_that_says_it_all_stays() -> None:
    export = export_of("Create", CREATE)
    before = unchanged(export)
    assert not judged(placeholder(export))
    assert left(export) == before


def test_queued_create_follows_the_values() -> None:
    export = export_of("Create", {**CREATE, CN: "Zoe"})
    assert judged(placeholder(export))
    assert left(export) == ("Create", "Pending", changes(CREATE), None, 0, True, False)


def test_queued_create_forgets_values_that_are_gone() -> None:
    export = export_of("Create", {**CREATE, MAIL: "old"})
    judged(placeholder(export))
    assert export.pending == changes(CREATE)


def test_sent_create_is_followed_by_the_difference() -> None:
    export = export_of("Create", sent={**CREATE, CN: "Zoe"}, status="Exported")
    assert judged(placeholder(export))
    assert left(export) == ("Create", "Pending", changes(NEW_NAME), changes({**CREATE, CN: "Zoe"}), 0, True, False)


def test_queued_create_whose_identifier_changed_begins_anew() -> None:
    account = placeholder(export_of("Create", {**CREATE, UID: "6"}))
    account.external_id = "6"
    mvo = mvo_of(PERSON, account)
    (effect,) = outbound(mvo)
    successor = mvo.accounts[account.system_id]
    assert (effect.account, effect.gone, account.is_removed) == (successor, account, True)
    assert (successor.is_new, successor.external_id, effect.provisioned) == (True, "7", True)


def test_attempted_create_whose_identifier_changed_may_have_arrived_and_is_kept() -> None:
    export = export_of("Create", {**CREATE, UID: "6"}, attempted=True)
    account = placeholder(export)
    account.external_id = "6"
    mvo = mvo_of(PERSON, account)
    outbound(mvo)
    assert (mvo.accounts[account.system_id], export.pending) == (account, changes(CREATE))


ONCE = compiled(
    export_rule(flow(UID, MV_EMPLOYEE), flow(MAIL, MV_FIRST, initial_only=True), flow(PASSWORD, "RandomPassword(12)"))
)
WITH_FIRST_NAME = {MV_EMPLOYEE: "7", MV_FIRST: "zoe"}


def test_initial_only_values_follow_while_the_create_is_queued_and_never_afterwards() -> None:
    queued = export_of("Create", {UID: "7", MAIL: "old", PASSWORD: "kept"})
    list(synchronise_outbound(mvo_of(WITH_FIRST_NAME, placeholder(queued)), NOBODY, ONCE))
    assert queued.pending == changes({UID: "7", MAIL: "zoe", PASSWORD: "kept"})

    for account in (
        account_of({UID: "7", MAIL: "old"}),
        placeholder(export_of("Create", sent={UID: "7", MAIL: "old", PASSWORD: "x"}, status="Exported")),
    ):
        assert list(synchronise_outbound(mvo_of(WITH_FIRST_NAME, account), NOBODY, ONCE)) == []


def test_secret_is_drawn_once() -> None:
    mvo = mvo_of(WITH_FIRST_NAME)
    list(synchronise_outbound(mvo, NOBODY, ONCE))
    account = next(iter(mvo.accounts.values()))
    assert account.export is not None
    drawn = dict(account.export.pending)
    assert list(synchronise_outbound(mvo, NOBODY, ONCE)) == []
    assert account.export.pending == drawn
    assert len(drawn[PASSWORD.key]["sealed"]) == 12


def test_secret_shows_nowhere_and_is_never_compared() -> None:
    queued = {"1": "Zoë", "2": {"sealed": "token"}}
    assert apply_changes({}, queued) == {"1": "Zoë"}
    assert unconfirmed(queued, {"1": "Zoë"}) == {}
    assert merge(queued, {"2": {"sealed": "newer"}})["2"] == {"sealed": "newer"}


class TestWithoutEnforcedState:
    """Only mappings whose source changed in this run are compared, and all of them once."""

    rules = compiled(export_rule(*MAPPINGS, enforces_state=False))

    def queued(self, mvo: Mvo) -> dict[str, object] | None:
        list(synchronise_outbound(mvo, NOBODY, self.rules))
        (account,) = mvo.accounts.values()
        return account.export.pending if account.export else None

    def changed(self, before: Values, account: Account) -> Mvo:
        mvo = mvo_of(PERSON, account)
        mvo.before = mvo_of(before).document
        return mvo

    def test_drift_is_not_corrected(self) -> None:
        assert self.queued(mvo_of(PERSON, account_of(BEHIND))) is None

    def test_changed_attribute_flows_and_only_that(self) -> None:
        account = account_of({UID: "7", CN: "Zo", TELEPHONE: ["9"]})
        mvo = self.changed({**PERSON, MV_NAME: "Zo"}, account)
        assert self.queued(mvo) == changes(NEW_NAME)

    def test_attribute_that_was_cleared_flows(self) -> None:
        account = account_of({**IN_STEP, MAIL: "old"})
        assert self.queued(self.changed({**PERSON, MV_FIRST: "old"}, account)) == changes({MAIL: None})

    def test_everything_flows_once_when_joined(self) -> None:
        account = account_of(BEHIND, is_joined_now=True)
        assert self.queued(mvo_of(PERSON, account)) == changes(NEW_NAME)

    def test_everything_flows_while_the_create_is_queued(self) -> None:
        export = export_of("Create", {**CREATE, CN: "Zoe"})
        assert self.queued(mvo_of(PERSON, placeholder(export))) == changes(CREATE)

    def test_other_rules_may_still_enforce(self) -> None:
        enforcing = export_rule(flow(MAIL, MV_FIRST), rule_id=3)
        rules = compiled(export_rule(*MAPPINGS[:2], enforces_state=False), enforcing)
        account = account_of({UID: "7", CN: "Zoe", MAIL: "old"})
        list(synchronise_outbound(mvo_of(PERSON, account), NOBODY, rules))
        assert account.export is not None
        assert account.export.pending == changes({MAIL: None})


def test_drift_is_put_back_where_state_is_enforced() -> None:
    account = account_of(BEHIND)
    (effect,) = outbound(mvo_of(PERSON, account), drift_system_id=ACCOUNT.system_id)
    assert effect.queued
    assert account.export is not None
    assert account.export.pending == changes(NEW_NAME)


class TestQueuedDelete:
    """The account is wanted again."""

    def test_unsent_delete_of_an_account_in_step_is_withdrawn(self) -> None:
        export = export_of("Delete")
        assert not judged(account_of(IN_STEP, export))
        assert (export.is_withdrawn, export.is_changed) == (True, True)

    def test_unsent_delete_becomes_the_update_that_is_needed(self) -> None:
        export = export_of("Delete", status="ExportNotConfirmed", error_count=2)
        assert judged(account_of(BEHIND, export))
        assert left(export) == ("Update", "Pending", changes(NEW_NAME), None, 0, True, False)

    def test_delete_over_something_that_was_sent_leaves_that_to_be_confirmed(self) -> None:
        export = export_of("Delete", sent=NEW_NAME)
        assert not judged(account_of(BEHIND, export))
        assert left(export) == ("Update", "Exported", {}, changes(NEW_NAME), 0, True, False)

    @pytest.mark.parametrize("status", ["Pending", "ExportNotConfirmed"])
    def test_delete_of_an_object_that_may_never_have_arrived_becomes_its_create_again(self, status: str) -> None:
        export = export_of("Delete", status=status, error_count=1)
        export.attempted = True
        account = account_of({}, export)
        account.status = "PendingProvisioning"
        assert judged(account)
        assert (export.change_type, export.status, export.is_withdrawn) == ("Create", "Pending", False)
        assert export.pending[CN.key] == "Zoë"

    def test_sent_delete_is_waited_for(self) -> None:
        export = export_of("Delete", sent={}, status="Executing")
        before = unchanged(export)
        assert not judged(account_of(BEHIND, export))
        assert left(export) == before


@pytest.mark.parametrize("mapping", [flow(MAIL, MV_AGE), flow(MAIL, 'ToString(mv["Age"])')])
def test_same_value_of_another_type_is_no_difference(mapping: Mapping) -> None:
    rules = compiled(export_rule(flow(UID, MV_EMPLOYEE), mapping))
    account = account_of({UID: "7", MAIL: "30"})
    assert list(synchronise_outbound(mvo_of({MV_EMPLOYEE: "7", MV_AGE: 30}, account), NOBODY, rules)) == []
