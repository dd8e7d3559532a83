"""Outgoing references: they leave with the other changes of their object.

In: the exports of a page of the list, the references queued for their accounts. Out: changes on the export objects;
afterwards the references exported, confirmed or queued again. Always: a reference to an object that the target cannot
name yet stays queued; what has left is marked in the transaction of its export, and settled in that of its result.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor

from connectors.contract import AttributeChange, AttributeType, ExportObject, ValuesChange
from synchronisation.rules.specification import Attribute, Specification
from synchronisation.rules.values import moved_fingerprint, reference_hashes

from .bulk import array_of, copy_temporary
from .statements import sql

VALUES_A_PAGE = 100_000
"""References that leave with one page of exports, over all its objects: it ends before the object that would exceed it.
What a single group has beyond leaves with the passes that follow. All of a page are in memory, 100 bytes each."""

LOOKED_AT = 1_000
"""Queued references of one object that are asked whether they wait for an identifier."""

CONFIRMED = {
    "cso_id": "uuid", "attribute_id": "integer", "target_id": "uuid", "is_removal": "boolean", "text": "text",
    "text_hash": "uuid", "name_hash": "uuid",
}  # fmt: skip
MOVED = {"cso_id": "uuid", "fingerprint": "uuid"}

Value = tuple[int, str]
"""(attribute id, text)."""


class OutgoingReferences:
    """Does nothing, and costs nothing, for a system without a reference attribute. phase: of the list of work."""

    def __init__(self, specification: Specification, phase: str) -> None:
        self.phase = phase
        self.system = specification.system
        self.attributes: dict[int, Attribute] = {
            attribute.id: attribute
            for kind in specification.own_types()
            for attribute in kind.attributes
            if attribute.type is AttributeType.REFERENCE
        }

    def end_of_page(self, cursor: Cursor[Any], after: int, last: int) -> int:
        """The ordinal of the last export that leaves with the one behind `after`: of those up to `last`, if any."""
        if not self.attributes:
            return last
        row: Any = cursor.execute(sql("end_of_page"), {**self._range(after, last), "limit": VALUES_A_PAGE}).fetchone()
        return last if row[0] is None else int(row[0])

    def take(self, cursor: Cursor[Any], after: int, objects: Sequence[ExportObject], last: int) -> None:
        """Mark what leaves with these exports, and put it on them."""
        if not self.attributes or not objects:
            return
        parameters = {**self._range(after, last), "checked": self.system.checks_references, "limit": VALUES_A_PAGE}
        changes: dict[str, dict[int, tuple[list[str], list[str]]]] = defaultdict(lambda: defaultdict(lambda: ([], [])))
        for export_id, attribute_id, is_removal, text in cursor.execute(sql("take_references"), parameters):
            changes[export_id][attribute_id][is_removal].append(text)
        if changes:
            for item in objects:
                item.changes = {**item.changes, **self._named(changes.get(item.key, {}))}

    def _named(self, changes: dict[int, tuple[list[str], list[str]]]) -> dict[str, AttributeChange]:
        """As the connector gets them; attributes that have left the schema meanwhile are left out."""
        return {
            self.attributes[attribute_id].name: _change(self.attributes[attribute_id], added, removed)
            for attribute_id, (added, removed) in changes.items()
            if attribute_id in self.attributes
        }

    def settle(self, cursor: Cursor[Any], after: int, last: int, now: datetime) -> None:
        """What arrived waits for its confirmation, or is confirmed; what failed (`answer`) is queued again."""
        if not self.attributes:
            return
        bounds = self._range(after, last)
        cursor.execute(sql("return_references"))
        cursor.execute(sql("drop_superseded_references"), bounds)
        if not self.system.self_confirming:
            cursor.execute(sql("mark_references_exported"), bounds)
            return
        rows = cursor.execute(sql("take_confirmed_references"), bounds).fetchall()
        if rows:
            self._apply(cursor, rows, now)

    def _apply(self, cursor: Cursor[Any], rows: Sequence[tuple[Any, ...]], now: datetime) -> None:
        """Write what the target shows now, and move the fingerprints along."""
        copy_temporary(cursor, "confirmed_reference", CONFIRMED, ((*row, *reference_hashes(row[-1])) for row in rows))
        lost = _by_object(cursor.execute(sql("remove_confirmed_references")).fetchall())
        parameters = {"system": self.system.id}
        gained = _by_object(cursor.execute(sql("add_confirmed_references"), parameters).fetchall())
        ids = array_of(gained.keys() | lost.keys())
        before = cursor.execute(sql("reference_fingerprints"), {"ids": ids}).fetchall()
        moved = ((cso_id, moved_fingerprint(mark, gained[cso_id], lost[cso_id])) for cso_id, mark in before)
        copy_temporary(cursor, "moved_fingerprint", MOVED, moved)
        cursor.execute(sql("store_reference_fingerprints"), {"now": now})

    def note_waiting(self, cursor: Cursor[Any], after: int, last: int) -> None:
        """Exports that still have references to send are due again."""
        if self.attributes:
            cursor.execute(sql("note_waiting_references"), {**self._range(after, last), "looked_at": LOOKED_AT})

    def _range(self, after: int, last: int) -> dict[str, Any]:
        return {"phase": self.phase, "after": after, "last": last}


def _change(attribute: Attribute, added: list[str], removed: list[str]) -> AttributeChange:
    """An attribute with one value loses it by being cleared, and by getting another."""
    if attribute.multi_valued:
        return ValuesChange(added, removed)
    return added[0] if added else None


def _by_object(rows: Iterable[tuple[str, int, str]]) -> dict[str, list[Value]]:
    values: dict[str, list[Value]] = defaultdict(list)
    for cso_id, attribute_id, text in rows:
        values[cso_id].append((attribute_id, text))
    return values
