"""Results: what became of the exports of one page, in one transaction with their items.

success, connector confirms itself   values applied to the CSO, export removed
success                              Exported, waits for the confirming import
success of a create                  the external ID that the target gave is stored on the CSO
success of a delete                  CSO and export removed
failure                              tried again after a backoff; at the maximum Failed, kept and visible
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from psycopg import Cursor

from activities.statistics import object_type_key
from synchronisation.rules import values
from synchronisation.rules.exports import SEALED, apply_changes, without_secrets
from synchronisation.rules.specification import Specification

from .backoff import next_retry
from .bulk import copy_temporary
from .items import AttributeChanges, Item, Outcome
from .outbox import Outbox, OutboxRow
from .pages import Page, Run
from .statements import sql

CHANGE_OF_OPERATION = {"Create": "Add", "Update": "Update", "Delete": "Delete"}
CONFIRMED = {"cso_id": "uuid", "document": "jsonb", "fingerprint": "uuid"}
IDENTIFIED = {"cso_id": "uuid", "external_id": "text", "external_id_hash": "uuid"}
FAILED = {
    "id": "uuid", "status": "text", "error_count": "smallint", "next_retry": "timestamptz", "message": "text",
}  # fmt: skip


@dataclass(slots=True)
class Settled:
    """What a page's results do to the tables."""

    exported: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    confirmed: list[tuple[Any, ...]] = field(default_factory=list)
    identified: list[tuple[Any, ...]] = field(default_factory=list)
    failed: list[tuple[Any, ...]] = field(default_factory=list)
    unsealed: list[tuple[str, str]] = field(default_factory=list)


class Results:
    """Records pages of results for one run."""

    def __init__(self, run: Run, outbox: Outbox) -> None:
        self.run = run
        self.outbox = outbox
        self.specification: Specification = run.specification

    def record(self, after: int, last: int, failures: dict[str, str], external_ids: dict[str, str]) -> None:
        """One page of exports, by ordinal; `failures` and `external_ids` are keyed by export id."""
        with self.run.page(durable=True) as page:
            page.cursor.execute(sql("outbox_page"), {"after": after, "last": last, "limit": None})
            rows = [OutboxRow(*columns) for columns in page.cursor.fetchall()]
            settled = Settled()
            for row in rows:
                page.items.append(self._settle(page, settled, row, failures.get(row.export_id), external_ids))
            _write(page.cursor, settled, page.now)
            page.processed = len(rows)
            self.run.position["recorded"] = last

    def _settle(
        self, page: Page, settled: Settled, row: OutboxRow, failure: str | None, external_ids: dict[str, str]
    ) -> Item:
        external_id = external_ids.get(row.export_id) or self._sent_external_id(row) or row.external_id
        type_name = self.outbox.types[row.object_type_id].name
        self.run.counters[object_type_key(type_name)] += 1
        item = Item(
            external_id,
            row.display_name,
            type_name,
            CHANGE_OF_OPERATION[row.change_type],
            cso_id=row.cso_id,
            mvo_id=row.mvo_id,
        )
        if failure is not None:
            item.error_type, item.error_message = "UnhandledError", failure
            settled.failed.append(_failed_row(page.now, row, failure))
            self.run.facts["old_errors"] |= row.error_count > 0
            return item
        system = self.specification.system.name
        outcome = "Deprovisioned" if row.change_type == "Delete" else "Exported"
        item.outcomes = [Outcome(outcome, 1, system, pending_export_id=row.export_id)]
        item.changes = _sent_values(row)
        self._succeed(settled, row, external_id)
        return item

    def _sent_external_id(self, row: OutboxRow) -> str | None:
        """The new identifier, where the change that was sent renamed the object."""
        external = self.outbox.types[row.object_type_id].external_id
        if external is None or row.sent is None or row.change_type != "Update":
            return None
        value = orjson.loads(row.sent).get(external.key, {}).get("set")
        return None if value is None else values.to_text(value)

    def _succeed(self, settled: Settled, row: OutboxRow, external_id: str | None) -> None:
        if row.change_type == "Delete":
            settled.deleted.append(row.cso_id)
            return
        if external_id is not None and external_id != row.external_id:
            settled.identified.append((row.cso_id, external_id, values.hash_text(external_id)))
        if not self.specification.system.self_confirming:
            settled.exported.append(row.export_id)
            if row.sent is not None and SEALED in row.sent:
                kept = without_secrets(orjson.loads(row.sent))
                settled.unsealed.append((row.export_id, orjson.dumps(kept).decode()))
            return
        settled.done.append(row.export_id)
        document = apply_changes(orjson.loads(row.document), orjson.loads(row.sent or "{}"))
        serialised = orjson.dumps({key: document[key] for key in sorted(document, key=int)})
        settled.confirmed.append((row.cso_id, serialised.decode(), values.fingerprint(serialised)))


def _sent_values(row: OutboxRow) -> AttributeChanges | None:
    """The detail of an export: what each attribute was set to, or gained."""
    if row.sent is None or row.sent == "{}":
        return None
    parts = without_secrets(orjson.loads(row.sent))
    return AttributeChanges("cs", None, {k: p["set"] if "set" in p else p["add"] for k, p in parts.items()})


def _failed_row(now: datetime, row: OutboxRow, message: str) -> tuple[Any, ...]:
    errors = row.error_count + 1
    if errors >= row.max_attempts:
        return row.export_id, "Failed", errors, None, message
    return row.export_id, "ExportNotConfirmed", errors, next_retry(now, errors), message


def _write(cursor: Cursor[Any], settled: Settled, now: datetime) -> None:
    if settled.exported:
        cursor.execute(sql("mark_exported"), {"ids": settled.exported})
    if settled.unsealed:
        copy_temporary(cursor, "unsealed", {"id": "uuid", "sent": "jsonb"}, settled.unsealed)
        cursor.execute(sql("forget_secrets"))
    if settled.done:
        cursor.execute(sql("remove_exports"), {"ids": settled.done})
    if settled.deleted:
        for name in (
            "unresolve_references",
            "remove_own_references",
            "remove_placeholder_exports",
            "remove_finished_mvos",
            "remove_joins",
            "remove_csos",
        ):
            cursor.execute(sql(name), {"ids": settled.deleted})
    if settled.identified:
        copy_temporary(cursor, "identified", IDENTIFIED, settled.identified)
        cursor.execute(sql("store_external_ids"))
    if settled.confirmed:
        copy_temporary(cursor, "confirmed", CONFIRMED, settled.confirmed)
        cursor.execute(sql("store_confirmed"), {"now": now})
    if settled.failed:
        copy_temporary(cursor, "failed_export", FAILED, settled.failed)
        cursor.execute(sql("mark_failed"))
