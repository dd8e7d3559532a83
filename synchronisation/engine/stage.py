"""Stage: read the whole source into the run's staging tables. The connector space stays untouched.

In: the connector's batches. Out: `staged` with references for what is new or differs from the connector space, a
narrow `unchanged` row for what does not, `rejected` for what cannot be imported; `seen` is all with an external ID.
Always: memory holds one page. A run that was interrupted while reading reads again from the old watermark.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from django.db.models import QuerySet

from activities.statistics import OBJECT_TYPE_PREFIX, object_type_key
from connectors.contract import ImportBatch, ImportObject, ImportRequest
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem, ConnectorSpaceObject, Watermark
from synchronisation.rules import values
from synchronisation.rules.pieces import PieceReader, piece_reader_for
from synchronisation.rules.shape import Rejection, Shaped, Shaper, shaper_for
from synchronisation.rules.specification import ImportScope, ObjectType, Specification

from .assemble import assemble
from .bulk import array_of, copy_lines, copy_rows
from .errors import RunFailedError
from .lanes import Lanes, Turn
from .pages import Page, Run
from .retry import keep_trying
from .staged_references import Referring, stage_references
from .staging import (
    PIECE_REFERENCE,
    REJECTED,
    STAGED,
    STAGED_PIECE,
    UNCHANGED,
    rejected_row,
    staged_line,
)
from .statements import sql

ANALYZE_STAGED = "ANALYZE staged (row_number, object_type_id, external_id_hash, secondary_external_id_hash, is_new)"
ANALYZE_REFERENCES = "ANALYZE staged_reference (row_number, attribute_id, text_hash)"
NO_SUCH_TYPE = "CouldNotMatchObjectType"

LOOK_UP_BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
"""Up to 100,000 objects the planner would rather scan the connector space for every page: 9.5 us an object, not 6.5."""

REFERENCES_A_PAGE = 100_000
"""A page ends with the object that reaches it: 2,000 groups in a row may have a million members, which take 130 bytes
each until they are written."""

Known = tuple[str | None, bool]
"""The CSO that an object is (None: there is none), and whether it has other references now."""

NEW: Known = (None, True)


Request = tuple[ImportScope, ImportRequest]


class Part(NamedTuple):
    """The rows that were read from one partition, or from a store without any: those after `after` up to `last`."""

    partition_id: int | None
    after: int
    last: int


@dataclass(slots=True)
class Target:
    """Where the objects of one type go."""

    object_type: ObjectType
    shape: Shaper
    read_piece: PieceReader


@dataclass(slots=True)
class ReadPage:
    """One page of objects as they were read. Numbers are row numbers: an object's place in what the run reads.

    read: how many objects; taken: those that can be imported; rejected: rows about the others; seen: rows of
    `unchanged` for those of the others whose external ID is known. pieces, steps: rows about those that are not whole.
    """

    read: int = 0
    taken: list[tuple[int, Shaped]] = field(default_factory=list)
    rejected: list[tuple[Any, ...]] = field(default_factory=list)
    seen: list[tuple[Any, ...]] = field(default_factory=list)
    pieces: list[tuple[Any, ...]] = field(default_factory=list)
    steps: list[tuple[Any, ...]] = field(default_factory=list)


def read(run: Run) -> None:
    """Read everything; `read_complete` is the phase's end. Raises: ConnectorError, RunFailedError."""
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    targets = _targets(run)
    requests = [(scope, _request(run, targets, scope)) for scope in run.specification.scopes]
    if not requests:
        _warn_of_nothing(run)
    keep_trying(run, partial(_read_all, run, system, targets, requests))
    assemble(run, [target.object_type for target in targets.values()])
    with run.page() as page:
        page.cursor.execute("ANALYZE unchanged")
        page.cursor.execute(ANALYZE_STAGED)
        page.cursor.execute(ANALYZE_REFERENCES)


def _read_all(run: Run, system: ConnectedSystem, targets: dict[str, Target], requests: Sequence[Request]) -> None:
    """Read from the start, whatever was read before, one part of the store after the other."""
    _start_over(run)
    reading = _Reading(run, targets)
    parts = []
    with connector_for(system) as connector, Lanes(1) as behind:
        for scope, request in requests:
            before = reading.row_number
            for page in reading.pages(scope.partition_id, connector.read(request)):
                behind.submit(partial(reading.write, page))
            parts.append((scope.partition_id, before, reading.row_number))
    run.facts["parts"] = parts
    run.facts["rows"] = reading.row_number


