"""Stage: read the whole source into the run's staging tables. The connector space stays untouched.

In: the connector's batches. Out: `staged` with references for what is new or differs from the connector space, a
narrow `unchanged` row for what does not, `rejected` for what cannot be imported; `seen` is all with an external ID.
Always: memory holds one page. A run that was interrupted while reading reads again from the old watermark.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from uuid_utils import uuid7

from activities.statistics import OBJECT_TYPE_PREFIX, object_type_key
from connectors.contract import Change, ImportBatch, ImportObject, ImportRequest
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem, Watermark
from synchronisation.rules import values
from synchronisation.rules.shape import Rejection, Shaped, Shaper, shaper_for
from synchronisation.rules.specification import ObjectType

from .bulk import copy_lines, copy_rows, copy_temporary, copy_text
from .errors import RunFailedError
from .pages import Page, Run
from .retry import keep_trying
from .statements import sql

UNCHANGED = ("row_number", "object_type_id", "external_id_hash")
READ_PAGE = {
    "row_number": "bigint", "external_id_hash": "uuid", "fingerprint": "uuid", "reference_fingerprint": "uuid",
    "is_delete": "boolean",
}  # fmt: skip
STAGED = (
    "row_number", "source_row", "cso_id", "is_new", "is_delete", "object_type_id", "external_id", "external_id_hash",
    "secondary_external_id_hash", "display_name", "document", "fingerprint", "reference_fingerprint",
)  # fmt: skip
STAGED_REFERENCE = ("row_number", "attribute_id", "text", "text_hash", "name_hash")
REJECTED = (
    "row_number", "source_row", "object_type", "external_id", "external_id_hash", "object_type_id", "display_name",
    "error_type", "message",
)  # fmt: skip
ANALYZE_STAGED = "ANALYZE staged (row_number, object_type_id, external_id_hash, secondary_external_id_hash, is_new)"
ANALYZE_REFERENCES = "ANALYZE staged_reference (row_number, attribute_id, text_hash)"
NO_SUCH_TYPE = "CouldNotMatchObjectType"


NumberedObject = tuple[int, ImportObject]
StagedRow = tuple[Any, ...]
Marks = tuple[str, str | None]
"""The fingerprints of a document and of its references."""


@dataclass(slots=True)
class Target:
    """Where the objects of one type go.

    is_empty: the connector space holds none yet, so nothing is looked up; counter: of the activity's statistics.
    """

    object_type: ObjectType
    shape: Shaper
    is_empty: bool
    counter: str


@dataclass(slots=True)
class StagedRows:
    """The rows of one page for each staging table but `staged`, whose rows are copied as they are made.

    references: (row number, whether the object is new to the connector space, its references), of those that have any.
    """

    unchanged: list[tuple[Any, ...]] = field(default_factory=list)
    references: list[tuple[int, bool, list[tuple[int, str]]]] = field(default_factory=list)
    rejected: list[tuple[Any, ...]] = field(default_factory=list)


def read(run: Run) -> None:
    """Read everything; `read_complete` is the phase's end. Raises: ConnectorError, RunFailedError."""
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    targets = _targets(run)
    keep_trying(run, partial(_read_all, run, system, targets, _request(run, targets)))
    with run.page() as page:
        page.cursor.execute("ANALYZE unchanged")
        page.cursor.execute(ANALYZE_STAGED)
        page.cursor.execute(ANALYZE_REFERENCES)


def _read_all(run: Run, system: ConnectedSystem, targets: dict[str, Target], request: ImportRequest) -> None:
    """Read from the start, whatever was read before."""
    _start_over(run)
    reading = _Reading(run, targets)
    with connector_for(system) as connector:
        for page_objects in _pages(reading.watched(connector.read(request)), run.page_size):
            with run.page() as page:
                reading.stage(page, page_objects)
    run.facts["rows"] = reading.row_number


def _targets(run: Run) -> dict[str, Target]:
    """Type name -> target, for the selected types with an external ID."""
    targets = {}
    with transaction.atomic():
        for object_type in run.specification.own_types():
            if object_type.selected and object_type.external_id is not None:
                found = run.connection.execute(sql("any_cso_of_type"), {"type": object_type.id}).fetchone()
                counter = object_type_key(object_type.name)
                targets[object_type.name] = Target(object_type, shaper_for(object_type), found is None, counter)
    return targets


