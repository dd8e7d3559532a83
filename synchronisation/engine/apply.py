"""Apply: staging into the connector space, page by page, with the items that say so.

In: `staged`, `rejected` and the work that judging left. Out: CSOs, reference rows, execution items; pending exports
that the objects read confirm. All set-based: a page without pending exports never leaves PostgreSQL.
"""

from functools import partial
from typing import Any

from .confirm import confirm_import_page, confirm_unchanged_page, waiting_exports
from .imported_references import apply_references, note_renamed
from .items import Item, Outcome, count_item
from .pages import Page, Run
from .statements import sql
from .work import for_each_page

OUTCOME_OF_CHANGE = {"Add": "CsoAdded", "Update": "CsoUpdated", "Delete": "CsoDeleted"}


def apply_staged(run: Run) -> None:
    """New objects, changed ones and explicit deletes; then an error item for each rejected object."""
    waiting = waiting_exports(run)
    run.expect(run.facts["rows"])
    if run.objects_processed == 0:
        run.objects_processed = run.facts["unchanged"]
    while _apply_page(run, waiting):
        pass
    while _reject_page(run):
        pass


def _apply_page(run: Run, waiting: bool) -> bool:
    """Apply the next staged rows; False when there are none."""
    parameters = _parameters(run)
    with run.page() as page:
        cursor = page.cursor
        cursor.execute(sql("staged_bounds"), {"after": run.position.get("staged", 0), "limit": run.page_size})
        last, read = cursor.fetchone()  # type: ignore[misc]  # an aggregate always has its row
        if not read:
            return False
        parameters |= {"after": run.position.get("staged", 0), "last": last, "first": run.item_count}
        cursor.execute(sql("make_import_page"), parameters)
        cursor.execute("ANALYZE import_page")
        if waiting:
            confirm_import_page(run, page)
        counts = dict(cursor.execute(sql("count_import_page")).fetchall())
        run.reserve(sum(counts.values()))
        note_renamed(cursor)
        for name in ("write_import_details", "write_import_items", "insert_new", "update_changed", "obsolete_deleted"):
            cursor.execute(sql(name), parameters)
        apply_references(cursor, run.specification.system.id)
        for change, number in counts.items():
            count_item(run.counters, change, None, {OUTCOME_OF_CHANGE[change]: 1}, number)
        page.processed = read
        run.position["staged"] = last
    return True


def _reject_page(run: Run) -> bool:
    """Write the error items of the next rejected rows; False when there are none."""
    with run.page() as page:
        page.cursor.execute(sql("rejected_page"), {"after": run.position.get("rejected", 0), "limit": run.page_size})
        rows = page.cursor.fetchall()
        for row_number, object_type, external_id, display_name, cso_id, error_type, message in rows:
            run.position["rejected"] = row_number
            change = "Update" if cso_id else "Add"
            page.items.append(Item(external_id, display_name, object_type, change, error_type, message, cso_id=cso_id))
        page.processed = len(rows)
    return bool(rows)


def obsolete_missing(run: Run) -> None:
    """Mark what was not read; it stays in the connector space until synchronisation has acted on it."""
    for_each_page(run, "obsolete", _obsolete_page)


def _obsolete_page(page: Page, ids: list[str]) -> None:
    page.cursor.execute(sql("note_gone"), {"ids": ids})
    page.cursor.execute(sql("obsolete_objects"), {"ids": ids, "now": page.now})
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
        "partition": run.specification.partition_id,
        "activity": run.activity_id,
        "month": run.month,
    }
