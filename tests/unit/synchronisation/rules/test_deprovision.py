"""Deprovisioning: what becomes of an account that no rule wants any more.

An account whose delete is queued keeps its join: until it has been exported, it may be wanted again.
"""

from dataclasses import dataclass

import pytest

from synchronisation.rules.outbound import deprovision
from synchronisation.rules.world import Export

from .small_schema import CN
from .small_world import account_of, changes, export_of


@dataclass
class Left:
    """The account and its export afterwards. export: (change type, status, error count); None: none is stored."""

    queued: bool = False
    removed: bool = False
    disconnected: bool = False
    export: tuple[str, str, int] | None = None


def deprovisioned(status: str, export: Export | None, *, deletes: bool) -> Left:
    account = account_of(None, export, status=status)
    queued = deprovision(account, deletes=deletes)
    found = account.export
    gone = found is None or found.is_withdrawn or account.is_removed
    return Left(
        queued,
        account.is_removed,
        account.is_disconnected,
        None if gone or found is None else (found.change_type, found.status, found.error_count),
    )


REAL, PLACEHOLDER = "Normal", "PendingProvisioning"
NAME = {CN: "Zoë"}

WITH_DELETE = {
    "account": (REAL, None, Left(queued=True, export=("Delete", "Pending", 0))),
    "account with a queued update": (
        REAL, export_of(pending=NAME), Left(queued=True, export=("Delete", "Pending", 0)),
    ),
    "account with a failed update": (
        REAL,
        export_of(pending=NAME, status="Failed", error_count=5),
        Left(queued=True, export=("Delete", "Pending", 0)),
    ),
    "account with a sent update": (
        REAL,
        export_of(sent=NAME, status="Exported"),
        Left(queued=True, export=("Delete", "Pending", 0)),
    ),
    "account with a queued delete": (
        REAL, export_of("Delete"), Left(export=("Delete", "Pending", 0)),
    ),
    "create that was never sent": (PLACEHOLDER, export_of("Create", NAME), Left(removed=True)),
    "create that failed": (
        PLACEHOLDER,
        export_of("Create", NAME, status="ExportNotConfirmed", error_count=1, attempted=True),
        Left(queued=True, export=("Delete", "Pending", 0)),
    ),
    "create that was tried before its values changed": (
        PLACEHOLDER,
        export_of("Create", NAME, attempted=True),
        Left(queued=True, export=("Delete", "Pending", 0)),
    ),
    "create that was sent": (
        PLACEHOLDER,
        export_of("Create", sent=NAME, status="Exported", attempted=True),
        Left(queued=True, export=("Delete", "Pending", 0)),
    ),
}  # fmt: skip

WITHOUT_DELETE = {
    "account": (REAL, None, Left(disconnected=True)),
    "account with a queued update": (REAL, export_of(pending=NAME), Left(disconnected=True)),
    "account with a sent update": (
        REAL, export_of(sent=NAME, status="Exported"), Left(disconnected=True, export=("Update", "Exported", 0)),
    ),
    "create that was never sent": (PLACEHOLDER, export_of("Create", NAME), Left(removed=True)),
    "create that was sent": (
        PLACEHOLDER,
        export_of("Create", sent=NAME, status="Exported", attempted=True),
        Left(disconnected=True, export=("Create", "Exported", 0)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "export", "expected"), WITH_DELETE.values(), ids=WITH_DELETE.keys())
def test_rule_that_deletes(status: str, export: Export | None, expected: Left) -> None:
    assert deprovisioned(status, export, deletes=True) == expected


@pytest.mark.parametrize(("status", "export", "expected"), WITHOUT_DELETE.values(), ids=WITHOUT_DELETE.keys())
def test_rule_that_disconnects(status: str, export: Export | None, expected: Left) -> None:
    assert deprovisioned(status, export, deletes=False) == expected


def test_delete_replaces_whatever_was_not_sent() -> None:
    export = export_of(sent=NAME, pending={CN: "Zo"})
    deprovision(account_of(None, export), deletes=True)
    assert (export.pending, export.sent) == ({}, changes(NAME))


def test_disconnecting_withdraws_what_was_queued_beside_what_was_sent() -> None:
    export = export_of(sent=NAME, pending={CN: "Zo"})
    deprovision(account_of(None, export), deletes=False)
    assert (export.pending, export.sent, export.status, export.is_changed) == ({}, changes(NAME), "Exported", True)