def parts_of(run: Run) -> list[Part]:
    """What was read, in order; each page of it is of one part."""
    return [Part(*part) for part in run.facts["parts"]]


def _warn_of_nothing(run: Run) -> None:
    run.warn(
        f"Nothing was read from {run.specification.system.name}: no partition that the run may read is selected, or no "
        "container in it. Select what is to be read, then run the import again."
    )


def _targets(run: Run) -> dict[str, Target]:
    """Type name -> target, for the selected types with an external ID."""
    partial_updates = takes_updates(run.specification)
    return {
        object_type.name: Target(
            object_type, shaper_for(object_type), piece_reader_for(object_type, partial=partial_updates)
        )
        for object_type in run.specification.own_types()
        if object_type.selected and object_type.external_id is not None
    }


def takes_updates(specification: Specification) -> bool:
    """Whether what is read may name what changed of an object only."""
    return specification.system.partial_updates and specification.run_type == "DeltaImport"


def _request(run: Run, targets: dict[str, Target], scope: ImportScope) -> ImportRequest:
    specification = run.specification
    is_delta = specification.run_type == "DeltaImport"
    return ImportRequest(
        object_types={name: [a.name for a in target.object_type.imported] for name, target in targets.items()},
        multi_valued={
            name: frozenset(a.name for a in target.object_type.attributes if a.multi_valued)
            for name, target in targets.items()
        },
        delta=is_delta,
        partition=scope.partition,
        containers=scope.containers,
        watermark=_watermark(run, scope) if is_delta else None,
        page_size=min(specification.page_size, run.page_size),
        file_path=specification.file_path,
    )


def _watermark(run: Run, scope: ImportScope) -> str:
    found = watermarks_of(run.specification.system.id, scope.partition_id).first()
    if found is None:
        where = f" of {scope.partition} since it was selected" if scope.partition else ""
        raise RunFailedError(
            f"A delta import goes on from an earlier import, and there was none{where}: run a full import first."
        )
    return found.position


def watermarks_of(system_id: int, partition_id: int | None) -> QuerySet[Watermark]:
    """The stored position of a partition, or of the whole store."""
    of_system = Watermark.objects.filter(system_id=system_id)
    return of_system.filter(partition=None) if partition_id is None else of_system.filter(partition=partition_id)


def _start_over(run: Run) -> None:
    """Forget what an interrupted reading staged."""
    with run.page() as page:
        page.cursor.execute(sql("forget_read"))
        run.objects_processed = 0
        run.facts["watermarks"] = []
        for key in [key for key in run.counters if key.startswith(OBJECT_TYPE_PREFIX)]:
            del run.counters[key]


