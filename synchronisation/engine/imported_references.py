"""Imported references: the reference rows of a page of imported objects.

In: `import_page`, the staged references. Out: cso_reference as the source has it. Always: what an object keeps is not
touched, so that one member more is one row more, and what it loses is noted for the next synchronisation.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg import Cursor

from synchronisation.rules.values import reference_hashes

from .bulk import copy_lines, copy_text
from .statements import sql

CHANGES_AT_A_TIME = 20_000
"""Reference rows in memory, however many members a group gained."""

WITHOUT_SPILLING = "SET LOCAL work_mem = '64MB'"
"""Half a million members are hashed in memory: 0.6 s instead of 1.1."""

COLUMNS = ("cso_id", "system_id", "attribute_id", "text", "text_hash", "name_hash")

Changed = tuple[str, int, str, str | None]
"""(object, attribute, text, hash); the hash is null when the value is new."""


def note_renamed(cursor: Cursor[Any]) -> None:
    """Note whose secondary external ID is another now, before it is."""
    cursor.execute(sql("note_renamed"))


def apply_references(cursor: Cursor[Any], system_id: int) -> None:
    """Write the page's reference rows, and where its objects' items are."""
    cursor.execute(sql("insert_references"), {"system": system_id})
    if cursor.execute(sql("any_changed_references")).fetchone() is not None:
        cursor.execute(WITHOUT_SPILLING)
        for changed in _changes(cursor):
            _remove(cursor, system_id, [row for row in changed if row[3] is not None])
            copy_lines(cursor, "cso_reference", COLUMNS, _lines(changed, system_id))
    cursor.execute(sql("note_items"))


def _changes(cursor: Cursor[Any]) -> Iterator[list[Changed]]:
    """What the page's objects gained and lost, as it was before any of it was written."""
    with cursor.connection.cursor(name="changed_references") as reading:
        reading.execute(sql("changed_references"))
        while rows := reading.fetchmany(CHANGES_AT_A_TIME):
            yield rows


def _remove(cursor: Cursor[Any], system_id: int, lost: Sequence[Changed]) -> None:
    if lost:
        csos, attributes, _, hashes = zip(*lost, strict=True)
        parameters = {"csos": list(csos), "attributes": list(attributes), "hashes": list(hashes), "system": system_id}
        cursor.execute(sql("remove_references"), parameters)


def _lines(changed: Sequence[Changed], system_id: int) -> Iterator[str]:
    for cso_id, attribute, text, known_hash in changed:
        if known_hash is None:
            text_hash, name_hash = reference_hashes(text)
            yield f"{cso_id}\t{system_id}\t{attribute}\t{copy_text(text)}\t{text_hash}\t{name_hash}\n"
