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
from typing import Any

from django.db.models import QuerySet
from uuid_utils import uuid7

from activities.statistics import OBJECT_TYPE_PREFIX, object_type_key
from connectors.contract import ImportBatch, ImportObject, ImportRequest
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem, ConnectorSpaceObject, Watermark
from synchronisation.rules import values
from synchronisation.rules.shape import Rejection, Shaped, Shaper, shaper_for
from synchronisation.rules.specification import ImportScope, ObjectType

from .bulk import NULL, array_of, copy_lines, copy_rows, escaped
from .errors import RunFailedError
from .lanes import Lanes, Turn
from .pages import Page, Run
from .retry import keep_trying
from .statements import sql

UNCHANGED = ("row_number", "object_type_id", "external_id_hash")
STAGED = (
    "row_number", "source_row", "cso_id", "is_new", "is_delete", "object_type_id", "external_id", "external_id_hash",
    "secondary_external_id_hash", "display_name", "fingerprint", "reference_fingerprint", "partition_id", "document",
)  # fmt: skip
STAGED_REFERENCE = ("row_number", "attribute_id", "text", "text_hash", "name_hash")
REJECTED = (
    "row_number", "source_row", "object_type", "external_id", "external_id_hash", "object_type_id", "display_name",
    "error_type", "message",
)  # fmt: skip
ANALYZE_STAGED = "ANALYZE staged (row_number, object_type_id, external_id_hash, secondary_external_id_hash, is_new)"
ANALYZE_REFERENCES = "ANALYZE staged_reference (row_number, attribute_id, text_hash)"
NO_SUCH_TYPE = "CouldNotMatchObjectType"

LOOK_UP_BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
"""Up to 100,000 objects the planner would rather scan the connector space for every page: 9.5 us an object, not 6.5."""

Request = tuple[ImportScope, ImportRequest]

NewReferences = tuple[int, bool, list[tuple[int, str]]]
"""(row number, whether the object is new to the connector space, its references: attribute id and text)."""


@dataclass(slots=True)
class Target:
    """Where the objects of one type go."""

    object_type: ObjectType
    shape: Shaper


@dataclass(slots=True)
class ReadPage:
    """One page of objects as they were read. Numbers are row numbers: an object's place in what the run reads.

    partition_id: where they were read. read: how many objects; taken: those that can be imported; rejected: rows about
    the others; seen: rows of `unchanged` for those of the others whose external ID is known.
    """

    partition_id: int | None
    read: int = 0
    taken: list[tuple[int, Shaped]] = field(default_factory=list)
    rejected: list[tuple[Any, ...]] = field(default_factory=list)
    seen: list[tuple[Any, ...]] = field(default_factory=list)


def read(run: Run) -> None:
    """Read everything; `read_complete` is the phase's end. Raises: ConnectorError, RunFailedError."""
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    targets = _targets(run)
    requests = [(scope, _request(run, targets, scope)) for scope in run.specification.scopes]
    if not requests:
        _warn_of_nothing(run)
    keep_trying(run, partial(_read_all, run, system, targets, requests))
    with run.page() as page:
        page.cursor.execute("ANALYZE unchanged")
        page.cursor.execute(ANALYZE_STAGED)
        page.cursor.execute(ANALYZE_REFERENCES)


def _read_all(run: Run, system: ConnectedSystem, targets: dict[str, Target], requests: Sequence[Request]) -> None:
    """Read from the start, whatever was read before, one part of the store after the other."""
    _start_over(run)
    reading = _Reading(run, targets)
    with connector_for(system) as connector, Lanes(1) as behind:
        for scope, request in requests:
            for page in reading.pages(scope, connector.read(request)):
                behind.submit(partial(reading.write, page))
    run.facts["rows"] = reading.row_number


def _warn_of_nothing(run: Run) -> None:
    run.warn(
        f"Nothing was read from {run.specification.system.name}: no partition that the run may read is selected, or no "
        "container in it. Select what is to be read, then run the import again."
    )


