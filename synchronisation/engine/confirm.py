"""Confirm: compare the sent changes of objects that were read with what was read (engine.md section 7).

Confirmed changes leave the pending export, an empty one is removed; what still differs counts as a failed attempt
and is queued again, as an update, since the object is there. What failed for good, or was never sent, and is found in
place all the same is done too; the rest of it stays as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg import Cursor

from activities.models import OutcomeType
from activities.statistics import Counter as STAT
from activities.statistics import change_type_key
from synchronisation.rules.exports import Verdict, confirm, unconfirmed

from .backoff import next_retry
from .bulk import copy_rows, copy_temporary, uuid_array
from .items import Item, Outcome, outcomes_json, summary
from .pages import Page, Run
from .statements import sql

REST = {"id": "uuid", "pending": "jsonb"}
SETTLED = {
    "id": "uuid", "status": "text", "pending": "jsonb", "error_count": "smallint", "next_retry": "timestamptz",
    "last_error_message": "text",
}  # fmt: skip


CONFIRMED = OutcomeType.PENDING_EXPORT_CONFIRMED.value


@dataclass(slots=True)
class Confirmation:
    """One object's verdict, and the outcomes and error its item shows."""

    cso_id: str
    export_id: str
    verdict: Verdict
    outcomes: list[Outcome]
    error_type: str | None = None
    error_message: str | None = None


def waiting_exports(run: Run) -> bool:
    """Whether anything that left for this system waits for its confirmation."""
    with run.page() as page:
        parameters = {"system": run.specification.system.id}
        return page.cursor.execute(sql("any_to_confirm"), parameters).fetchone() is not None


def confirm_import_page(run: Run, page: Page, changed: int) -> None:
    """Settle the exports of the page's changed objects, so many, and note for their items what came of them."""
    outcomes = outcomes_json([Outcome(CONFIRMED, target_system=run.specification.system.name)])
    page.cursor.execute(sql("confirm_import_page"), {"outcomes": outcomes})
    confirmed = page.cursor.rowcount
    page.counters[CONFIRMED] += confirmed
    if confirmed < changed:
        _judge_import_page(run, page)


def _judge_import_page(run: Run, page: Page) -> None:
    """Those whose object does not simply show what was sent."""
    page.cursor.execute(sql("exports_of_import_page"))
    confirmations = _judge(run, page, page.cursor.fetchall())
    notes = []
    for confirmation in confirmations:
        totals = _totals(confirmation.outcomes)
        for kind, count in totals.items():
            page.counters[kind] += count
        if confirmation.error_type:
            page.counters[STAT.OBJECT_ERRORS] += 1
            page.counters[STAT.OBJECT_CHANGES] -= 1
            page.counters[change_type_key("Update")] -= 1
        outcomes = outcomes_json(confirmation.outcomes)
        notes.append(
            (confirmation.cso_id, summary(totals), outcomes, confirmation.error_type, confirmation.error_message)
        )
    copy_rows(page.cursor, "import_note", ("cso_id", "summary", "outcomes", "error_type", "error_message"), notes)


def confirm_unchanged_page(run: Run, page: Page, ids: list[str]) -> None:
    """Settle the exports of objects that were read unchanged; each gets an item."""
    page.cursor.execute(sql("exports_of_unchanged"), {"ids": uuid_array(ids)})
    rows = page.cursor.fetchall()
    named = {row[0]: row[7:10] for row in rows}
    for confirmation in _judge(run, page, rows):
        external_id, display_name, object_type = named[confirmation.cso_id]
        page.items.append(
            Item(
                external_id,
                display_name,
                object_type,
                "Update",
                confirmation.error_type,
                confirmation.error_message,
                cso_id=confirmation.cso_id,
                outcomes=confirmation.outcomes,
            )
        )


def _judge(run: Run, page: Page, rows: Iterable[tuple[Any, ...]]) -> list[Confirmation]:
    """Verdicts on (cso, document, export, sent, pending, error count, max attempts, ...) rows; settles the exports.

    Exports of which nothing happened give no confirmation.
    """
    confirmations = []
    done: list[str] = []
    settled: list[tuple[Any, ...]] = []
    rest: list[tuple[Any, ...]] = []
    for cso_id, document, export_id, sent, pending, errors, attempts, *_ in rows:
        verdict = _verdict(document, sent, pending, errors, attempts)
        confirmation = _confirmation(run, cso_id, export_id, verdict)
        if confirmation.outcomes:
            confirmations.append(confirmation)
        if verdict.done:
            done.append(export_id)
        elif sent is None:
            rest.append((export_id, orjson.dumps(verdict.changes).decode()))
        else:
            settled.append(_settled_row(page, export_id, verdict, errors, confirmation.error_message))
    _write(page.cursor, done, settled, rest)
    return confirmations


def _verdict(document: str, sent: str | None, pending: str, errors: int, attempts: int) -> Verdict:
    found, queued = orjson.loads(document), orjson.loads(pending)
    if sent is not None:
        return confirm(
            sent=orjson.loads(sent), pending=queued, document=found, error_count=errors, max_attempts=attempts
        )
    left = unconfirmed(queued, found)
    return Verdict(len(queued) - len(left), left, retry=False, failed=False)


def _write(cursor: Cursor[Any], done: list[str], settled: list[tuple[Any, ...]], rest: list[tuple[Any, ...]]) -> None:
    if done:
        cursor.execute(sql("remove_exports"), {"ids": uuid_array(done)})
    if settled:
        copy_temporary(cursor, "settled", SETTLED, settled)
        cursor.execute(sql("settle_exports"))
    if rest:
        copy_temporary(cursor, "rest", REST, rest)
        cursor.execute(sql("keep_rest"))


def _settled_row(page: Page, export_id: str, verdict: Verdict, errors: int, message: str | None) -> tuple[Any, ...]:
    changes = orjson.dumps(verdict.changes).decode()
    if verdict.renewed or not verdict.retry:
        return export_id, "Pending", changes, 0, None, None
    if verdict.failed:
        return export_id, "Failed", changes, errors + 1, None, message
    return export_id, "ExportNotConfirmed", changes, errors + 1, next_retry(page.now, errors + 1), message


def _confirmation(run: Run, cso_id: str, export_id: str, verdict: Verdict) -> Confirmation:
    system = run.specification.system.name
    outcomes = []
    if verdict.confirmed:
        outcomes.append(Outcome(CONFIRMED, target_system=system, pending_export_id=export_id))
    if not verdict.retry:
        return Confirmation(cso_id, export_id, verdict, outcomes)
    kind = "PendingExportFailed" if verdict.failed else "PendingExportRetrying"
    outcomes.append(Outcome(kind, target_system=system, pending_export_id=export_id))
    message = f"{system} does not show what was exported to it"
    error = "ExportConfirmationFailed" if verdict.failed else None
    return Confirmation(cso_id, export_id, verdict, outcomes, error, message if verdict.failed else None)


def _totals(outcomes: list[Outcome]) -> dict[str, int]:
    return {outcome.type: outcome.count for outcome in outcomes}
