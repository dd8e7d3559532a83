"""Spool: the changes of one export, on disk, found again by the object they change.

In: changes in the order sent, by batch. Out: the changes of an object; the result of each batch.
Always: memory stays flat, but for two numbers per batch; the disk space is gone when the spool is closed, even by
`kill -9` (SQLite unlinks the file of an unnamed database as soon as it has opened it).
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from connectors.contract import ExportResult
from connectors.file.changes import KeptChange

_CACHE_KIBIBYTES = 32 * 1024

_REMEMBERED = 50_000
"""With no more changes than this their external IDs, some 5 MiB, are kept in memory too: a large file with few changes
is then merged without asking the database about each row."""

# Three texts: a column more costs a microsecond for each change.
_SCHEMA = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -{_CACHE_KIBIBYTES};
CREATE TABLE change (
    number INTEGER PRIMARY KEY,
    object_type TEXT NOT NULL,
    external_id TEXT NOT NULL,
    kept TEXT NOT NULL
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

_INSERT_CHANGE = "INSERT INTO change (object_type, external_id, kept) VALUES (?, ?, ?)"
_INSERT_FAILURE = "INSERT OR REPLACE INTO outcome (batch, key, failure) VALUES (?, ?, ?)"
_INSERT_IDENTIFIER = "INSERT OR REPLACE INTO outcome (batch, key, external_id) VALUES (?, ?, ?)"

# Built once everything is there, at a third of what keeping it up to date would cost.
_INDEX = "CREATE INDEX change_of_object ON change (external_id, object_type)"
_EXTERNAL_IDS = "SELECT external_id FROM change"
_COUNT_OBJECTS = "SELECT count(*) FROM (SELECT DISTINCT external_id, object_type FROM change)"

_IN_ORDER = "SELECT number, object_type, external_id, kept FROM change ORDER BY number"
_OF_OBJECT = """
SELECT number, object_type, external_id, kept FROM change
WHERE external_id = ? AND object_type = ?
ORDER BY number
"""
_RESULTS = "SELECT key, failure, external_id FROM outcome WHERE batch = ? ORDER BY key"


class Spool:
    """A context manager: first add batches, then find their changes.

    count: how many changes there are. repeats: whether an object has several; known once adding has finished.
    """

    def __init__(self) -> None:
        self.count = 0
        self.repeats = False
        self._external_ids: set[str] | None = None
        self._batches: list[int] = []
        self._first_numbers: list[int] = []
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, batch: int, changes: Sequence[tuple[str, str, str]]) -> None:
        """changes: object type, external ID and what is kept of each."""
        self._batches.append(batch)
        self._first_numbers.append(self.count + 1)
        self._database.executemany(_INSERT_CHANGE, changes)
        self.count += len(changes)

    def finish_adding(self) -> None:
        """From here on changes can be found."""
        self._database.execute(_INDEX)
        if self.count <= _REMEMBERED:
            self._external_ids = {external_id for (external_id,) in self._database.execute(_EXTERNAL_IDS)}
        (objects,) = self._database.execute(_COUNT_OBJECTS).fetchone()
        self.repeats = objects < self.count

    def changes_of(self, object_type: str, external_id: str) -> list[KeptChange]:
        """All changes of one object, in the order sent."""
        if self._external_ids is not None and external_id not in self._external_ids:
            return []
        return [KeptChange(*row) for row in self._database.execute(_OF_OBJECT, (external_id, object_type))]

    def in_order(self, skip: bytearray) -> Iterator[KeptChange]:
        """Changes in the order sent. skip: by change number, 1 for those to leave out; read as they are reached."""
        if skip.count(1) < self.count:
            yield from (KeptChange(*row) for row in self._database.execute(_IN_ORDER) if not skip[row[0]])

    def refuse(self, batch: int, key: str, why: str) -> None:
        """Record that one object of a batch was not written. key: its own."""
        self._database.execute(_INSERT_FAILURE, (batch, key, why))

    def refuse_change(self, change: KeptChange, why: str) -> None:
        batch = self._batches[bisect_right(self._first_numbers, change.number) - 1]
        self.refuse(batch, change.key, why)

    def identify(self, batch: int, key: str, external_id: str) -> None:
        """Record the identifier of an object that was sent without one."""
        self._database.execute(_INSERT_IDENTIFIER, (batch, key, external_id))

    def results(self) -> Iterator[ExportResult]:
        """One result for every batch, in the order added."""
        for batch in self._batches:
            outcomes = self._database.execute(_RESULTS, (batch,)).fetchall()
            yield ExportResult(
                batch,
                failures={key: failure for key, failure, _ in outcomes if failure is not None},
                external_ids={key: given for key, failure, given in outcomes if failure is None},
            )
