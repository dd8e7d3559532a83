"""Deferred: references that could not leave with their objects follow, in passes of their own.

In: pending exports of which nothing but references waits. Out: the same, sent as updates of objects that are in the
target by now. Always: an object has one item in a run; a pass sends something or is the last.
"""

from datetime import datetime
from functools import partial
from typing import Any

from psycopg import Cursor

from activities.models import Activity, InitiatorType
from activities.statistics import Counter as STAT
from activities.statistics import object_type_key
from connectors.contract import ExportOperation
from synchronisation.models import ConnectedSystem

from .amend import Amended, write_amended, written_item
from .bulk import copy_temporary
from .export import send_rest
from .items import Item, Outcome
from .outbox import Leaving, forms_of
from .outgoing_references import OutgoingReferences
from .pages import Page, Run
from .results import ANSWER, ERROR_TYPE, FAILED, answers, failed_row
from .retry import keep_trying
from .statements import sql

PHASE = "references"


def export_references(run: Run) -> None:
    """Send what can leave by now, until nothing can. Raises: ConnectorError."""
    references = OutgoingReferences(run.specification, PHASE)
    if not references.attributes:
        return
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    while _list_pass(run):
        outbox, results = _Outbox(run, references), _Results(run, references)
        keep_trying(run, partial(send_rest, run, system, outbox, results))


def _list_pass(run: Run) -> bool:
    """Fix the exports of the next pass, behind those of the ones before; False when none can leave."""
    listed = run.position.get("listed", 0)
    if run.position.get("recorded", 0) < listed:
        return True  # interrupted
    with run.page() as page:
        if not listed:
            page.cursor.execute(sql("note_items_by_cso"), {"month": run.month, "activity": run.activity_id})
        parameters = {
            "system": run.specification.system.id,
            "checked": run.specification.system.checks_references,
            "by_hand": Activity.objects.get(pk=run.activity_id).initiated_by_type != InitiatorType.SYSTEM,
            "now": page.now,
            "after": listed,
        }
        page.cursor.execute(sql("queue_references"), parameters)
        page.position["listed"] = listed + page.cursor.rowcount
        return page.cursor.rowcount > 0


class _Outbox:
    """Takes pages of the list as updates that change references alone."""

    def __init__(self, run: Run, references: OutgoingReferences) -> None:
        self.run = run
        self.references = references
        self.forms = forms_of(run.specification)

    def take(self, cursor: Cursor[Any], after: int, limit: int, now: datetime) -> Leaving:
        leaving = Leaving(after)
        for row in _exports(self.run, cursor, after, self.references.end_of_page(cursor, after, after + limit)):
            leaving.last, export_id, *_, object_type_id, external_id = row[:8]
            form = self.forms[object_type_id]
            leaving.objects.append(form.export_object(export_id, ExportOperation.UPDATE, external_id, {}))
        self.references.take(cursor, after, leaving.objects, leaving.last)
        return leaving


class _Results:
    """Records what became of a page, on the items that its objects have or get."""

    def __init__(self, run: Run, references: OutgoingReferences) -> None:
        self.run = run
        self.references = references

    def record(self, after: int, last: int, failures: dict[str, str], external_ids: dict[str, str]) -> None:
        bounds = {"after": after, "last": last}
        with self.run.page(durable=True) as page:
            rows = _exports(self.run, page.cursor, after, last)
            copy_temporary(page.cursor, "answer", ANSWER, answers(failures, external_ids))
            self.references.settle(page.cursor, after, last, page.now)
            page.cursor.execute(sql("settle_exports_of_page"), {**bounds, "now": page.now})
            if failures:
                failed = [failed_row(page.now, row[1], row[4], row[5]) for row in rows if row[1] in failures]
                copy_temporary(page.cursor, "failed_export", FAILED, failed)
                page.cursor.execute(sql("mark_references_failed"), {"now": page.now})
            self.references.note_waiting(page.cursor, after, last)
            self._write_items(page, [self._item(row, failures.get(row[1])) for row in rows])
            self.run.facts["old_errors"] |= any(row[1] in failures and row[4] > 0 for row in rows)
            page.processed = len(rows)
            page.position["recorded"] = last

    def _item(self, row: tuple[Any, ...], failure: str | None) -> Amended:
        _, export_id, cso_id, mvo_id, _, _, _, external_id, display_name, object_type = row[:10]
        ordinal, change_type, error_type, *told = row[10:]
        item = Item(external_id, display_name, object_type, change_type or "Update", error_type, None, cso_id, mvo_id)
        amended = written_item(item, ordinal, *told)
        if failure is not None:
            item.error_type, item.error_message = ERROR_TYPE, failure
        elif not any(outcome.find("Exported") for outcome in item.outcomes):
            item.outcomes.append(Outcome("Exported", 1, self.run.specification.system.name, None, export_id))
        return amended

    def _write_items(self, page: Page, amended: list[Amended]) -> None:
        """Objects that the run had nothing else for are processed here for the first time."""
        new = write_amended(self.run, page, amended)
        page.counters[STAT.OBJECTS_PROCESSED] += len(new)
        for one in new:
            page.counters[object_type_key(one.item.object_type or "")] += 1
        parameters = {"csos": [one.item.cso_id for one in new], "ordinals": [one.ordinal for one in new]}
        page.cursor.execute(sql("note_new_items"), parameters)


def _exports(run: Run, cursor: Cursor[Any], after: int, last: int) -> list[tuple[Any, ...]]:
    parameters = {"after": after, "last": last, "activity": run.activity_id, "month": run.month}
    return cursor.execute(sql("exports_of_references"), parameters).fetchall()