class _Reading:
    """Reads pages, and writes one while the next is read; carries the row number from page to page.

    counters: object type id -> the activity's counter of its objects. is_first: the connector space holds nothing yet.
    in_pieces: what is read may be what changed only, so that an object is known when all is read.
    """

    def __init__(self, run: Run, targets: dict[str, Target]) -> None:
        self.run = run
        self.targets = targets
        self.counters = {target.object_type.id: object_type_key(name) for name, target in targets.items()}
        self.unselected = {t.name for t in run.specification.own_types() if not t.selected}
        self.in_pieces = takes_updates(run.specification)
        self.is_first = not ConnectorSpaceObject.objects.filter(system=run.specification.system.id).exists()
        self.row_number = 0

    def pages(self, partition_id: int | None, batches: Iterable[ImportBatch]) -> Iterator[ReadPage]:
        """The engine's own pages of one part of the store, whatever the connector yields at a time."""
        objects = self._watched(partition_id, batches)
        while (page := self._page(islice(objects, self.run.page_size))).read:
            yield page

    def _watched(self, partition_id: int | None, batches: Iterable[ImportBatch]) -> Iterator[ImportObject]:
        """The objects of all batches; notes watermark and total on the way."""
        before = self.row_number
        for batch in batches:
            if batch.watermark is not None:
                self.run.facts["watermarks"].append((partition_id, batch.watermark))
            if batch.total is not None:
                self.run.expect(before + batch.total)
            yield from batch.objects

    def _page(self, objects: Iterable[ImportObject]) -> ReadPage:
        """The next objects, as many as fit; they take shape as they come, so that memory holds what is written."""
        page, before = ReadPage(), self.row_number
        taken, references = page.taken, 0
        for row_number, source in enumerate(objects, before + 1):
            self.row_number = row_number
            target = self.targets.get(source.object_type)
            if target is None:
                self._refuse_type(page, row_number, source)
                continue
            if source.part or self.in_pieces:
                self._put_aside(page, row_number, source, target)
                continue
            shaped = target.shape(source)
            if isinstance(shaped, Rejection):
                self._reject(page, row_number, source, target.object_type, shaped)
                continue
            taken.append((row_number, shaped))
            if shaped.references:
                references += sum(map(len, shaped.references.values()))
                if references >= REFERENCES_A_PAGE:
                    break
        page.read = self.row_number - before
        return page

    def _refuse_type(self, page: ReadPage, row_number: int, source: ImportObject) -> None:
        """An unknown type, or one without an external ID, is an error; one that is not selected is ignored."""
        if source.object_type in self.unselected:
            return
        message = (
            f"the object type {source.object_type!r} is not in the schema, or has no external ID attribute set: "
            "import the schema again, or choose its external ID"
        )
        page.rejected.append(
            (row_number, source.row, source.object_type, None, None, None, None, NO_SUCH_TYPE, message)
        )

    def _reject(
        self, page: ReadPage, row_number: int, source: ImportObject, object_type: ObjectType, rejection: Rejection
    ) -> None:
        """Keep why; an object whose external ID is known still counts as seen, so it is not taken for missing."""
        page.rejected.append(rejected_row(row_number, source.row, object_type, rejection))
        if rejection.external_id is not None:
            page.seen.append((row_number, object_type.id, values.hash_text(rejection.external_id)))

    def _put_aside(self, page: ReadPage, row_number: int, source: ImportObject, target: Target) -> None:
        """A piece of an object waits for the others."""
        taken = target.read_piece(source)
        if isinstance(taken, Rejection):
            self._reject(page, row_number, source, target.object_type, taken)
            return
        external_id, piece, steps = taken
        content = msgspec.json.encode(piece).decode()
        external_hash = values.hash_text(external_id)
        page.pieces.append((target.object_type.id, external_hash, row_number, source.row, external_id, content))
        page.steps += [(row_number, *step) for step in steps]

    def write(self, read: ReadPage, turn: Turn) -> None:
        """Write one page to the staging tables."""
        with self.run.page(turn=turn) as page:
            self._stage(page, read.taken)
            for table, columns, rows in (
                ("unchanged", UNCHANGED, read.seen),
                ("rejected", REJECTED, read.rejected),
                ("staged_piece", STAGED_PIECE, read.pieces),
                ("piece_reference", PIECE_REFERENCE, read.steps),
            ):
                if rows:
                    copy_rows(page.cursor, table, columns, rows)
            page.processed = read.read
            for type_id, number in Counter([shaped.object_type_id for _, shaped in read.taken]).items():
                page.counters[self.counters[type_id]] += number

    def _stage(self, page: Page, taken: list[tuple[int, Shaped]]) -> None:
        """What is new or differs from the connector space, and its references; in a first import that is all."""
        known: dict[int, Known] = {}
        if not self.is_first:
            known = _changed(page, taken)
            taken = [(number, shaped) for number, shaped in taken if number in known]
        lines = (staged_line(number, shaped, known.get(number, NEW)[0]) for number, shaped in taken)
        copy_lines(page.cursor, "staged", STAGED, lines)
        new: list[Referring] = []
        changed: dict[str, Referring] = {}
        for number, shaped in taken:
            cso_id, differs = known.get(number, NEW)
            if cso_id is None:
                if shaped.references:
                    new.append((number, shaped.references))
            elif differs and not shaped.is_delete:
                changed[cso_id] = number, shaped.references
        stage_references(page.cursor, new, changed)


def _changed(page: Page, taken: list[tuple[int, Shaped]]) -> dict[int, Known]:
    """By row number, what is new or differs; the others are noted as unchanged."""
    shapes = [shaped for _, shaped in taken]
    page.cursor.execute(LOOK_UP_BY_INDEX)
    page.cursor.execute(
        sql("compare_page"),
        {
            "row_numbers": array_of([str(number) for number, _ in taken]),
            "types": array_of([str(shaped.object_type_id) for shaped in shapes]),
            "hashes": array_of([shaped.external_id_hash for shaped in shapes]),
            # what is deleted equals nothing
            "fingerprints": array_of(["NULL" if shaped.is_delete else shaped.fingerprint for shaped in shapes]),
            "reference_fingerprints": array_of([shaped.reference_fingerprint or "NULL" for shaped in shapes]),
        },
    )
    return {number: (cso_id, differs) for number, cso_id, differs in page.cursor}
