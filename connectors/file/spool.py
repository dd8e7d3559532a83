"""Spool: all changes of one export, on disk, found again by the object they change.

In: export batches. Out: the changes of an object in the order sent; the result of each batch.
Always: memory does not grow with the export; the disk space is gone when the spool is closed, even by
`kill -9` (SQLite unlinks the file of an unnamed database as soon as it has opened it).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from uuid import UUID

import orjson

from connectors.contract import ExportBatch, ExportObject, ExportOperation, ExportResult
from connectors.file.cells import RefusedError, Renderer, TextChange

_CACHE_KIBIBYTES = 32 * 1024

_SCHEMA = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -{_CACHE_KIBIBYTES};
CREATE TABLE change (
    number INTEGER PRIMARY KEY,
    object_type TEXT NOT NULL,
    external_id TEXT NOT NULL,
    content BLOB NOT NULL
);
CREATE TABLE outcome (
    batch INTEGER NOT NULL,
    key TEXT NOT NULL,
    failure TEXT,
    external_id TEXT,
    PRIMARY KEY (batch, key)
) WITHOUT ROWID;
BEGIN;
"""

# content is one JSON list of what is never searched for: binding it as four columns took twice the time.
_INSERT_CHANGE = "INSERT INTO change (object_type, external_id, content) VALUES (?, ?, ?)"
_INSERT_FAILURE = "INSERT OR REPLACE INTO outcome (batch, key, failure) VALUES (?, ?, ?)"
_INSERT_IDENTIFIER = "INSERT INTO outcome (batch, key, external_id) VALUES (?, ?, ?)"

# Built once everything is there, at a third of what keeping it up to date would cost.
_INDEX = "CREATE INDEX change_of_object ON change (external_id, object_type)"
_COUNTS = """
SELECT (SELECT count(*) FROM change), (SELECT count(*) FROM (SELECT DISTINCT external_id, object_type FROM change))
"""

_IN_ORDER = "SELECT number, object_type, external_id, content FROM change ORDER BY number"
_OF_OBJECT = """
SELECT number, object_type, external_id, content FROM change
WHERE external_id = ? AND object_type = ?
ORDER BY number
"""
_RESULTS = "SELECT key, failure, external_id FROM outcome WHERE batch = ? ORDER BY key"

_OPERATIONS = {operation.value: operation for operation in ExportOperation}


@dataclass(slots=True)
class SpooledChange:
    """One object's change in text; not frozen, for speed. number: its place in the order sent, dense from 1."""

    number: int
    object_type: str
    external_id: str
    batch: int
    key: str
    operation: ExportOperation
    attributes: Mapping[str, TextChange]


class Spool:
    """A context manager around the changes of one export: first add, then find.

    external_id_attributes: object type -> name of the attribute that identifies its objects, of what was added.
    count: how many changes there are. repeats: whether an object has several.
    """

    def __init__(self, renderer: Renderer) -> None:
        self.external_id_attributes: dict[str, str] = {}
        self.count = 0
        self.repeats = False
        self._renderer = renderer
        self._batches: list[int] = []
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, batch: ExportBatch) -> None:
        """Take a batch in; what cannot be written is refused at once."""
        self._batches.append(batch.number)
        rows = []
        for item in batch.objects:
            try:
                rows.append(self._row(batch.number, item))
            except RefusedError as exc:
                self._database.execute(_INSERT_FAILURE, (batch.number, str(item.key), str(exc)))
        self._database.executemany(_INSERT_CHANGE, rows)

    def _row(self, batch: int, item: ExportObject) -> tuple[str, str, bytes]:
        external_id = self._renderer.external_id(item)
        changes = self._renderer.changes(item)
        row = item.object_type, external_id, self._renderer.serialise(batch, item, external_id, changes)
        if item.external_id is None:
            self._database.execute(_INSERT_IDENTIFIER, (batch, str(item.key), external_id))
        self.external_id_attributes[item.object_type] = item.external_id_attribute
        return row

    def finish_adding(self) -> bool:
        """From here on changes can be found. False when there are none."""
        self._database.execute(_INDEX)
        self.count, objects = self._database.execute(_COUNTS).fetchone()
        self.repeats = objects < self.count
        return self.count > 0

    def changes_of(self, object_type: str, external_id: str) -> list[SpooledChange]:
        """All changes of one object, in the order sent."""
        return [_change(row) for row in self._database.execute(_OF_OBJECT, (external_id, object_type))]

    def in_order(self, skip: bytearray) -> Iterator[SpooledChange]:
        """Changes in the order sent. skip: by change number, 1 for those to leave out; read as they are reached."""
        if skip.count(1) < self.count:
            yield from (_change(row) for row in self._database.execute(_IN_ORDER) if not skip[row[0]])

    def refuse(self, change: SpooledChange, why: str) -> None:
        """Record that a change was not written."""
        self._database.execute(_INSERT_FAILURE, (change.batch, change.key, why))

    def results(self) -> Iterator[ExportResult]:
        """One result for every batch, in the order added."""
        for number in self._batches:
            outcomes = self._database.execute(_RESULTS, (number,)).fetchall()
            yield ExportResult(
                number,
                failures={UUID(key): failure for key, failure, _ in outcomes if failure is not None},
                external_ids={UUID(key): given for key, failure, given in outcomes if failure is None},
            )


def _change(row: tuple[int, str, str, bytes]) -> SpooledChange:
    number, object_type, external_id, content = row
    batch, key, operation, attributes = orjson.loads(content)
    return SpooledChange(number, object_type, external_id, batch, key, _OPERATIONS[operation], attributes)
