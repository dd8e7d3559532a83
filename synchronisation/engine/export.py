"""Export: send what is queued for one system, and keep what became of it.

In: pending exports that are due, creates and updates before deletes. Out: the target changed, results on the pending
exports, an item per object. Always: a change is marked `Executing` in a transaction before it leaves, and gets its
result in another; what a crash or a target that went away leaves in between is sent again, which the contract makes
harmless.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from psycopg import Cursor

from activities.models import Activity, InitiatorType
from activities.statistics import Counter as STAT
from connectors.contract import ExportBatch, ExportRequest, ExportResult
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem

from .judge import over_threshold
from .outbox import Leaving, Outbox
from .outgoing_references import OutgoingReferences
from .pages import Run
from .results import Results
from .retry import keep_trying
from .statements import sql


@dataclass(slots=True)
class Sent:
    """One engine page on its way: the batches it went out in, and what has come back.

    after, last: the ordinals it lies between; unanswered: numbers of batches without a result yet. external_ids: new
    ones, by export id, as the change says or the target answered.
    """

    after: int
    last: int
    unanswered: set[int]
    external_ids: dict[str, str]
    failures: dict[str, str] = field(default_factory=dict)


def prepare(run: Run) -> None:
    """Fix the list of exports, and hold deletes back when they are too many."""
    specification = run.specification
    by_hand = Activity.objects.get(pk=run.activity_id).initiated_by_type != InitiatorType.SYSTEM
    with run.page() as page:
        parameters = {
            "system": specification.system.id,
            "now": page.now,
            "by_hand": by_hand,
            "unidentified": [kind.id for kind in specification.own_types() if kind.external_id is None],
        }
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
        run.facts["due"] = run.counters[STAT.OBJECTS_PROCESSED] = page.cursor.rowcount
        page.cursor.execute("ANALYZE work")


def export_due(run: Run) -> None:
    """Send the list in batches and record results as they become durable. Raises: ConnectorError."""
    run.expect(run.facts["due"])
    if run.facts["due"]:
        system = ConnectedSystem.objects.get(pk=run.specification.system.id)
        references = OutgoingReferences(run.specification, "export")
        outbox, results = Outbox(run.specification, references), Results(run, references)
        keep_trying(run, partial(send_rest, run, system, outbox, results))


class TakesPages(Protocol):
    def take(self, cursor: Cursor[Any], after: int, limit: int, now: datetime) -> Leaving:
        """The next exports of a list, marked `Executing`; none at its end."""


class RecordsPages(Protocol):
    def record(self, after: int, last: int, failures: dict[str, str], external_ids: dict[str, str]) -> None:
        """Keep what became of the exports between two ordinals."""


def send_rest(run: Run, system: ConnectedSystem, outbox: TakesPages, results: RecordsPages) -> None:
    """Send what of a list has no result yet, on a connection of its own."""
    sender = _Sender(run, outbox, results)
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

    def __init__(self, run: Run, outbox: TakesPages, results: RecordsPages) -> None:
        self.run = run
        self.outbox = outbox
        self.results = results
        self.under_way: deque[Sent] = deque()
        self.batch_size = min(run.specification.page_size, run.page_size)

    def batches(self) -> Iterator[ExportBatch]:
        """Batches for the connector; each page of them is marked `Executing` before its first leaves."""
        number = 0
        after = self.run.position.get("recorded", 0)
        while (leaving := self._take_page(after)).objects:
            starts = range(0, len(leaving.objects), self.batch_size)
            numbers = range(number, number + len(starts))
            self.under_way.append(Sent(after, leaving.last, set(numbers), leaving.renamed))
            for batch_number, start in zip(numbers, starts, strict=True):
                yield ExportBatch(batch_number, leaving.objects[start : start + self.batch_size])
            number += len(starts)
            after = leaving.last

    def _take_page(self, after: int) -> Leaving:
        with self.run.page(durable=True) as page:
            return self.outbox.take(page.cursor, after, self.run.page_size, page.now)

    def record(self, result: ExportResult) -> None:
        """Keep one batch's result; a page whose batches are all answered is recorded."""
        page = next(sent for sent in self.under_way if result.number in sent.unanswered)
        page.unanswered.discard(result.number)
        page.failures.update(result.failures)
        page.external_ids.update(result.external_ids)
        while self.under_way and not self.under_way[0].unanswered:
            done = self.under_way.popleft()
            self.results.record(done.after, done.last, done.failures, done.external_ids)
