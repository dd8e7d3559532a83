"""Stage: read the whole source into the run's staging tables. The connector space stays untouched.

In: the connector's batches. Out: `staged` with references for what is new or differs from the connector space, a
narrow `unchanged` row for what does not, `rejected` for what cannot be imported; `seen` is all with an external ID.
Always: memory holds one page. A run that was interrupted while reading reads again from the old watermark.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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

from .bulk import copy_rows, copy_temporary
from .errors import RunFailedError
from .pages import Page, Run
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
STAGED_REFERENCE = ("row_number", "cso_id", "attribute_id", "text", "text_hash", "name_hash")
REJECTED = (
    "row_number", "source_row", "object_type", "external_id", "external_id_hash", "object_type_id", "display_name",
    "error_type", "message",
)  # fmt: skip
ANALYZE_STAGED = "ANALYZE staged (row_number, object_type_id, external_id_hash, secondary_external_id_hash, is_new)"
NO_SUCH_TYPE = "CouldNotMatchObjectType"


@dataclass(slots=True)
class Target:
    """Where the objects of one type go. is_empty: the connector space holds none yet, so nothing is looked up."""

    object_type: ObjectType
    shape: Shaper
    is_empty: bool


@dataclass(slots=True)
class StagedRows:
    """The rows of one page for each staging table."""

    unchanged: list[tuple[Any, ...]] = field(default_factory=list)
    staged: list[tuple[Any, ...]] = field(default_factory=list)
    references: list[tuple[Any, ...]] = field(default_factory=list)
    rejected: list[tuple[Any, ...]] = field(default_factory=list)


def read(run: Run) -> None:
    """Read everything; `read_complete` is the phase's end. Raises: ConnectorError, RunFailedError."""
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    targets = _targets(run)
    request = _request(run, targets)
    _start_over(run)
    reading = _Reading(run, targets)
    with connector_for(system) as connector:
        for page_objects in _pages(reading.watched(connector.read(request)), run.page_size):
            with run.page() as page:
                reading.stage(page, page_objects)
    with run.page() as page:
        run.facts["rows"] = reading.row_number
        page.cursor.execute("ANALYZE unchanged")
        page.cursor.execute(ANALYZE_STAGED)


def _targets(run: Run) -> dict[str, Target]:
    """Type name -> target, for the selected types with an external ID."""
    targets = {}
    with transaction.atomic():
        for object_type in run.specification.own_types():
            if object_type.selected and object_type.external_id is not None:
                found = run.connection.execute(sql("any_cso_of_type"), {"type": object_type.id}).fetchone()
                targets[object_type.name] = Target(object_type, shaper_for(object_type), is_empty=found is None)
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
        shaped_by_type: dict[str, list[tuple[int, ImportObject, Shaped]]] = {}
        for item in objects:
            self.row_number += 1
            target = self.targets.get(item.object_type)
            if target is None:
                self._refuse_type(rows, item)
                continue
            shaped = target.shape(item)
            if isinstance(shaped, Rejection):
                self._reject(rows, item, target.object_type, shaped)
            else:
                shaped_by_type.setdefault(item.object_type, []).append((self.row_number, item, shaped))
        for name, shaped_objects in shaped_by_type.items():
            self._stage_type(page, rows, self.targets[name], shaped_objects)
        _write(page, rows)
        page.processed += len(objects)

    def _stage_type(
        self, page: Page, rows: StagedRows, target: Target, objects: list[tuple[int, ImportObject, Shaped]]
    ) -> None:
        """Stage what is new or differs; a type that the connector space knows nothing of is new as a whole."""
        self.run.counters[object_type_key(target.object_type.name)] += len(objects)
        compared = [(row_number, item, shaped, _marks(shaped)) for row_number, item, shaped in objects]
        known = None if target.is_empty else _changed(page, target.object_type.id, compared)
        for row_number, item, shaped, (mark, reference_mark) in compared:
            if known is not None and row_number not in known:
                continue
            known_id = known[row_number] if known is not None else None
            cso_id = known_id or str(uuid7())
            rows.staged.append((
                row_number, item.row, cso_id, known_id is None, item.change is Change.DELETE, target.object_type.id,
                shaped.external_id, shaped.external_id_hash, shaped.secondary_hash, shaped.display_name,
                shaped.serialised.decode(), mark, reference_mark,
            ))  # fmt: skip
            rows.references.extend(
                (row_number, cso_id, attribute, text, values.hash_text(text), values.hash_name(text))
                for attribute, text in shaped.references
            )

    def _refuse_type(self, rows: StagedRows, item: ImportObject) -> None:
        """An unknown type, or one without an external ID, is an error; one that is not selected is ignored."""
        if item.object_type in self.unselected:
            return
        message = (
            f"the object type {item.object_type!r} is not in the schema, or has no external ID attribute set: "
            "import the schema again, or choose its external ID"
        )
        rows.rejected.append(
            (self.row_number, item.row, item.object_type, None, None, None, None, NO_SUCH_TYPE, message)
        )

    def _reject(self, rows: StagedRows, item: ImportObject, object_type: ObjectType, rejection: Rejection) -> None:
        """Keep why; an object whose external ID is known still counts as seen, so it is not taken for missing."""
        known_hash = values.hash_text(rejection.external_id) if rejection.external_id is not None else None
        message = f"row {item.row}: {rejection.message}" if item.row else rejection.message
        rows.rejected.append((
            self.row_number, item.row, object_type.name, rejection.external_id, known_hash, object_type.id,
            rejection.display_name, rejection.error_type, message,
        ))  # fmt: skip
        if known_hash is not None:
            rows.unchanged.append((self.row_number, object_type.id, known_hash))


def _marks(shaped: Shaped) -> tuple[str, str | None]:
    """The two fingerprints that decide "unchanged"."""
    return values.fingerprint(shaped.serialised), values.reference_fingerprint(shaped.references)


def _changed(
    page: Page, type_id: int, compared: list[tuple[int, ImportObject, Shaped, tuple[str, str | None]]]
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


def _write(page: Page, rows: StagedRows) -> None:
    for table, columns, table_rows in (
        ("unchanged", UNCHANGED, rows.unchanged),
        ("staged", STAGED, rows.staged),
        ("staged_reference", STAGED_REFERENCE, rows.references),
        ("rejected", REJECTED, rows.rejected),
    ):
        if table_rows:
            copy_rows(page.cursor, table, columns, table_rows)
