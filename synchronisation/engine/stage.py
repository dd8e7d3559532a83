"""Stage: read the whole source into the run's staging tables. The connector space stays untouched.

In: the connector's batches. Out: `staged` with references for what is new or differs from the connector space, a
narrow `unchanged` row for what does not, `rejected` for what cannot be imported; `seen` is all with an external ID.
Always: memory holds one page. A run that was interrupted while reading reads again from the old watermark.
"""

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
from synchronisation.rules.specification import ObjectType

from .bulk import NULL, array_of, copy_lines, copy_rows, escaped
from .errors import RunFailedError
from .pages import Page, Run
from .retry import keep_trying
from .statements import sql

UNCHANGED = ("row_number", "object_type_id", "external_id_hash")
STAGED = (
    "row_number", "source_row", "cso_id", "is_new", "is_delete", "object_type_id", "external_id", "external_id_hash",
    "secondary_external_id_hash", "display_name", "fingerprint", "reference_fingerprint", "document",
)  # fmt: skip
STAGED_REFERENCE = ("row_number", "cso_id", "attribute_id", "text", "text_hash", "name_hash")
REJECTED = (
    "row_number", "source_row", "object_type", "external_id", "external_id_hash", "object_type_id", "display_name",
    "error_type", "message",
)  # fmt: skip
ANALYZE_STAGED = "ANALYZE staged (row_number, object_type_id, external_id_hash, secondary_external_id_hash, is_new)"
NO_SUCH_TYPE = "CouldNotMatchObjectType"

LOOK_UP_BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off"
"""Up to 100,000 objects the planner would rather scan the connector space for every page: 9.5 us an object, not 6.5."""


@dataclass(slots=True)
class Target:
    """Where the objects of one type go. taken: how many of the page; counter: of the activity's statistics."""

    object_type: ObjectType
    shape: Shaper
    counter: str
    taken: int = 0


Taken = tuple[int, Shaped]
"""An object that can be taken, with its row number: its place in what the run reads."""


@dataclass(slots=True)
class StagedRows:
    """The rows of one page for each staging table but `staged`, whose rows are copied as they are made.

    read: objects of the page, those that cannot be taken too.
    """

    read: int = 0
    unchanged: list[tuple[Any, ...]] = field(default_factory=list)
    references: list[tuple[Any, ...]] = field(default_factory=list)
    rejected: list[tuple[Any, ...]] = field(default_factory=list)


def read(run: Run) -> None:
    """Read everything; `read_complete` is the phase's end. Raises: ConnectorError, RunFailedError."""
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    targets = _targets(run)
    keep_trying(run, partial(_read_all, run, system, targets, _request(run, targets)))
    with run.page() as page:
        page.cursor.execute("ANALYZE unchanged")
        page.cursor.execute(ANALYZE_STAGED)


def _read_all(run: Run, system: ConnectedSystem, targets: dict[str, Target], request: ImportRequest) -> None:
    """Read from the start, whatever was read before."""
    _start_over(run)
    reading = _Reading(run, targets)
    with connector_for(system) as connector:
        objects = reading.watched(connector.read(request))
        if ConnectorSpaceObject.objects.filter(system=system).exists():
            while reading.stage_changed(islice(objects, run.page_size)):
                pass
        else:
            while reading.stage_new(list(islice(objects, run.page_size))):
                pass
    run.facts["rows"] = reading.row_number


def _targets(run: Run) -> dict[str, Target]:
    """Type name -> target, for the selected types with an external ID."""
    return {
        object_type.name: Target(object_type, shaper_for(object_type), object_type_key(object_type.name))
        for object_type in run.specification.own_types()
        if object_type.selected and object_type.external_id is not None
    }


