"""Staged references: what the objects that were read gain and lose.

In: the references of a page's new and changed objects. Out: rows of `staged_reference`, hashed. Always: of an object
that the connector space has, the difference alone is written, so that one member more of half a million is one row.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from psycopg import Cursor

from synchronisation.rules.values import hash_text, reference_hashes

from .bulk import NULL, array_of, copy_lines, escaped
from .statements import sql

TABLE = "staged_reference"
COLUMNS = ("row_number", "attribute_id", "text", "text_hash", "name_hash", "is_lost")

VALUES_AT_A_TIME = 20
"""Attributes of objects that are fetched at once: the values of one may be five megabytes."""

Reference = tuple[int, str]
"""Attribute id and text."""

Referring = tuple[int, Sequence[Reference]]
"""An object's row number, and its references."""


def stage_references(cursor: Cursor[Any], new: Sequence[Referring], known: Mapping[str, Referring]) -> None:
    """new: objects that the connector space does not have. known: by CSO id, those that have other references now."""
    if new:
        copy_lines(cursor, TABLE, COLUMNS, _lines(new))
    if known:
        for lines in _differences(cursor, known):
            copy_lines(cursor, TABLE, COLUMNS, lines)


def _lines(referring: Sequence[Referring]) -> Iterator[bytes]:
    for number, references in referring:
        for attribute_id, text in references:
            yield gained_line(number, attribute_id, text)


def _differences(cursor: Cursor[Any], known: Mapping[str, Referring]) -> Iterator[Iterator[bytes]]:
    """Lines for one attribute of one object at a time."""
    read: dict[tuple[str, int], set[str]] = defaultdict(set)
    for cso_id, (_, references) in known.items():
        for attribute_id, text in references:
            read[cso_id, attribute_id].add(text)
    with cursor.connection.cursor(name="references_of") as reading:
        reading.itersize = VALUES_AT_A_TIME
        for cso_id, attribute_id, texts in reading.execute(sql("references_of"), {"ids": array_of(known)}):
            had, has = orjson.loads(texts), read.pop((cso_id, attribute_id), set())
            gained, lost = has.difference(had), [text for text in had if text not in has]
            yield _changes(known[cso_id][0], attribute_id, gained, lost)
    for (cso_id, attribute_id), gained in read.items():
        yield _changes(known[cso_id][0], attribute_id, gained, ())


def _changes(number: int, attribute_id: int, gained: set[str], lost: Sequence[str]) -> Iterator[bytes]:
    for text in sorted(gained):
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
