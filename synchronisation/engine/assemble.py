"""Assemble: objects that came in pieces become staged objects, when all is read.

In: `staged_piece` and `piece_reference`, complete. Out: rows of `staged` or `unchanged` as for any other object, of
`rejected` where a piece could not be taken; in `staged_reference` what they gain and lose. Always: references are
streamed, and those that an update does not name are never read: a fingerprint follows from what is gained and lost.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, LiteralString
from uuid import uuid4

import msgspec
import orjson
from psycopg import Cursor

from activities.statistics import object_type_key
from synchronisation.rules.pieces import Piece, Version, shaper_of_versions, versions_of
from synchronisation.rules.shape import Rejection, Shaped
from synchronisation.rules.specification import ObjectType
from synchronisation.rules.values import Document, hash_text, moved_fingerprint

from .bulk import array_of, copy_lines, copy_rows, copy_temporary
from .pages import Page, Run
from .staged_references import COLUMNS, TABLE, gained_line, lost_line
from .staging import REJECTED, STAGED, UNCHANGED, rejected_row, staged_line
from .statements import sql

OBJECTS_AT_A_TIME = 500
"""Their documents are in memory together; the largest parts of them, references, are not."""

REFERENCES_AT_A_TIME = 20_000

PIECE_OF = {"row_number": "bigint", "final_row": "bigint", "cso_id": "uuid", "is_whole": "boolean"}
NOBODY = "00000000-0000-0000-0000-000000000000"
SORTED_IN_MEMORY = "SET LOCAL work_mem = '64MB'"
"""Half a million members of a group that came in parts."""


@dataclass(frozen=True, slots=True)
class Known:
    """The object as the connector space has it, unless it is a placeholder there."""

    cso_id: str
    status: str
    fingerprint: str | None
    reference_fingerprint: str | None
    document: Document


@dataclass(slots=True)
class Candidate:
    """One version of one object. row: its place among what was read."""

    row: int
    source_row: int
    object_type: ObjectType
    external_id: str
    version: Version
    known: Known | None
    known_id: str | None
    references: str | None = None

    @property
    def is_new(self) -> bool:
        return self.known_id is None


def assemble(run: Run, targets: Iterable[ObjectType]) -> None:
    """Make staged objects of all pieces. Part of reading: it begins anew with it."""
    with run.page() as page:
        if page.cursor.execute(sql("any_piece")).fetchone() is None:
            return
        page.cursor.execute(sql("index_staged_references"))
    assembly = _Assembly(run, {kind.id: kind for kind in targets})
    while assembly.page():
        pass


class _Assembly:
    def __init__(self, run: Run, types: Mapping[int, ObjectType]) -> None:
        self.run = run
        self.types = types
        self.shapers = {type_id: shaper_of_versions(kind) for type_id, kind in types.items()}
        self.takes_last = run.specification.run_type == "DeltaImport"
        self.after: tuple[int, str] = (0, NOBODY)

    def page(self) -> bool:
        """Assemble the next objects; False when there are none."""
        with self.run.page() as page:
            parameters = {"type": self.after[0], "hash": self.after[1], "limit": OBJECTS_AT_A_TIME}
            rows = page.cursor.execute(sql("next_pieces"), parameters).fetchall()
            if not rows:
                return False
            self.after = rows[-1][0], rows[-1][1]
            candidates = list(self._candidates(page.cursor, rows))
            self.run.facts["rows"] += len(candidates) - len(rows)
            rejected = [c for c in candidates if c.version.rejection is not None]
            taken = [c for c in candidates if c.version.rejection is None]
            self._reject(page.cursor, rejected)
            self._stage(page, taken)
        return True

    def _candidates(self, cursor: Cursor[Any], rows: Sequence[Sequence[Any]]) -> Iterator[Candidate]:
        """The versions that count: in a delta import the last, in a full one all, which makes them duplicates."""
        known = _known_objects(cursor, {(row[0], row[1]) for row in rows})
        for (type_id, external_hash), pieces in groupby(rows, key=itemgetter(0, 1)):
            given = list(pieces)
            there, known_id = known.get((type_id, external_hash), (None, None))
            read = [(row[2], msgspec.json.decode(row[5], type=Piece)) for row in given]
            versions = versions_of(read, there.document if there else None)
            source_rows = {row[2]: row[3] for row in given}
            for version in versions[-1:] if self.takes_last else versions:
                kind, external_id = self.types[type_id], given[-1][4]
                source_row = source_rows[version.rows[0]]
                yield Candidate(version.rows[-1], source_row, kind, external_id, version, there, known_id)

    def _reject(self, cursor: Cursor[Any], candidates: Sequence[Candidate]) -> None:
        if not candidates:
            return
        rows = []
        for candidate in candidates:
            rejection = candidate.version.rejection
            assert rejection is not None
            known = Rejection(rejection.error_type, rejection.message, candidate.external_id, rejection.display_name)
            rows.append(rejected_row(candidate.row, candidate.source_row, candidate.object_type, known))
        copy_rows(cursor, "rejected", REJECTED, rows)
        copy_rows(cursor, "unchanged", UNCHANGED, map(_seen, candidates))

    def _stage(self, page: Page, candidates: Sequence[Candidate]) -> None:
        """Those that differ from the connector space, with their references."""
        cursor = page.cursor
        present = [c for c in candidates if not c.version.is_delete]
        self._weigh_references(cursor, present)
        shaped = [(c, self._shaped(c)) for c in candidates]
        same = [c for c, shape in shaped if _is_unchanged(c, shape)]
        rows_of_same = {c.row for c in same}
        differing = [(c, shape) for c, shape in shaped if c.row not in rows_of_same]
        copy_rows(cursor, "unchanged", UNCHANGED, map(_seen, same))
        copy_lines(cursor, "staged", STAGED, (staged_line(c.row, shape, c.known_id) for c, shape in differing))
        partial = [c.row for c, _ in differing if not c.version.is_whole]
        if partial:
            cursor.execute(sql("mark_partial"), {"rows": partial})
        for type_id, number in Counter(c.object_type.id for c in candidates).items():
            page.counters[object_type_key(self.types[type_id].name)] += number

    def _shaped(self, candidate: Candidate) -> Shaped:
        shape = self.shapers[candidate.object_type.id]
        return shape(candidate.external_id, candidate.source_row, candidate.version, candidate.references)

    def _weigh_references(self, cursor: Cursor[Any], candidates: Sequence[Candidate]) -> None:
        """Stage what each gains and loses, and find its reference fingerprint."""
        pieces = [(row, c.row, c.known_id, c.version.is_whole) for c in candidates for row in c.version.rows]
        copy_temporary(cursor, "piece_of", PIECE_OF, pieces)
        cursor.execute(SORTED_IN_MEMORY)
        by_row = {c.row: c for c in candidates}
        for c in candidates:
            if not c.version.is_whole and c.known is not None:
                c.references = c.known.reference_fingerprint
        for chunk in _streamed(cursor, "assembled_references"):
            copy_lines(cursor, TABLE, COLUMNS, _lines(chunk, by_row))
            whole = [row for row in chunk if by_row[row[0]].version.is_whole and not row[3]]
            for number, rows in groupby(whole, key=itemgetter(0)):
                candidate = by_row[number]
                gained = [(attribute, text) for _, attribute, text, _ in rows]
                candidate.references = moved_fingerprint(candidate.references, gained, ())
        if all(c.is_new for c in candidates):
            return
        cursor.execute(sql("remove_replaced"))
        cursor.execute(sql("drop_idle_changes"))
        for chunk in _streamed(cursor, "net_changes"):
            for number, rows in groupby(chunk, key=itemgetter(0)):
                changes = list(rows)
                gained = [(attribute, text) for _, attribute, text, is_lost in changes if not is_lost]
                lost = [(attribute, text) for _, attribute, text, is_lost in changes if is_lost]
                by_row[number].references = moved_fingerprint(by_row[number].references, gained, lost)


def _known_objects(
    cursor: Cursor[Any], identities: Iterable[tuple[int, str]]
) -> dict[tuple[int, str], tuple[Known | None, str]]:
    """What the connector space has of them: (the object, its id); a placeholder has an id alone."""
    types, hashes = zip(*identities, strict=True)
    cursor.execute(sql("known_objects"), {"types": list(types), "hashes": array_of(hashes)})
    found: dict[tuple[int, str], tuple[Known | None, str]] = {}
    for type_id, external_hash, cso_id, status, print_of_values, print_of_references, document in cursor:
        known = Known(cso_id, status, print_of_values, print_of_references, orjson.loads(document))
        found[type_id, external_hash] = None if status == "PendingProvisioning" else known, cso_id
    return found


def _seen(candidate: Candidate) -> tuple[int, int, str]:
    """Its row of `unchanged`."""
    return candidate.row, candidate.object_type.id, hash_text(candidate.external_id)


def _is_unchanged(candidate: Candidate, shaped: Shaped) -> bool:
    known = candidate.known
    return (
        known is not None
        and not shaped.is_delete
        and known.status == "Normal"
        and (known.fingerprint, known.reference_fingerprint) == (shaped.fingerprint, shaped.reference_fingerprint)
    )


def _streamed(cursor: Cursor[Any], statement: LiteralString) -> Iterator[list[Any]]:
    """Reference rows, some at a time, in the order of their objects."""
    with cursor.connection.cursor(name=f"read_{uuid4().hex}") as reading:
        reading.execute(sql(statement))
        while rows := reading.fetchmany(REFERENCES_AT_A_TIME):
            yield rows


def _lines(rows: Iterable[tuple[int, int, str, bool]], by_row: Mapping[int, Candidate]) -> Iterator[bytes]:
    """What pieces add and remove; an object that came whole has nothing to remove."""
    for number, attribute, text, is_removal in rows:
        if not is_removal:
            yield gained_line(number, attribute, text)
        elif not by_row[number].version.is_whole:
            yield lost_line(number, attribute, text)