def _request(run: Run, targets: dict[str, Target]) -> ImportRequest:
    specification = run.specification
    is_delta = specification.run_type == "DeltaImport"
    return ImportRequest(
        object_types={name: [a.name for a in target.object_type.imported] for name, target in targets.items()},
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

    def stage_new(self, objects: Sequence[ImportObject]) -> bool:
        """Write one page of a first import; False when there is none.

        Objects take shape while they are copied: PostgreSQL stores some while we make the next.
        """
        if objects:
            rows = StagedRows()
            with self.run.page() as page:
                taken = self._taken(rows, objects)
                self._write(page, rows, (_staged_line(rows, number, shaped, None) for number, shaped in taken))
        return bool(objects)

    def stage_changed(self, objects: Iterable[ImportObject]) -> bool:
        """Write what is new or differs in one page; False when there is none.

        Objects take shape while they are read, however slow the source is: the transaction begins afterwards.
        """
        rows = StagedRows()
        taken = list(self._taken(rows, objects))
        if rows.read:
            with self.run.page() as page:
                changed = _changed(page, taken)
                self._write(page, rows, (
                    _staged_line(rows, number, shaped, changed[number]) for number, shaped in taken if number in changed
                ))  # fmt: skip
        return bool(rows.read)

    def _taken(self, rows: StagedRows, objects: Iterable[ImportObject]) -> Iterator[Taken]:
        """The objects that can be taken; why the others cannot is noted."""
        row_number = before = self.row_number
        for row_number, source in enumerate(objects, before + 1):
            target = self.targets.get(source.object_type)
            if target is None:
                self._refuse_type(rows, row_number, source)
                continue
            shaped = target.shape(source)
            if isinstance(shaped, Rejection):
                self._reject(rows, row_number, source, target.object_type, shaped)
                continue
            target.taken += 1
            yield row_number, shaped
        self.row_number = row_number
        rows.read = row_number - before

    def _write(self, page: Page, rows: StagedRows, lines: Iterator[bytes]) -> None:
        copy_lines(page.cursor, "staged", STAGED, lines)
        _write_others(page, rows)
        for target in self.targets.values():
            if target.taken:
                self.run.counters[target.counter] += target.taken
                target.taken = 0
        page.processed += rows.read

    def _refuse_type(self, rows: StagedRows, row_number: int, source: ImportObject) -> None:
        """An unknown type, or one without an external ID, is an error; one that is not selected is ignored."""
        if source.object_type in self.unselected:
            return
        message = (
            f"the object type {source.object_type!r} is not in the schema, or has no external ID attribute set: "
            "import the schema again, or choose its external ID"
        )
        rows.rejected.append(
            (row_number, source.row, source.object_type, None, None, None, None, NO_SUCH_TYPE, message)
        )

    def _reject(
        self, rows: StagedRows, row_number: int, source: ImportObject, object_type: ObjectType, rejection: Rejection
    ) -> None:
        """Keep why; an object whose external ID is known still counts as seen, so it is not taken for missing."""
        known_hash = values.hash_text(rejection.external_id) if rejection.external_id is not None else None
        message = f"row {source.row}: {rejection.message}" if source.row else rejection.message
        rows.rejected.append((
            row_number, source.row, object_type.name, rejection.external_id, known_hash, object_type.id,
            rejection.display_name, rejection.error_type, message,
        ))  # fmt: skip
        if known_hash is not None:
            rows.unchanged.append((row_number, object_type.id, known_hash))


def _changed(page: Page, taken: list[Taken]) -> dict[int, str | None]:
    """Row number -> CSO id (None: there is none) of what is new or differs; the others are noted as unchanged."""
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
    return dict(page.cursor.fetchall())


def _staged_line(rows: StagedRows, row_number: int, shaped: Shaped, known_id: str | None) -> bytes:
    """The object's line in `staged`; its references are added to the page's."""
    cso_id = known_id or str(uuid7())
    for attribute, text in shaped.references:
        rows.references.append((row_number, cso_id, attribute, text, values.hash_text(text), values.hash_name(text)))
    external_id, display_name, document = shaped.external_id, shaped.display_name or NULL, shaped.serialised
    if document.find(b"\\") >= 0:  # JSON escapes with it whatever COPY needs escaped, in the texts taken from it too
        external_id, document = escaped(external_id), document.replace(b"\\", b"\\\\")
        display_name = NULL if display_name is NULL else escaped(display_name)
    start = (
        f"{row_number}\t{shaped.row}\t{cso_id}\t{'f' if known_id else 't'}\t{'t' if shaped.is_delete else 'f'}\t"
        f"{shaped.object_type_id}\t{external_id}\t{shaped.external_id_hash}\t{shaped.secondary_hash or NULL}\t"
        f"{display_name}\t{shaped.fingerprint}\t{shaped.reference_fingerprint or NULL}\t"
    )
    return start.encode() + document + b"\n"


def _write_others(page: Page, rows: StagedRows) -> None:
    for table, columns, table_rows in (
        ("unchanged", UNCHANGED, rows.unchanged),
        ("staged_reference", STAGED_REFERENCE, rows.references),
        ("rejected", REJECTED, rows.rejected),
    ):
        if table_rows:
            copy_rows(page.cursor, table, columns, table_rows)
