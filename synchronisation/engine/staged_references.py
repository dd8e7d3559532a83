"""Staged references: what the objects that were read gain and lose.

In: the references of a page's new and changed objects. Out: rows of `staged_reference`, hashed. Always: of an object
that the connector space has, the difference alone is written, so that one member more of half a million is one row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from psycopg import Cursor

from synchronisation.rules.shape import References, pairs_of
from synchronisation.rules.values import hash_text, reference_hashes

from .bulk import NULL, array_of, copy_lines, escaped
from .statements import sql

TABLE = "staged_reference"
COLUMNS = ("row_number", "attribute_id", "text", "text_hash", "name_hash", "is_lost")

VALUES_AT_A_TIME = 20
"""Attributes of objects that are fetched at once: the values of one may be five megabytes."""

MISSING = object()

Referring = tuple[int, References]
"""An object's row number, and its references."""


def stage_references(cursor: Cursor[Any], new: Sequence[Referring], known: Mapping[str, Referring]) -> None:
    """new: objects that the connector space does not have. known: by CSO id, those that have other references now.

    Uses the references of known objects up: half a million members are held once.
    """
    if new:
        copy_lines(cursor, TABLE, COLUMNS, _lines(new))
    if known:
        for lines in _differences(cursor, known):
            copy_lines(cursor, TABLE, COLUMNS, lines)


def _lines(referring: Iterable[Referring]) -> Iterator[bytes]:
    for number, references in referring:
        for attribute_id, text in pairs_of(references):
            yield gained_line(number, attribute_id, text)


def _differences(cursor: Cursor[Any], known: Mapping[str, Referring]) -> Iterator[Iterator[bytes]]:
    """Lines for one attribute of one object at a time, and then for attributes that had no value."""
    with cursor.connection.cursor(name="references_of") as reading:
        reading.itersize = VALUES_AT_A_TIME
        for cso_id, attribute_id, texts in reading.execute(sql("references_of"), {"ids": array_of(known)}):
            number, references = known[cso_id]
            has = references.pop(attribute_id, {})
            lost = [text for text in orjson.loads(texts) if has.pop(text, MISSING) is MISSING]
            yield _changes(number, attribute_id, has, lost)
    yield _lines(known.values())


def _changes(number: int, attribute_id: int, gained: Iterable[str], lost: Iterable[str]) -> Iterator[bytes]:
    for text in gained:
        yield gained_line(number, attribute_id, text)
    for text in lost:
        yield lost_line(number, attribute_id, text)


def gained_line(number: int, attribute_id: int, text: str) -> bytes:
    """A reference more of the object of that row number."""
    text_hash, name_hash = reference_hashes(text)
    return f"{number}\t{attribute_id}\t{escaped(text)}\t{text_hash}\t{name_hash}\tf\n".encode()


def lost_line(number: int, attribute_id: int, text: str) -> bytes:
    """A reference less."""
    return f"{number}\t{attribute_id}\t{escaped(text)}\t{hash_text(text)}\t{NULL}\tt\n".encode()
