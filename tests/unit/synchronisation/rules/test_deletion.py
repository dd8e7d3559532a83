"""Deletion rules: whether an MVO that lost a CSO is deleted, marked or kept."""

import msgspec
import pytest

from synchronisation.rules.deletion import Judgement, Verdict, is_connector, is_due, judge_deletion, welcome_back
from synchronisation.rules.world import Account

from .small_schema import (
    BADGE,
    EMPLOYEE,
    FIRST,
    MV_EMPLOYEE,
    MV_NAME,
    MV_PERSON,
    PERSON,
    compiled,
    flow,
    import_rule,
    matching_rule,
)
from .small_world import account_of, cso_of, export_of, inbound, mvo_of, world_of

HR_ID, OTHER_SOURCE_ID = 1, 4
KEEP, DELETE = Judgement(Verdict.KEEP), Judgement(Verdict.DELETE)
MANUAL, LAST, AUTHORITATIVE = "Manual", "WhenLastConnectorDisconnected", "WhenAuthoritativeSourceDisconnected"

ACCOUNTS = {
    "no account": [],
    "an account": [account_of()],
    "an obsolete account": [account_of(status="Obsolete")],
    "a placeholder": [account_of(None, export_of("Create"), status="PendingProvisioning")],
    "an account with a queued delete": [account_of(None, export_of("Delete"))],
    "a leaving and a staying account": [account_of(None, export_of("Delete")), account_of(object_type=BADGE)],
}
HOLDS = {"an account", "an obsolete account", "a leaving and a staying account"}


@pytest.mark.parametrize("accounts", ACCOUNTS.values(), ids=ACCOUNTS.keys())
def test_manual_rule_keeps_whatever_is_left(accounts: list[Account]) -> None:
    kind = msgspec.structs.replace(MV_PERSON, deletion_rule=MANUAL)
    assert judge_deletion(mvo_of({}, *accounts), kind, lost_system_id=HR_ID) == KEEP


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [(accounts, KEEP if name in HOLDS else DELETE) for name, accounts in ACCOUNTS.items()],
    ids=ACCOUNTS.keys(),
)
def test_last_connector_rule_counts_accounts_that_stay(accounts: list[Account], expected: Judgement) -> None:
    kind = msgspec.structs.replace(MV_PERSON, deletion_rule=LAST)
    assert judge_deletion(mvo_of({}, *accounts), kind, lost_system_id=HR_ID) == expected


@pytest.mark.parametrize("accounts", ACCOUNTS.values(), ids=ACCOUNTS.keys())
@pytest.mark.parametrize(("triggers", "expected"), [((), KEEP), ((HR_ID,), DELETE), ((OTHER_SOURCE_ID, HR_ID), DELETE)])
def test_authoritative_rule_looks_only_at_the_lost_system(
    accounts: list[Account], triggers: tuple[int, ...], expected: Judgement
) -> None:
    kind = msgspec.structs.replace(MV_PERSON, deletion_rule=AUTHORITATIVE, trigger_systems=triggers)
    assert judge_deletion(mvo_of({}, *accounts), kind, lost_system_id=HR_ID) == expected


@pytest.mark.parametrize(("grace", "expected"), [(None, DELETE), (0.0, DELETE), (60.0, Judgement(Verdict.MARK, 60.0))])
def test_grace_period_marks_instead(grace: float | None, expected: Judgement) -> None:
    kind = msgspec.structs.replace(MV_PERSON, deletion_rule=LAST, grace_seconds=grace)
    assert judge_deletion(mvo_of({}), kind, lost_system_id=HR_ID) == expected


def test_grace_period_of_a_rule_that_does_not_fire_means_nothing() -> None:
    kind = msgspec.structs.replace(MV_PERSON, deletion_rule=LAST, grace_seconds=60.0)
    assert judge_deletion(mvo_of({}, account_of()), kind, lost_system_id=HR_ID) == KEEP


def test_account_that_is_only_changed_is_a_connector() -> None:
    assert is_connector(account_of(None, export_of("Update")))


OF_HR, OF_OTHER = account_of(object_type=PERSON), account_of(object_type=BADGE)
BADGES_ID = OF_OTHER.system_id


@pytest.mark.parametrize(
    ("rule", "lost", "joined", "left"),
    [
        (AUTHORITATIVE, (HR_ID,), OF_HR, None),
        (AUTHORITATIVE, (HR_ID,), OF_OTHER, (HR_ID,)),
        (AUTHORITATIVE, (HR_ID, BADGES_ID), OF_HR, (BADGES_ID,)),
        (AUTHORITATIVE, (HR_ID, BADGES_ID), OF_OTHER, (HR_ID,)),
        (LAST, (HR_ID,), OF_HR, None),
        (LAST, (HR_ID,), OF_OTHER, None),
        (MANUAL, (HR_ID,), OF_OTHER, None),
    ],
)
def test_mark_goes_when_the_rule_would_no_longer_fire(
    rule: str, lost: tuple[int, ...], joined: Account, left: tuple[int, ...] | None
) -> None:
    """left: the systems that the mark still names; None: there is no mark any more."""
    kind = msgspec.structs.replace(MV_PERSON, deletion_rule=rule, trigger_systems=(HR_ID, BADGES_ID))
    mvo = mvo_of({}, joined, deletion_eligible=True, marked_by=lost)
    welcome_back(mvo, kind, joined_system_id=joined.system_id)
    assert (mvo.marked_by if mvo.deletion_eligible else None, mvo.mark_cleared) == (left, left is None)


@pytest.mark.parametrize(
    ("rule", "triggers", "accounts", "due"),
    [
        (AUTHORITATIVE, (HR_ID,), [], True),
        (AUTHORITATIVE, (HR_ID,), [OF_OTHER], True),
        (AUTHORITATIVE, (HR_ID,), [OF_HR], False),
        (AUTHORITATIVE, (BADGES_ID,), [], False),
        (LAST, (), [], True),
        (LAST, (), [OF_OTHER], False),
        (LAST, (), ACCOUNTS["an account with a queued delete"], True),
        (MANUAL, (), [], False),
    ],
    ids=[
        "source gone", "source gone, others there", "source back", "no longer a trigger", "nobody left",
        "another connector", "only one that is leaving", "rule switched off",
    ],
)  # fmt: skip
def test_rule_is_asked_again_when_the_grace_period_is_over(
    rule: str, triggers: tuple[int, ...], accounts: list[Account], due: bool
) -> None:
    kind = msgspec.structs.replace(MV_PERSON, deletion_rule=rule, trigger_systems=triggers)
    assert is_due(mvo_of({}, *accounts, marked_by=(HR_ID,)), kind) is due


def test_join_within_the_grace_period_clears_the_mark() -> None:
    kind = {"deletion_rule": AUTHORITATIVE, "trigger_systems": (HR_ID,)}
    rules = compiled(import_rule(flow(MV_NAME, FIRST)), matching=(matching_rule(EMPLOYEE, target=MV_EMPLOYEE),))
    rules.types[MV_PERSON.id] = msgspec.structs.replace(MV_PERSON, **kind)
    mvo = mvo_of({MV_EMPLOYEE: "7"}, deletion_eligible=True, marked_by=(HR_ID,))
    inbound(cso_of({EMPLOYEE: "7"}), world_of(rules, mvo), rules)
    assert (mvo.deletion_eligible, mvo.mark_cleared) == (False, True)