def _targets(run: Run) -> dict[str, Target]:
    """Type name -> target, for the selected types with an external ID."""
    return {
        object_type.name: Target(object_type, shaper_for(object_type))
        for object_type in run.specification.own_types()
        if object_type.selected and object_type.external_id is not None
    }


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
        where = f" of {scope.partition}" if scope.partition else ""
        raise RunFailedError(
            f"A delta import goes on from an earlier import{where}, and there was none since it was last selected: "
            "run a full import first."
        )
    return found.position


def watermarks_of(system_id: int, partition_id: int | None) -> QuerySet[Watermark]:
    """The stored position of a partition, or of the whole store."""
    of_system = Watermark.objects.filter(system_id=system_id)
    return of_system.filter(partition=None) if partition_id is None else of_system.filter(partition=partition_id)


def _start_over(run: Run) -> None:
    """Forget what an interrupted reading staged."""
    with run.page() as page:
        page.cursor.execute("TRUNCATE unchanged, staged, staged_reference, rejected")
        run.objects_processed = 0
        run.facts["watermarks"] = []
        for key in [key for key in run.counters if key.startswith(OBJECT_TYPE_PREFIX)]:
            del run.counters[key]


class _Reading:
    """Reads pages, and writes one while the next is read; carries the row number from page to page.

    counters: object type id -> the activity's counter of its objects. is_first: the connector space holds nothing yet.
    """

    def __init__(self, run: Run, targets: dict[str, Target]) -> None:
        self.run = run
        self.targets = targets
        self.counters = {target.object_type.id: object_type_key(name) for name, target in targets.items()}
        self.unselected = {t.name for t in run.specification.own_types() if not t.selected}
        self.is_first = not ConnectorSpaceObject.objects.filter(system=run.specification.system.id).exists()
        self.row_number = 0

    def pages(self, scope: ImportScope, batches: Iterable[ImportBatch]) -> Iterator[ReadPage]:
        """The engine's own pages of one part of the store, whatever the connector yields at a time."""
        objects = self._watched(scope.partition_id, batches)
        while (page := self._page(scope.partition_id, islice(objects, self.run.page_size))).read:
            yield page

    def _watched(self, partition_id: int | None, batches: Iterable[ImportBatch]) -> Iterator[ImportObject]:
        """The objects of all batches; notes watermark and total on the way."""
        before = self.row_number
        for batch in batches:
            if batch.watermark is not None:
                self.run.facts.setdefault("watermarks", []).append((partition_id, batch.watermark))
            if batch.total is not None:
                self.run.expect(before + batch.total)
            yield from batch.objects

    def _page(self, partition_id: int | None, objects: Iterable[ImportObject]) -> ReadPage:
        """Objects take shape as they come, so that memory holds what is written of a page, not what was read."""
        page, before = ReadPage(partition_id), self.row_number
        taken = page.taken
        for row_number, source in enumerate(objects, before + 1):
            self.row_number = row_number
            target = self.targets.get(source.object_type)
            if target is None:
                self._refuse_type(page, row_number, source)
                continue
            shaped = target.shape(source)
            if isinstance(shaped, Rejection):
                self._reject(page, row_number, source, target.object_type, shaped)
                continue
            taken.append((row_number, shaped))
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
        known_hash = values.hash_text(rejection.external_id) if rejection.external_id is not None else None
        message = f"row {source.row}: {rejection.message}" if source.row else rejection.message
        page.rejected.append((
            row_number, source.row, object_type.name, rejection.external_id, known_hash, object_type.id,
            rejection.display_name, rejection.error_type, message,
        ))  # fmt: skip
        if known_hash is not None:
            page.seen.append((row_number, object_type.id, known_hash))

    def write(self, read: ReadPage, turn: Turn) -> None:
        """Write one page to the staging tables."""
        references: list[NewReferences] = []
        with self.run.page(turn=turn) as page:
            copy_lines(page.cursor, "staged", STAGED, self._staged_lines(page, read, references))
            for table, columns, rows in (("unchanged", UNCHANGED, read.seen), ("rejected", REJECTED, read.rejected)):
                if rows:
                    copy_rows(page.cursor, table, columns, rows)
            if references:
                copy_lines(page.cursor, "staged_reference", STAGED_REFERENCE, _reference_lines(references))
            page.processed = read.read
            for type_id, number in Counter([shaped.object_type_id for _, shaped in read.taken]).items():
                page.counters[self.counters[type_id]] += number

    def _staged_lines(self, page: Page, read: ReadPage, references: list[NewReferences]) -> Iterator[bytes]:
        """Lines of `staged` for what is new or differs from the connector space; in a first import that is all."""
        where = NULL if read.partition_id is None else str(read.partition_id)
        if self.is_first:
            return (_staged_line(references, number, shaped, None, where) for number, shaped in read.taken)
        changed = _changed(page, read)
        return (
            _staged_line(references, number, shaped, changed[number], where)
            for number, shaped in read.taken
            if number in changed
        )


