"""Deletion: whether an MVO that lost a CSO is deleted (engine.md section 5.8)."""

from collections.abc import Iterable
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
    if not _fires(mvo, kind, (lost_system_id,)):
        return Judgement(Verdict.KEEP)
    if kind.grace_seconds:
        return Judgement(Verdict.MARK, kind.grace_seconds)
    return Judgement(Verdict.DELETE)


def _fires(mvo: Mvo, kind: MetaverseType, lost: Iterable[int]) -> bool:
    if kind.deletion_rule == "WhenAuthoritativeSourceDisconnected":
        return any(system_id in kind.trigger_systems for system_id in lost)
    if kind.deletion_rule == "WhenLastConnectorDisconnected":
        return not any(is_connector(account) for account in mvo.accounts.values())
    return False


def welcome_back(mvo: Mvo, kind: MetaverseType, *, joined_system_id: int) -> None:
    """An object of this system joined a marked MVO: the mark goes when its rule would not fire any more.

    Another authoritative source that is still lost keeps it.
    """
    if joined_system_id in mvo.marked_by:
        mvo.marked_by = tuple(system_id for system_id in mvo.marked_by if system_id != joined_system_id)
        mvo.returned = joined_system_id
    if not _fires(mvo, kind, mvo.marked_by):
        mvo.deletion_eligible, mvo.mark_cleared, mvo.returned = False, True, None


def is_due(mvo: Mvo, kind: MetaverseType) -> bool:
    """Whether the rule of an MVO whose grace period is over still fires."""
    return _fires(mvo, kind, [system_id for system_id in mvo.marked_by if system_id not in mvo.accounts])


def is_connector(account: Account) -> bool:
    """Placeholders and accounts with a queued delete hold no MVO; every other joined CSO does."""
    is_leaving = account.export is not None and account.export.change_type == "Delete"
    return not account.is_placeholder and not is_leaving
