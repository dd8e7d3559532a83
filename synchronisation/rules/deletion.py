"""Deletion: whether an MVO that lost a CSO is deleted (engine.md section 5.8)."""

from dataclasses import dataclass
from enum import StrEnum

from .specification import MetaverseType
from .world import Account, Mvo


class Verdict(StrEnum):
    KEEP = "Keep"
    MARK = "Mark"
    DELETE = "Delete"


@dataclass(frozen=True, slots=True)
class Judgement:
    """grace_seconds: how long a marked MVO waits."""

    verdict: Verdict
    grace_seconds: float = 0


def judge_deletion(mvo: Mvo, kind: MetaverseType, *, lost_system_id: int) -> Judgement:
    """What the type's deletion rule says after the MVO lost its CSO in one system.

    mvo.accounts: the MVO's CSOs in all systems, without the lost one.
    """
    if not _fires(mvo, kind, lost_system_id):
        return Judgement(Verdict.KEEP)
    if kind.grace_seconds:
        return Judgement(Verdict.MARK, kind.grace_seconds)
    return Judgement(Verdict.DELETE)


def _fires(mvo: Mvo, kind: MetaverseType, lost_system_id: int) -> bool:
    if kind.deletion_rule == "WhenAuthoritativeSourceDisconnected":
        return lost_system_id in kind.trigger_systems
    if kind.deletion_rule == "WhenLastConnectorDisconnected":
        return not any(is_connector(account) for account in mvo.accounts.values())
    return False


def is_reprieved(mvo: Mvo, kind: MetaverseType, *, joined_system_id: int) -> bool:
    """Whether a mark goes because an object of this system joined: its rule would not fire any more."""
    if kind.deletion_rule == "WhenAuthoritativeSourceDisconnected":
        return joined_system_id == mvo.marked_by
    return True


def is_due(mvo: Mvo, kind: MetaverseType) -> bool:
    """Whether the rule of an MVO whose grace period is over still fires."""
    if kind.deletion_rule == "WhenAuthoritativeSourceDisconnected":
        return mvo.marked_by in kind.trigger_systems and mvo.marked_by not in mvo.accounts
    return _fires(mvo, kind, lost_system_id=mvo.marked_by or 0)


def is_connector(account: Account) -> bool:
    """Placeholders and accounts with a queued delete hold no MVO; every other joined CSO does."""
    is_leaving = account.export is not None and account.export.change_type == "Delete"
    return not account.is_placeholder and not is_leaving
