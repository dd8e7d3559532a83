"""Apply: staging into the connector space, page by page, with the items that say so.

In: `staged`, `rejected` and the work that judging left. Out: CSOs, reference rows, execution items; pending exports
that the objects read confirm. All set-based: a page without pending exports never leaves PostgreSQL.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from .bulk import array_of
from .confirm import confirm_import_page, confirm_unchanged_page, waiting_exports
from .imported_references import ImportedReferences
from .items import Item, Outcome, count_item
from .judge import moved_to
from .lanes import Lanes, Turn
from .pages import Page, Run
from .rejections import remember, settle
from .stage import parts_of
from .statements import sql
from .work import for_each_page

APPLY_LANES = 2
"""Pages under way at once: applying is PostgreSQL's work alone, one core for each."""

ANALYZE_PAGE = "ANALYZE import_page (row_number, cso_id, change_type)"
"""Its documents decide no plan, and sampling those of 5,000 changed objects takes 15 ms."""

WRITE_PAGE = ("write_import_details", "write_import_items", "insert_new", "update_changed", "obsolete_deleted")

OUTCOME_OF_CHANGE = {"Add": "CsoAdded", "Update": "CsoUpdated", "Delete": "CsoDeleted"}


def apply_staged(run: Run) -> None:
    """New objects, changed ones and explicit deletes; then an error item for each rejected object."""
    waiting = waiting_exports(run)
    run.expect(run.facts["rows"])
    if run.objects_processed == 0:
        run.objects_processed = run.facts["unchanged"]
    with Lanes(APPLY_LANES) as lanes:
        for staged in _staged_pages(run):
            lanes.submit(partial(_apply_page, run, waiting, staged))
    while _reject_page(run):
        pass
    settle(run)


@dataclass(frozen=True, slots=True)
class StagedPage:
    """The staged rows of one partition after `after` up to `last`, `read` of them."""

    partition_id: int | None
    after: int
    last: int
    read: int


def _staged_pages(run: Run) -> Iterator[StagedPage]:
    """The staged rows from where the phase stands, part by part."""
    position = run.position.get("staged", 0)
    for part in parts_of(run):
        after = max(part.after, position)
        while after < part.last:
            bounds = {"after": after, "until": part.last, "limit": run.page_size}
            with run.reading() as cursor:
                row: Any = cursor.execute(sql("staged_bounds"), bounds).fetchone()
            last, read = row
            if not read:
                break
            yield StagedPage(part.partition_id, after, last, read)
            after = last


def _apply_page(run: Run, waiting: bool, staged: StagedPage, turn: Turn) -> None:
    """Apply one page of staged rows. It changes other objects than the pages beside it."""
    bounds = {"partition": staged.partition_id, "after": staged.after, "last": staged.last}
    parameters = {**_parameters(run), **bounds}
    with run.page(turn=turn) as page:
        cursor = page.cursor
        cursor.execute(sql("make_import_page"), parameters)
        cursor.execute(ANALYZE_PAGE)
        counts = dict(cursor.execute(sql("count_import_page")).fetchall())
        parameters["first"] = run.reserve(page, sum(counts.values()))
        if waiting and "Update" in counts:
            confirm_import_page(run, page, counts["Update"])
        references = ImportedReferences(run, cursor)
        references.note_renamed(parameters)
        for name in WRITE_PAGE:
            cursor.execute(sql(name), parameters)
        references.write(parameters)
        for change, number in counts.items():
            count_item(page.counters, change, None, {OUTCOME_OF_CHANGE[change]: 1}, number)
        page.processed = staged.read
        page.position["staged"] = staged.last


def _reject_page(run: Run) -> bool:
    """Write the error items of the next rejected rows; False when there are none."""
    with run.page() as page:
        after = run.position.get("rejected", 0)
        page.cursor.execute(sql("rejected_page"), {"after": after, "limit": run.page_size})
        rows = page.cursor.fetchall()
        for row_number, object_type, external_id, display_name, cso_id, error_type, message in rows:
            run.position["rejected"] = row_number
            change = "Update" if cso_id else "Add"
            page.items.append(Item(external_id, display_name, object_type, change, error_type, message, cso_id=cso_id))
        if rows:
            remember(run, page, after=after, last=rows[-1][0])
        page.processed = len(rows)
    return bool(rows)


def obsolete_missing(run: Run) -> None:
    """Mark what was not read; it stays in the connector space until synchronisation has acted on it."""
    for part in parts_of(run):
        if part.partition_id is not None:
            for_each_page(run, moved_to(part.partition_id), partial(_adopt_page, part.partition_id))
    for_each_page(run, "obsolete", partial(_obsolete_page, run))


def _adopt_page(partition_id: int, page: Page, ids: list[str]) -> None:
    """An object belongs to the partition that last read it."""
    page.cursor.execute(sql("adopt_objects"), {"ids": array_of(ids), "partition": partition_id})


def _obsolete_page(run: Run, page: Page, ids: list[str]) -> None:
    ImportedReferences(run, page.cursor).note_gone(ids)
    page.cursor.execute(sql("obsolete_objects"), {"ids": array_of(ids), "now": page.now})
    rows = {row[0]: row for row in page.cursor.fetchall()}
    for cso_id in ids:
        if cso_id in rows:
            _, external_id, display_name, object_type = rows[cso_id]
            page.items.append(
                Item(external_id, display_name, object_type, "Delete", cso_id=cso_id, outcomes=[Outcome("CsoDeleted")])
            )


def confirm_unchanged(run: Run) -> None:
    """Judge what was sent to objects that were read as they were: nothing arrived, or it had no effect."""
    if waiting_exports(run):
        for_each_page(run, "confirm", partial(confirm_unchanged_page, run))


def _parameters(run: Run) -> dict[str, Any]:
    return {
        "system": run.specification.system.id,
        "activity": run.activity_id,
        "month": run.month,
    }
