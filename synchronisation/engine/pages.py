"""Pages: the transactions of a run, and what they commit together.

In: an activity whose leases were taken under a fence. Out: pages, or LeaseLostError / StopRequestedError.
Always: one page is one transaction; object changes, items, counters, progress and checkpoint commit together or not
at all, and only while the fence is ours. A resumed run goes on behind its last committed page.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson
from django.db import connection, transaction
from psycopg import Connection, Cursor, sql

from activities.items import month_of
from activities.models import Activity, ActivityProgress
from synchronisation.rules.specification import Specification

from . import leases
from .errors import StopRequestedError
from .items import Item, write_items
from .lanes import Turn
from .statements import sql as statement

PAGE_SIZE = 2_000
"""Objects a page: they share some twenty statements and one commit, and are all that memory holds at a time."""

ANALYZE_FROM = 1_000
"""Items a phase must have written for its tables to be analysed: smaller ones change no plan."""

ANALYZE_SHARE = 0.1
"""Of a table's rows, likewise. Of 100,000 people changed by one in a hundred, ANALYZE took half of the delta's time."""

COMMIT_IN_BACKGROUND = "SET LOCAL synchronous_commit = off"
"""For pages that only this database sees. A page carries its checkpoint, and commits become durable in their order:
after a power cut the run goes on from an earlier page, as after any crash. The run's last transaction waits for all."""

PAGE_SETTINGS = sql.SQL(
    "SET LOCAL search_path = {schema}, public;"
    "SET LOCAL random_page_cost = 1.1;"
    "SET LOCAL client_connection_check_interval = '5s';"
    "SET LOCAL idle_in_transaction_session_timeout = '60s'"
)
"""architecture.md, "Page transactions": index scans in pages, and a dead worker's transaction ends by itself."""

LOOK_UPS_ONLY = (
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off;"
    "SET LOCAL enable_material = off; SET LOCAL join_collapse_limit = 1; SET LOCAL from_collapse_limit = 1;"
    "SET LOCAL jit = off"
)
"""A page looks up some thousand rows in tables of any size, table by table in the order its statements are written,
each by the index that they name, whatever the statistics say: while the first references flow they say that there are
none, and a page of 5,000 took 43 s. All such plans are dear in theory, so that compiling them would seem to pay."""


@dataclass(slots=True)
class Page:
    """One transaction of a run, and what it changes of the run's state once it commits.

    items: written by its last statements; item_count: ordinals it has taken; counters: added to the run's; position:
    where the phase stands behind it. once_numbered: called with the ordinal of the first of the items, behind them.
    """

    cursor: Cursor[Any]
    now: datetime
    turn: Turn
    items: list[Item] = field(default_factory=list)
    item_count: int = 0
    processed: int = 0
    counters: Counter[str] = field(default_factory=Counter)
    position: dict[str, Any] = field(default_factory=dict)
    once_numbered: Callable[[int], None] | None = None


