"""Measure: phases on one running instance, and what is said of each.

In: phases by name of system and run profile. Out: measurements. Always: seconds are the activity's execution time; a
run that does not end Complete ends the benchmark.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from rich.console import Console

from benchmarks import memory
from benchmarks.baseline import Rows, copy_seconds
from benchmarks.cpu import cpu_seconds
from jim.client import Client, JsonObject
from jim.client.display import seconds_in
from jim.instance import Instance

RUN_TIMEOUT_SECONDS = 3600.0
ITEM_PAGE_SIZE = 100
STATISTICS_SECONDS = 12
"""An idle connection tells what it wrote after ten seconds (pgstat.c, PGSTAT_IDLE_INTERVAL)."""

ITEMS = (
    Rows("execution_item", "activity_id = %(activity)s"),
    Rows("execution_item_detail", "activity_id = %(activity)s"),
)

ROWS_WRITTEN: LiteralString = (
    "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables WHERE schemaname = 'public'"
)


@dataclass(frozen=True, slots=True)
class Phase:
    """One run to measure; `added` are the rows it leaves, which COPY is measured with. references: that it handles."""

    name: str
    system: str
    run_profile: str
    added: tuple[Rows, ...] = ()
    references: int | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """ratio_to_copy: seconds over those of the bare COPYs; null where a phase adds no rows worth a COPY.

    worker_cpu_seconds, database_cpu_seconds: what it took of the processor, which other work changes little.
    """

    phase: str
    objects: int
    seconds: float
    objects_per_second: float
    ratio_to_copy: float | None
    peak_rss_mib: float | None
    references_per_second: float | None = None
    worker_cpu_seconds: float | None = None
    database_cpu_seconds: float | None = None


class Benchmark:
    """Runs phases on one instance."""

    def __init__(self, running: Instance, client: Client, console: Console) -> None:
        self.running = running
        self.client = client
        self.console = console

    def measure(self, phase: Phase) -> Measurement:
        memory.forget_peaks(self.running.process_id)
        cpu_before = cpu_seconds(self.running.process_id)
        activity = self.client.run(phase.system, phase.run_profile, timeout=RUN_TIMEOUT_SECONDS)
        if activity["status"] != "Complete":
            raise SystemExit(f"{phase.name} ended {activity['status']}: {activity['errorMessage']}")
        seconds = seconds_in(activity["executionTime"])
        objects = activity["executionStats"]["totalObjectsProcessed"]
        peak = memory.peak_rss_mib(self.running.process_id)
        worker, database = (
            round(now - before, 2) for now, before in zip(cpu_seconds(self.running.process_id), cpu_before, strict=True)
        )
        copy = copy_seconds(self.running.database_url, phase.added, activity["id"]) if phase.added else None
        measured = Measurement(
            phase.name,
            objects,
            round(seconds, 2),
            round(objects / seconds, 1),
            round(seconds / copy, 2) if copy else None,
            peak,
            None if phase.references is None else round(phase.references / seconds, 1),
            worker,
            database,
        )
        self.console.print(measured)
        return measured

    def page_items(self, activity: JsonObject) -> Iterator[Measurement]:
        """The first and the last page of a run's items, each the best of five requests."""
        last = max(1, self.client.get(f"/activities/{activity['id']}/items")["totalCount"] // ITEM_PAGE_SIZE)
        for name, page in (("items, first page", 1), (f"items, page {last}", last)):
            times = []
            for _ in range(5):
                started = time.perf_counter()
                query = {"page": page, "pageSize": ITEM_PAGE_SIZE}
                self.client.get(f"/activities/{activity['id']}/items", query)
                times.append(time.perf_counter() - started)
            yield Measurement(
                name, ITEM_PAGE_SIZE, round(min(times), 4), round(ITEM_PAGE_SIZE / min(times), 1), None, None
            )

    def rows_written(self) -> dict[str, int]:
        """Table -> rows inserted, updated and deleted in it since the instance was made."""
        time.sleep(STATISTICS_SECONDS)
        with psycopg.connect(self.running.database_url) as connection:
            return dict(connection.execute(ROWS_WRITTEN).fetchall())
