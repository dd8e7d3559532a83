"""Results: what became of the exports of one page, in one transaction with their items.

success, connector confirms itself   values applied to the CSO, export removed
success                              Exported, waits for the confirming import
success of a create                  the external ID that the target gave is stored on the CSO
success of a delete                  CSO and export removed
failure                              tried again after a backoff; at the maximum Failed, kept and visible

Set-based: the exports that nothing special happened to, nearly all, never leave PostgreSQL.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from psycopg import Cursor

from activities.statistics import object_type_key
from synchronisation.rules import values
from synchronisation.rules.exports import apply_changes

from .backoff import next_retry
from .bulk import array_of, copy_temporary
from .items import Outcome, count_item, outcomes_json
from .orphans import remove_accounts
from .outgoing_references import OutgoingReferences
from .pages import Page, Run
from .statements import sql

CHANGE_OF_OPERATION = {"Create": "Add", "Update": "Update", "Delete": "Delete"}
OUTCOME_OF_OPERATION = {"Create": "Exported", "Update": "Exported", "Delete": "Deprovisioned"}
ERROR_TYPE = "UnhandledError"

ANSWER = {"export_id": "uuid", "failure": "text", "external_id": "text", "external_id_hash": "uuid"}
"""What a target said about single exports: why one failed, or its object's identifier."""

CONFIRMED = {"cso_id": "uuid", "document": "jsonb", "fingerprint": "uuid"}
FAILED = {"id": "uuid", "status": "text", "error_count": "smallint", "next_retry": "timestamptz"}


class Results:
    """Records pages of results for one run."""

    def __init__(self, run: Run, references: OutgoingReferences) -> None:
        self.run = run
        self.references = references
        self.system = run.specification.system

    def record(self, after: int, last: int, failures: dict[str, str], external_ids: dict[str, str]) -> None:
        """One page of exports, by ordinal; `failures` and `external_ids` are keyed by export id."""
        bounds = {"after": after, "last": last}
        with self.run.page(durable=True) as page:
            copy_temporary(page.cursor, "answer", ANSWER, answers(failures, external_ids))
            first = self.run.item_count
            deleted = self._record_items(page, bounds)
            page.processed = self.run.item_count - first
            if external_ids:
                page.cursor.execute(sql("store_external_ids"))
            if failures:
                _queue_again(page.cursor, page.now)
            self.references.settle(page.cursor, after, last, page.now)
            if self.system.self_confirming:
                _confirm(page.cursor, bounds, page.now)
            self.references.note_waiting(page.cursor, after, last)
            if deleted:
                remove_accounts(page, self.run, deleted)
            page.position["recorded"] = last

    def _record_items(self, page: Page, bounds: dict[str, int]) -> list[str]:
        """Write items and the state of what arrived, and count; the CSOs that the target has deleted."""
        parameters = {
            "exported": outcomes_json([Outcome("Exported", target_system=self.system.name)]),
            "deprovisioned": outcomes_json([Outcome("Deprovisioned", target_system=self.system.name)]),
            "activity": self.run.activity_id,
            "month": self.run.month,
            "first": self.run.item_count,
            "error_type": ERROR_TYPE,
        }
        deleted: list[str] = []
        page.cursor.execute(sql("record_results"), bounds | parameters)
        rows = page.cursor.fetchall()
        self.run.reserve(page, sum(row[3] for row in rows))
        for type_name, operation, is_failure, count, is_old_error, gone in rows:
            page.counters[object_type_key(type_name)] += count
            self.run.facts["old_errors"] |= is_old_error
            error_type = ERROR_TYPE if is_failure else None
            outcome = {} if is_failure else {OUTCOME_OF_OPERATION[operation]: 1}
            count_item(page.counters, CHANGE_OF_OPERATION[operation], error_type, outcome, count)
            deleted += gone or ()
        return deleted


def answers(failures: dict[str, str], external_ids: dict[str, str]) -> Iterator[tuple[str | None, ...]]:
    """The rows of ANSWER."""
    for export_id in failures.keys() | external_ids.keys():
        given = external_ids.get(export_id)
        yield export_id, failures.get(export_id), given, None if given is None else values.hash_text(given)


def _queue_again(cursor: Cursor[Any], now: datetime) -> None:
    """What failed is tried again later or, after its last attempt, kept as Failed."""
    cursor.execute(sql("failed_exports"))
    copy_temporary(cursor, "failed_export", FAILED, [failed_row(now, *row) for row in cursor.fetchall()])
    cursor.execute(sql("mark_failed"))


def failed_row(now: datetime, export_id: str, error_count: int, max_attempts: int) -> tuple[Any, ...]:
    """A row of FAILED."""
    errors = error_count + 1
    if errors >= max_attempts:
        return export_id, "Failed", errors, None
    return export_id, "ExportNotConfirmed", errors, next_retry(now, errors)


def _confirm(cursor: Cursor[Any], bounds: dict[str, int], now: datetime) -> None:
    """What arrived is what the target shows, as its connector vouches."""
    cursor.execute(sql("arrived_exports"), bounds)
    done, confirmed = [], []
    for export_id, cso_id, document, sent in cursor.fetchall():
        shown = apply_changes(orjson.loads(document), orjson.loads(sent))
        serialised = orjson.dumps({key: shown[key] for key in sorted(shown, key=int)})
        confirmed.append((cso_id, serialised.decode(), values.fingerprint(serialised)))
        done.append(export_id)
    copy_temporary(cursor, "confirmed", CONFIRMED, confirmed)
    cursor.execute(sql("store_confirmed"), {"now": now})
    cursor.execute(sql("remove_exports"), {"ids": array_of(done)})