def _request(run: Run, targets: dict[str, Target]) -> ImportRequest:
    specification = run.specification
    is_delta = specification.run_type == "DeltaImport"
    return ImportRequest(
        object_types={
            name: [a.name for a in target.object_type.attributes if a.selected or a.external_id]
            for name, target in targets.items()
        },
        multi_valued={
            name: frozenset(a.name for a in target.object_type.attributes if a.multi_valued)
            for name, target in targets.items()
        },
        delta=is_delta,
        partition=specification.partition,
        watermark=_watermark(run) if is_delta else None,
        page_size=min(specification.page_size, run.page_size),
        file_path=specification.file_path,
    )


def _watermark(run: Run) -> str:
    found = watermarks_of(run).first()
    if found is None:
        raise RunFailedError(
            "A delta import goes on from an earlier import, and there was none: run a full import first."
        )
    return found.position


def watermarks_of(run: Run) -> QuerySet[Watermark]:
    """The stored position of what this run reads: its partition, or the whole store."""
    of_system = Watermark.objects.filter(system_id=run.specification.system.id)
    partition_id = run.specification.partition_id
    return of_system.filter(partition=None) if partition_id is None else of_system.filter(partition=partition_id)


def _start_over(run: Run) -> None:
    """Forget what an interrupted reading staged."""
    with run.page() as page:
        page.cursor.execute("TRUNCATE unchanged, staged, staged_reference, rejected")
        run.objects_processed = 0
        for key in [key for key in run.counters if key.startswith(OBJECT_TYPE_PREFIX)]:
            del run.counters[key]


def _pages(objects: Iterator[ImportObject], size: int) -> Iterator[list[ImportObject]]:
    """The engine's own pages, whatever the connector yields at a time."""
    page: list[ImportObject] = []
    for item in objects:
        page.append(item)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


class _Reading:
    """What reading carries from page to page: the row counter and the object types met."""

    def __init__(self, run: Run, targets: dict[str, Target]) -> None:
        self.run = run
        self.targets = targets
        self.unselected = {t.name for t in run.specification.own_types() if not t.selected}
        self.row_number = 0

    def watched(self, batches: Iterable[ImportBatch]) -> Iterator[ImportObject]:
        """The objects of all batches; notes watermark and total on the way."""
        for batch in batches:
            if batch.watermark is not None:
                self.run.facts["watermark"] = batch.watermark
            if batch.total is not None:
                self.run.expect(batch.total)
            yield from batch.objects

    def stage(self, page: Page, objects: Sequence[ImportObject]) -> None:
        """Write one page of objects to the staging tables."""
        rows = StagedRows()
        new: list[NumberedObject] = []
        by_type: dict[str, list[NumberedObject]] = {}
        for number, item in enumerate(objects, self.row_number + 1):
            target = self.targets.get(item.object_type)
            if target is None:
                self._refuse_type(rows, number, item)
            elif target.is_empty:
                new.append((number, item))
            else:
                by_type.setdefault(item.object_type, []).append((number, item))
        self.row_number += len(objects)
        changed = [
            row for name, known in by_type.items() for row in self._changed_rows(page, rows, self.targets[name], known)
        ]
        copy_rows(page.cursor, "staged", STAGED, chain(self._new_rows(rows, new), changed))
        _write_others(page, rows)
        page.processed += len(objects)

    def _new_rows(self, rows: StagedRows, objects: list[NumberedObject]) -> Iterator[StagedRow]:
        """Rows of types that the connector space knows nothing of.

        Shaped while they are copied: PostgreSQL stores one object while we read the next.
        """
        for number, item in objects:
            target = self.targets[item.object_type]
            shaped = self._shaped(rows, number, item, target)
            if shaped is not None:
                yield _staged_row(rows, number, item, target.object_type.id, shaped, _marks(shaped), None)

    def _changed_rows(
        self, page: Page, rows: StagedRows, target: Target, objects: list[NumberedObject]
    ) -> Iterator[StagedRow]:
        """Rows of what is new or differs from the connector space, in one type."""
        compared = [
            (number, item, shaped, _marks(shaped))
            for number, item in objects
            if (shaped := self._shaped(rows, number, item, target)) is not None
        ]
        changed = _changed(page, target.object_type.id, compared)
        for number, item, shaped, marks in compared:
            if number in changed:
                yield _staged_row(rows, number, item, target.object_type.id, shaped, marks, changed[number])

    def _shaped(self, rows: StagedRows, number: int, item: ImportObject, target: Target) -> Shaped | None:
        """The object's document; None when it cannot be taken, which is noted."""
        shaped = target.shape(item)
        if isinstance(shaped, Rejection):
            self._reject(rows, number, item, target.object_type, shaped)
            return None
        self.run.counters[target.counter] += 1
        return shaped

    def _refuse_type(self, rows: StagedRows, number: int, item: ImportObject) -> None:
        """An unknown type, or one without an external ID, is an error; one that is not selected is ignored."""
        if item.object_type in self.unselected:
            return
        message = (
            f"the object type {item.object_type!r} is not in the schema, or has no external ID attribute set: "
            "import the schema again, or choose its external ID"
        )
        rows.rejected.append((number, item.row, item.object_type, None, None, None, None, NO_SUCH_TYPE, message))

    def _reject(
        self, rows: StagedRows, number: int, item: ImportObject, object_type: ObjectType, rejection: Rejection
    ) -> None:
        """Keep why; an object whose external ID is known still counts as seen, so it is not taken for missing."""
        known_hash = values.hash_text(rejection.external_id) if rejection.external_id is not None else None
        message = f"row {item.row}: {rejection.message}" if item.row else rejection.message
        rows.rejected.append((
            number, item.row, object_type.name, rejection.external_id, known_hash, object_type.id,
            rejection.display_name, rejection.error_type, message,
        ))  # fmt: skip
        if known_hash is not None:
            rows.unchanged.append((number, object_type.id, known_hash))


