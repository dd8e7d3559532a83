"""Orphans: MVOs whose account an export has removed.

In: the CSOs that the target deleted. Out: obsolete MVOs gone with their last account; others marked where their type's
deletion rule fires, for housekeeping, which judges again under the metaverse's exclusive lease.
"""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Cursor

from synchronisation.rules.deletion import Verdict, judge_deletion
from synchronisation.rules.specification import Specification

from .bulk import array_of
from .deleted import note_deleted_csos, remove_finished_mvos
from .load import load_mvos
from .pages import Page, Run
from .statements import sql

REMOVALS = (
    "unresolve_references",
    "remove_own_references",
    "remove_placeholder_exports",
    "remove_joins",
    "remove_left_over",
    "remove_cso_keys",
    "remove_csos",
)


def remove_accounts(page: Page, run: Run, cso_ids: list[str]) -> None:
    """Remove CSOs with all that is theirs, and judge the MVOs they belonged to."""
    cursor = page.cursor
    cursor.execute(sql("joined_mvos"), {"ids": array_of(cso_ids)})
    mvo_ids = [mvo_id for (mvo_id,) in cursor.fetchall()]
    note_deleted_csos(cursor, cso_ids, run.activity_id, page.now)
    for name in REMOVALS:
        cursor.execute(sql(name), {"ids": array_of(cso_ids)})
    remove_finished_mvos(cursor, mvo_ids, page.now)
    _mark(cursor, run.specification, mvo_ids, page.now)


def _mark(cursor: Cursor[Any], specification: Specification, mvo_ids: list[str], now: datetime) -> None:
    kinds = {kind.id: kind for kind in specification.metaverse_types}
    ids, eligible = [], []
    for mvo in load_mvos(cursor, mvo_ids, None):
        judgement = judge_deletion(mvo, kinds[mvo.type_id], lost_system_id=specification.system.id)
        if judgement.verdict is not Verdict.KEEP and not mvo.is_obsolete:
            ids.append(mvo.id)
            eligible.append(now + timedelta(seconds=judgement.grace_seconds))
    if ids:
        parameters = {"ids": array_of(ids), "eligible": eligible, "systems": [specification.system.id] * len(ids)}
        cursor.execute(sql("mark_for_deletion"), {**parameters, "now": now})
