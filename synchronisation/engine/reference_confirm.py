"""Confirming references: compare what left with the reference rows of the objects that were read.

In: reference changes of objects that this import read and accepted, resolved by now. Out: those found in place leave
the queue, those that left and are not there are queued again, as a failed attempt. Always: objects that were not read
keep waiting; an object has one item in a run.
"""

from dataclasses import dataclass
from typing import Any

from activities.models import OutcomeType
from activities.statistics import Counter as STAT
from connectors.contract import AttributeType

from .amend import Amended, write_amended, written_item
from .bulk import array_of, copy_temporary
from .items import Item, Outcome
from .pages import Page, Run
from .results import FAILED, failed_row
from .statements import sql
from .work import for_each_page

PHASE = "references"
CONFIRMED = OutcomeType.PENDING_EXPORT_CONFIRMED.value
RETRYING = OutcomeType.PENDING_EXPORT_RETRYING.value
FAILED_FOR_GOOD = OutcomeType.PENDING_EXPORT_FAILED.value


def confirm_references(run: Run) -> None:
    """Settle the reference changes of everything that was read. Costs nothing where no reference is queued."""
    has_references = any(
        attribute.type is AttributeType.REFERENCE
        for kind in run.specification.own_types()
        for attribute in kind.attributes
    )
    if has_references and _list_objects(run):
        for_each_page(run, PHASE, _Confirming(run).page)


def _list_objects(run: Run) -> bool:
    """Fix the objects to look at; False when there are none."""
    if "listed" not in run.position:
        with run.page() as page:
            page.cursor.execute(sql("queue_reference_confirmations"), {"system": run.specification.system.id})
            page.position["listed"] = page.cursor.rowcount
            if page.cursor.rowcount:
                page.cursor.execute(sql("note_items_by_cso"), {"month": run.month, "activity": run.activity_id})
    return bool(run.position["listed"])


@dataclass(slots=True)
class _Found:
    """What became of one object's references: whether any was confirmed, and whether any is missing."""

    confirmed: bool = False
    missing: bool = False


class _Confirming:
    """Confirms pages of objects."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.system_name = run.specification.system.name

    def page(self, page: Page, ids: list[str]) -> None:
        cursor, wanted = page.cursor, {"ids": array_of(ids)}
        found = {cso_id: _Found() for cso_id in ids}
        for cso_id in cursor.execute(sql("confirm_references"), wanted).fetchall():
            found[cso_id[0]].confirmed = True
        cursor.execute(sql("drop_outdated_references"), wanted)
        for cso_id in cursor.execute(sql("requeue_missing_references"), wanted).fetchall():
            found[cso_id[0]].missing = True
        self._write_items(page, ids, found)
        cursor.execute(sql("settle_exports_of_references"), wanted)

    def _write_items(self, page: Page, ids: list[str], found: dict[str, _Found]) -> None:
        parameters = {"ids": array_of(ids), "month": self.run.month, "activity": self.run.activity_id}
        rows = page.cursor.execute(sql("exports_to_confirm"), parameters).fetchall()
        amended, failed = [], []
        for row in rows:
            one = self._item(row)
            is_counted = any(outcome.find(RETRYING) or outcome.find(FAILED_FOR_GOOD) for outcome in one.item.outcomes)
            self._say(one.item, row, found[row[1]], is_counted=is_counted)
            if found[row[1]].missing and not is_counted:
                failed.append(failed_row(page.now, row[0], row[2], row[3]))
            amended.append(one)
        if failed:
            copy_temporary(page.cursor, "failed_export", FAILED, failed)
            message = {"message": self._message()}
            page.cursor.execute(sql("mark_references_unconfirmed"), message)
        new = write_amended(self.run, page, amended)
        page.counters[STAT.UNCHANGED] -= len(new)

    def _item(self, row: tuple[Any, ...]) -> Amended:
        _, cso_id, _, _, external_id, display_name, object_type, ordinal, change_type, error_type, *told = row
        item = Item(external_id, display_name, object_type, change_type or "Update", error_type, None, cso_id)
        return written_item(item, ordinal, *told)

    def _say(self, item: Item, row: tuple[Any, ...], found: _Found, *, is_counted: bool) -> None:
        """is_counted: that the export failed is said already, on account of its other values."""
        if found.confirmed and not any(outcome.find(CONFIRMED) for outcome in item.outcomes):
            item.outcomes.append(Outcome(CONFIRMED, target_system=self.system_name, pending_export_id=row[0]))
        if not found.missing or is_counted:
            return
        was_last = row[2] + 1 >= row[3]
        kind = FAILED_FOR_GOOD if was_last else RETRYING
        item.outcomes.append(Outcome(kind, target_system=self.system_name, pending_export_id=row[0]))
        if was_last and item.error_type is None:
            item.error_type, item.error_message = "ExportConfirmationFailed", self._message()

    def _message(self) -> str:
        return f"{self.system_name} does not show what was exported to it"
