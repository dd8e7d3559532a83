"""Export: send what is queued for one system, and keep what became of it.

In: pending exports that are due, creates and updates before deletes. Out: the target changed, results on the pending
exports, an item per object. Always: a change is marked `Executing` in a transaction before it leaves, and gets its
result in another; what a crash leaves in between is sent again, which the contract makes harmless.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from activities.models import Activity, InitiatorType
from activities.statistics import Counter as STAT
from connectors.contract import ExportBatch, ExportObject, ExportRequest, ExportResult
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem
from synchronisation.rules.exports import Changes, merge

from .judge import over_threshold
from .outbox import Outbox, OutboxRow
from .pages import Run
from .results import Results
from .statements import sql


@dataclass(slots=True)
class Sent:
    """One engine page on its way: the batches it went out in, and what has come back.

    last: the ordinal of its last export; unanswered: numbers of batches without a result yet.
    """

    after: int
    last: int
    unanswered: set[int]
    failures: dict[str, str] = field(default_factory=dict)
    external_ids: dict[str, str] = field(default_factory=dict)


def prepare(run: Run) -> None:
    """Fix the list of exports, and hold deletes back when they are too many."""
    specification = run.specification
    by_hand = Activity.objects.get(pk=run.activity_id).initiated_by_type != InitiatorType.SYSTEM
    with run.page() as page:
        parameters = {"system": specification.system.id, "now": page.now, "by_hand": by_hand}
        page.cursor.execute(sql("forget_work"))
        row: Any = page.cursor.execute(sql("count_deletes"), parameters).fetchone()
        deletes, objects = row
        reason = over_threshold(deletes, objects, specification.system)
        held_back = reason is not None and not specification.ignore_deletion_threshold
        if held_back:
            run.warn(
                f"{deletes} queued deletes were not sent: {reason}. "
                "Check the rules; to send them, run again with ignoreDeletionThreshold."
            )
        page.cursor.execute(sql("queue_due"), {**parameters, "with_deletes": not held_back})
        row = page.cursor.execute(sql("count_queued")).fetchone()
        run.counters[STAT.OBJECTS_PROCESSED] = row[0]
        run.facts["due"] = row[0]
        page.cursor.execute("ANALYZE work")


def export_due(run: Run) -> None:
    """Send the list in batches and record results as they become durable. Raises: ConnectorError."""
    run.expect(run.facts["due"])
    if not run.facts["due"]:
        return
    system = ConnectedSystem.objects.get(pk=run.specification.system.id)
    sender = _Sender(run)
    with connector_for(system) as connector:
        for result in connector.export(_request(run), sender.batches()):
            sender.record(result)


def _request(run: Run) -> ExportRequest:
    types = [kind for kind in run.specification.own_types() if kind.selected]
    return ExportRequest(
        object_types={kind.name: [a.name for a in kind.attributes] for kind in types},
        multi_valued={kind.name: frozenset(a.name for a in kind.attributes if a.multi_valued) for kind in types},
        partition=run.specification.partition,
        file_path=run.specification.file_path,
    )


class _Sender:
    """Marks and sends pages ahead of their results; results come back in the order of the batches."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.outbox = Outbox(run.specification)
        self.results = Results(run, self.outbox)
        self.under_way: deque[Sent] = deque()
        self.batch_size = min(run.specification.page_size, run.page_size)

    def batches(self) -> Iterator[ExportBatch]:
        """Batches for the connector; each page of them is marked `Executing` before its first leaves."""
        number = 0
        after = self.run.position.get("recorded", 0)
        while rows := self._mark_page(after):
            parts = [rows[i : i + self.batch_size] for i in range(0, len(rows), self.batch_size)]
            numbers = range(number, number + len(parts))
            self.under_way.append(Sent(after, rows[-1].ordinal, set(numbers)))
            for batch_number, part in zip(numbers, parts, strict=True):
                yield ExportBatch(batch_number, [self._outgoing(row) for row in part])
            number += len(parts)
            after = rows[-1].ordinal

    def _mark_page(self, after: int) -> list[OutboxRow]:
        with self.run.page(durable=True) as page:
            page.cursor.execute(sql("outbox_page"), {"after": after, "last": None, "limit": self.run.page_size})
            rows = [OutboxRow(*columns) for columns in page.cursor.fetchall()]
            self.outbox.mark(page.cursor, rows, page.now)
        return rows

    def _outgoing(self, row: OutboxRow) -> ExportObject:
        return self.outbox.object_of(row, leaving_changes(row))

    def record(self, result: ExportResult) -> None:
        """Keep one batch's result; a page whose batches are all answered is recorded."""
        page = next(sent for sent in self.under_way if result.number in sent.unanswered)
        page.unanswered.discard(result.number)
        page.failures.update((str(key), message) for key, message in result.failures.items())
        page.external_ids.update((str(key), value) for key, value in result.external_ids.items())
        while self.under_way and not self.under_way[0].unanswered:
            done = self.under_way.popleft()
            self.results.record(done.after, done.last, done.failures, done.external_ids)


def leaving_changes(row: OutboxRow) -> Changes:
    """What leaves for one object: what is queued, on top of what left before and was not confirmed."""
    pending: Changes = orjson.loads(row.pending)
    return merge(orjson.loads(row.sent), pending) if row.sent is not None else pending
