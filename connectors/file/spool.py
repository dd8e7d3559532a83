"""Spool: all changes of one export, on disk, found again by the object they change.

In: export batches. Out: the changes of an object in the order sent; the result of each batch.
Always: memory does not grow with the export; the disk space is gone when the spool is closed, even by
`kill -9` (SQLite unlinks the file of an unnamed database as soon as it has opened it).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from types import TracebackType
from typing import Self
from uuid import UUID

import orjson

from connectors.contract import ExportBatch, ExportOperation, ExportResult
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
    batch INTEGER NOT NULL,
    key BLOB NOT NULL,
    operation TEXT NOT NULL,
    attributes BLOB NOT NULL
);
CREATE TABLE outcome (
    batch INTEGER NOT NULL,
    key BLOB NOT NULL,
    failure TEXT,
    external_id TEXT,
    PRIMARY KEY (batch, key)
) WITHOUT ROWID;
BEGIN;
"""

_INSERT_CHANGE = """
INSERT INTO change (object_type, external_id, batch, key, operation, attributes) VALUES (?, ?, ?, ?, ?, ?)
"""

# The index is built once everything is there: half the time of keeping it up to date row by row.
_INDEX = "CREATE INDEX change_of_object ON change (external_id, object_type)"

_COLUMNS = "number, object_type, external_id, batch, key, operation, attributes"

_OF_OBJECT = f"""
SELECT {_COLUMNS} FROM change WHERE external_id = ? AND object_type = ? ORDER BY number
"""

_BY_OBJECT = """
SELECT first.number, change.*
FROM change AS first JOIN change USING (external_id, object_type)
WHERE NOT EXISTS (
    SELECT 1 FROM change AS earlier
    WHERE earlier.external_id = first.external_id
        AND earlier.object_type = first.object_type
        AND earlier.number < first.number
)
ORDER BY first.number, change.number
"""


_INSERT_FAILURE = "INSERT OR REPLACE INTO outcome (batch, key, failure) VALUES (?, ?, ?)"
_INSERT_IDENTIFIER = "INSERT OR REPLACE INTO outcome (batch, key, external_id) VALUES (?, ?, ?)"
_OPERATIONS = {operation.value: operation for operation in ExportOperation}

_RESULTS = "SELECT key, failure, external_id FROM outcome WHERE batch = ? ORDER BY key"


@dataclass(slots=True)
class SpooledChange:
    """One object's change in text; not frozen, for speed. number: its place in the order sent, dense from 1."""

    number: int
    object_type: str
    external_id: str
    batch: int
    key: bytes
    operation: ExportOperation
    attributes: Mapping[str, TextChange]


class Spool:
    """A context manager around the changes of one export.

    count: how many changes there are, once adding has finished.
    external_id_attributes: object type -> name of the attribute that identifies its objects, of what was added.
    attributes: names of all attributes that some change writes.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)
        self._batches: list[int] = []
        self.count = 0
        self.external_id_attributes: dict[str, str] = {}
        self.attributes: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, batch: ExportBatch) -> None:
        """Take a batch in; what cannot be written is refused at once."""
        self._batches.append(batch.number)
        self._database.executemany(_INSERT_CHANGE, list(self._rows(batch)))

    def _rows(self, batch: ExportBatch) -> Iterator[tuple[str, str, int, bytes, str, bytes]]:
        for item in batch.objects:
            try:
                external_id = self._renderer.external_id(item)
                changes = self._renderer.changes(item)
                attributes = self._renderer.serialise(external_id, changes)
            except RefusedError as exc:
                self._database.execute(_INSERT_FAILURE, (batch.number, item.key.bytes, str(exc)))
                continue
            if item.external_id is None:
                self._database.execute(_INSERT_IDENTIFIER, (batch.number, item.key.bytes, external_id))
            self.external_id_attributes[item.object_type] = item.external_id_attribute
            self.attributes.update(changes)
            yield item.object_type, external_id, batch.number, item.key.bytes, item.operation, attributes

    def finish_adding(self) -> bool:
        """From here on changes are found by object. False when there are none."""
        self._database.execute(_INDEX)
        (self.count,) = self._database.execute("SELECT count(*) FROM change").fetchone()
        return self.count > 0

    def changes_of(self, object_type: str, external_id: str) -> list[SpooledChange]:
        """All changes of one object, in the order sent."""
        return [_change(row) for row in self._database.execute(_OF_OBJECT, (external_id, object_type))]

    def by_object(self, skip: bytearray) -> Iterator[list[SpooledChange]]:
        """The changes of each object together, objects in the order first sent.

        skip: by change number, 1 for those of objects to leave out.
        """
        if skip.count(1) == self.count:
            return
        for number, rows in groupby(self._database.execute(_BY_OBJECT), key=itemgetter(0)):
            if not skip[number]:
                yield [_change(row[1:]) for row in rows]

    def refuse(self, change: SpooledChange, why: str) -> None:
        """Record that a change was not written."""
        self._database.execute(_INSERT_FAILURE, (change.batch, change.key, why))

    def results(self) -> Iterator[ExportResult]:
        """One result for every batch, in the order added."""
        for number in self._batches:
            outcomes = self._database.execute(_RESULTS, (number,)).fetchall()
            yield ExportResult(
                number,
                failures={UUID(bytes=key): failure for key, failure, _ in outcomes if failure is not None},
                external_ids={UUID(bytes=key): given for key, failure, given in outcomes if failure is None},
            )


def _change(row: tuple[int, str, str, int, bytes, str, bytes]) -> SpooledChange:
    number, object_type, external_id, batch, key, operation, attributes = row
    return SpooledChange(
        number, object_type, external_id, batch, key, _OPERATIONS[operation], orjson.loads(attributes)
    )