def _changed(page: Page, read: ReadPage) -> dict[int, str | None]:
    """Row number -> CSO id (None: there is none) of what is new or differs; the others are noted as unchanged."""
    shapes = [shaped for _, shaped in read.taken]
    page.cursor.execute(LOOK_UP_BY_INDEX)
    page.cursor.execute(
        sql("compare_page"),
        {
            "partition": read.partition_id,
            "row_numbers": array_of([str(number) for number, _ in read.taken]),
            "types": array_of([str(shaped.object_type_id) for shaped in shapes]),
            "hashes": array_of([shaped.external_id_hash for shaped in shapes]),
            # what is deleted equals nothing
            "fingerprints": array_of(["NULL" if shaped.is_delete else shaped.fingerprint for shaped in shapes]),
            "reference_fingerprints": array_of([shaped.reference_fingerprint or "NULL" for shaped in shapes]),
        },
    )
    return dict(page.cursor.fetchall())


def _staged_line(
    references: list[NewReferences], row_number: int, shaped: Shaped, known_id: str | None, partition: str
) -> bytes:
    """The object's line in `staged`; its references are added to those of the page."""
    cso_id = known_id or str(uuid7())
    if shaped.references:
        references.append((row_number, known_id is None, shaped.references))
    external_id, display_name, document = shaped.external_id, shaped.display_name or NULL, shaped.serialised
    if document.find(b"\\") >= 0:  # JSON escapes with it whatever COPY needs escaped, in the texts taken from it too
        external_id, document = escaped(external_id), document.replace(b"\\", b"\\\\")
        display_name = NULL if display_name is NULL else escaped(display_name)
    start = (
        f"{row_number}\t{shaped.row}\t{cso_id}\t{'f' if known_id else 't'}\t{'t' if shaped.is_delete else 'f'}\t"
        f"{shaped.object_type_id}\t{external_id}\t{shaped.external_id_hash}\t{shaped.secondary_hash or NULL}\t"
        f"{display_name}\t{shaped.fingerprint}\t{shaped.reference_fingerprint or NULL}\t{partition}\t"
    )
    return start.encode() + document + b"\n"


def _reference_lines(references: list[NewReferences]) -> Iterator[bytes]:
    """Half a million members of a known group are staged as they are; only those that prove new are ever hashed."""
    for number, is_new, named in references:
        if is_new:
            for attribute, text in named:
                text_hash, name_hash = values.reference_hashes(text)
                yield f"{number}\t{attribute}\t{escaped(text)}\t{text_hash}\t{name_hash}\n".encode()
        else:
            for attribute, text in named:
                yield f"{number}\t{attribute}\t{escaped(text)}\t{NULL}\t{NULL}\n".encode()