class Run:
    """The state of one run between its pages.

    item_count: the next ordinal; items_committed: the first that a run which goes on after a crash would take.
    page_size: objects a page; what a run does never depends on it, which tests show with other sizes.
    position: where the current phase stands; facts: what one phase leaves for later ones, among them the run's
    warnings and whether any of its errors is left over from an earlier run. Both are JSON and commit with each page.
    """

    page_size = PAGE_SIZE

    def __init__(self, activity: Activity, progress: ActivityProgress, fence: int) -> None:
        assert progress.configuration is not None
        self.activity_id: UUID = activity.id
        self.month: date = month_of(activity)
        self.fence = fence
        self.specification = msgspec.json.decode(orjson.dumps(progress.configuration), type=Specification)
        self.schema = f"run_{activity.id.hex}"
        self.counters: Counter[str] = Counter(progress.counters)
        self.item_count = self.items_committed = self.items_before_phase = progress.item_count
        checkpoint = progress.checkpoint or {}
        self.phase_index: int = checkpoint.get("phase", 0)
        self.position: dict[str, Any] = checkpoint.get("position", {})
        self.facts: dict[str, Any] = checkpoint.get("facts", {"warnings": [], "old_errors": False})
        self.objects_processed = progress.objects_processed
        self.objects_to_process = progress.objects_to_process

    @property
    def connection(self) -> Connection[Any]:
        """The psycopg connection below Django's."""
        connection.ensure_connection()
        raw: Connection[Any] = connection.connection
        return raw

    @contextmanager
    def reading(self) -> Iterator[Cursor[Any]]:
        """A transaction for reading what a later page works with; that page looks at the fence."""
        with transaction.atomic():
            cursor = self.connection.cursor()
            cursor.execute(PAGE_SETTINGS.format(schema=sql.Identifier(self.schema)))
            yield cursor

    @contextmanager
    def page(self, *, durable: bool = False, turn: Turn | None = None) -> Iterator[Page]:
        """One page: its transaction, fence and, at the end, its items, counters and checkpoint.

        durable: wait until it would survive a power cut, since another system hears of it next. turn: its place
        among pages that are under way at once.

        Raises: LeaseLostError, StopRequestedError (also for a cancel), before anything was written; AbandonedError.
        """
        with self.reading() as cursor:
            if not durable:
                cursor.execute(COMMIT_IN_BACKGROUND)
            signals = leases.hold(cursor, self.activity_id, self.fence)
            if signals.stop or signals.cancel:
                raise StopRequestedError(cancelled=signals.cancel)
            page = Page(cursor, datetime.now(UTC), turn or Turn())
            yield page
            if page.items:
                first = self.reserve(page, len(page.items))
                write_items(
                    cursor,
                    activity_id=self.activity_id,
                    month=self.month,
                    first=first,
                    items=page.items,
                    counters=page.counters,
                )
                if page.once_numbered is not None:
                    page.once_numbered(first)
            page.turn.wait_to_commit()
            self.items_committed += page.item_count
            self.counters.update(page.counters)
            self.position |= page.position
            self.objects_processed += page.processed
            self._save(cursor)

    def reserve(self, page: Page, count: int) -> int:
        """Take the next `count` ordinals for the page; the first of them. They commit with it.

        Once only in a page that has others beside it: they may take theirs right after.
        """
        page.turn.wait_to_number()
        first = self.item_count
        self.item_count += count
        page.item_count += count
        page.turn.numbered()
        return first

    def warn(self, message: str) -> None:
        """Say something that makes the run end CompleteWithWarning; commits with the page."""
        if message not in self.facts["warnings"]:
            self.facts["warnings"].append(message)

    def _save(self, cursor: Cursor[Any]) -> None:
        cursor.execute(
            statement("save_progress"),
            {
                "activity": self.activity_id,
                "item_count": self.items_committed,
                "counters": orjson.dumps(self.counters, option=orjson.OPT_NON_STR_KEYS).decode(),
                "checkpoint": orjson.dumps(
                    {"phase": self.phase_index, "position": self.position, "facts": self.facts}
                ).decode(),
                "processed": self.objects_processed,
                "to_process": self.objects_to_process,
            },
        )

    def begin_phase(self, name: str, count: int) -> None:
        """Show the phase that starts or goes on."""
        with self.page() as page:
            page.cursor.execute(
                statement("begin_phase"),
                {"activity": self.activity_id, "phase": name, "index": self.phase_index, "count": count},
            )

    def expect(self, objects: int | None) -> None:
        """The phase will process that many objects (None: unknown); commits with the next page."""
        self.objects_to_process = objects

    def finish_phase(self, tables: Sequence[str] = ()) -> None:
        """Commit the phase's end; after a bulk phase, with fresh statistics of the tables it wrote."""
        written = self.item_count - self.items_before_phase
        self.items_before_phase = self.item_count
        self.phase_index += 1
        self.position = {}
        self.objects_processed = 0
        self.objects_to_process = None
        with self.page() as page:
            if tables and written >= ANALYZE_FROM:
                parameters = {"tables": list(tables), "rows": written / ANALYZE_SHARE}
                for (table,) in page.cursor.execute(statement("stale_tables"), parameters).fetchall():
                    page.cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