def _staged_row(
    rows: StagedRows,
    number: int,
    item: ImportObject,
    type_id: int,
    shaped: Shaped,
    marks: Marks,
    known_id: str | None,
) -> StagedRow:
    """The object's row in `staged`; its references are added to the page's."""
    if shaped.references:
        rows.references.append((number, known_id is None, shaped.references))
    return (
        number, item.row, known_id or str(uuid7()), known_id is None, item.change is Change.DELETE, type_id,
        shaped.external_id, shaped.external_id_hash, shaped.secondary_hash, shaped.display_name,
        shaped.serialised.decode(), *marks,
    )  # fmt: skip


def _marks(shaped: Shaped) -> Marks:
    """The two fingerprints that decide "unchanged"."""
    return values.fingerprint(shaped.serialised), values.reference_fingerprint(shaped.references)


def _changed(
    page: Page, type_id: int, compared: list[tuple[int, ImportObject, Shaped, Marks]]
) -> dict[int, str | None]:
    """Row number -> CSO id (None: there is none) of what is new or differs; the others are noted as unchanged."""
    rows = (
        (row_number, shaped.external_id_hash, *marks, item.change is Change.DELETE)
        for row_number, item, shaped, marks in compared
    )
    copy_temporary(page.cursor, "read_page", READ_PAGE, rows)
    page.cursor.execute(sql("compare_page"), {"type": type_id})
    changed = dict(page.cursor.fetchall())
    page.cursor.execute("DROP TABLE read_page")  # another type may follow in this page
    return changed


def _write_others(page: Page, rows: StagedRows) -> None:
    if rows.unchanged:
        copy_rows(page.cursor, "unchanged", UNCHANGED, rows.unchanged)
    if rows.rejected:
        copy_rows(page.cursor, "rejected", REJECTED, rows.rejected)
    if rows.references:
        copy_lines(page.cursor, "staged_reference", STAGED_REFERENCE, _reference_lines(rows))


def _reference_lines(rows: StagedRows) -> Iterator[str]:
    """Half a million members of a known group are staged as they are; only those that prove new are ever hashed."""
    for number, is_new, references in rows.references:
        if is_new:
            for attribute, text in references:
                text_hash, name_hash = values.reference_hashes(text)
                yield f"{number}\t{attribute}\t{copy_text(text)}\t{text_hash}\t{name_hash}\n"
        else:
            for attribute, text in references:
                yield f"{number}\t{attribute}\t{copy_text(text)}\t\\N\t\\N\n"
