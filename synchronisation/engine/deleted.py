"""Deleted: what is kept of objects that a page deletes, written by set before they go.

In: ids of objects, and the activity that deletes them. Out: deleted_cso and deleted_mvo, which the history shows.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor

from .bulk import NO_IDS, array_of
from .statements import sql


def note_deleted_csos(cursor: Cursor[Any], ids: Iterable[str], activity_id: UUID, now: datetime) -> None:
    cursor.execute(sql("note_deleted_csos"), {"ids": array_of(ids), "activity": activity_id, "now": now})


def note_deleted_mvos(cursor: Cursor[Any], ids: Iterable[str], activity_id: UUID, now: datetime | None) -> None:
    """now: None for MVOs that stay, as obsolete, until their accounts are gone."""
    cursor.execute(sql("note_deleted_mvos"), {"ids": array_of(ids), "activity": activity_id, "now": now})


def remove_finished_mvos(cursor: Cursor[Any], ids: Iterable[str], now: datetime) -> None:
    """Those of these MVOs go that are obsolete and have no account any more."""
    wanted = array_of(ids)
    if wanted != NO_IDS:
        cursor.execute(sql("remove_finished_mvos"), {"ids": wanted, "now": now})
