"""Measure whole runs through the REST API and a Celery worker, on a JIM of the benchmark's own.

    python -m benchmarks.run --users 100000 --out benchmarks/results/users-100000.json

Seconds are the activity's execution time. Each phase that writes is set against bare COPYs of the rows it added, in
the same process run: absolute times differ from machine to machine, the ratio does not.
"""

import json
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import memory
from benchmarks.baseline import Rows, bulk_create_rate, copy_seconds
from jim.client import Client, JsonObject
from jim.client.display import seconds_in
from jim.instance import Instance
from samples import configuration, people
from samples.hr_to_directory import CONFIGURATION, DIRECTORY_COLUMNS, DIRECTORY_FILE, HR_FILE
from samples.private_instance import connector_files, private_instance

CHANGED_SHARE = 0.01
RUN_TIMEOUT_SECONDS = 3600.0
ITEM_PAGE_SIZE = 100

ITEMS = (
    Rows("execution_item", "activity_id = %(activity)s"),
    Rows("execution_item_detail", "activity_id = %(activity)s"),
)
IMPORTED = (Rows("cso", "status = 'Normal'"), *ITEMS)
SYNCHRONISED = (
    Rows("mvo"),
    Rows("cso_join"),
    Rows("mvo_match_key"),
    Rows("cso", "status = 'PendingProvisioning'"),
    Rows("pending_export"),
    *ITEMS,
)


@dataclass(frozen=True, slots=True)
class Phase:
    """One run to measure; `added` are the rows it leaves, which COPY is measured with."""

    name: str
    system: str
    run_profile: str
    added: tuple[Rows, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurement:
    """ratio_to_copy: seconds over those of the bare COPYs; null where a phase adds no rows worth a COPY."""

    phase: str
    objects: int
    seconds: float
    objects_per_second: float
    ratio_to_copy: float | None
    peak_rss_mib: float | None


FIRST_ROUND = (
    Phase("first full import", "HR", "Full Import", IMPORTED),
    Phase("unchanged full import", "HR", "Full Import"),
    Phase("full synchronisation", "HR", "Full Synchronisation", SYNCHRONISED),
    Phase("full synchronisation again", "HR", "Full Synchronisation"),
    Phase("export of creates", "Directory", "Export", ITEMS),
    Phase("confirming import", "Directory", "Full Import", ITEMS),
)
CHANGED_ROUND = (
    Phase("1 % changed: full import", "HR", "Full Import"),
    Phase("1 % changed: delta synchronisation", "HR", "Delta Synchronisation"),
    Phase("1 % changed: export", "Directory", "Export"),
    Phase("1 % changed: confirming import", "Directory", "Full Import"),
)


class Benchmark:
    """Runs phases on one instance."""

    def __init__(self, running: Instance, client: Client, console: Console) -> None:
        self.running = running
        self.client = client
        self.console = console

    def measure(self, phase: Phase) -> Measurement:
        memory.forget_peaks(self.running.process_id)
        activity = self.client.run(phase.system, phase.run_profile, timeout=RUN_TIMEOUT_SECONDS)
        if activity["status"] != "Complete":
            raise SystemExit(f"{phase.name} ended {activity['status']}: {activity['errorMessage']}")
        seconds = seconds_in(activity["executionTime"])
        objects = activity["executionStats"]["totalObjectsProcessed"]
        peak = memory.peak_rss_mib(self.running.process_id)
        copy = copy_seconds(self.running.database_url, phase.added, activity["id"]) if phase.added else None
        measured = Measurement(
            phase.name,
            objects,
            round(seconds, 2),
            round(objects / seconds, 1),
            round(seconds / copy, 2) if copy else None,
            peak,
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


def measure_all(users: int, folder: Path, console: Console) -> list[Measurement]:
    """Every phase in order, then the item pages and Django's own way of writing."""
    with private_instance(folder) as running, Client(running.url, running.api_key) as client:
        files = connector_files(folder)
        people.write(files / HR_FILE, users)
        (files / DIRECTORY_FILE).write_text(",".join(DIRECTORY_COLUMNS) + "\n", encoding="utf-8")
        configuration.apply(_without_references(), client)
        benchmark = Benchmark(running, client, console)
        measurements = [benchmark.measure(phase) for phase in FIRST_ROUND]
        first_import = next(iter(client.activities({"sortBy": "created", "runType": "FullImport"})))
        measurements.extend(benchmark.page_items(first_import))
        changed = int(users * CHANGED_SHARE)
        people.change(files / HR_FILE, files / HR_FILE, added=0, changed=changed, removed=0)
        measurements.extend(benchmark.measure(phase) for phase in CHANGED_ROUND)
        measurements.append(_django(running))
    return measurements


def _without_references() -> configuration.Configuration:
    """The sample configuration with plain columns only: fourteen flows in, ten out, as the budgets say."""
    systems = tuple(
        replace(system, types={name: kind for name, kind in system.types.items() if kind != "Reference"})
        for system in CONFIGURATION.systems
    )
    references = {
        name for system in CONFIGURATION.systems for name, kind in system.types.items() if kind == "Reference"
    }
    into, out_of = CONFIGURATION.import_rules, CONFIGURATION.export_rules
    return replace(
        CONFIGURATION,
        systems=systems,
        import_rules=tuple(replace(rule, mappings=_without(rule.mappings, references)) for rule in into),
        export_rules=tuple(replace(rule, mappings=_without(rule.mappings, references)) for rule in out_of),
    )


def _without(mappings: Mapping[str, str], columns: set[str]) -> dict[str, str]:
    return {target: source for target, source in mappings.items() if not {target, source} & columns}


def _django(running: Instance) -> Measurement:
    os.environ |= {"DATABASE_URL": running.database_url, "REDIS_URL": running.redis_url}
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jim.settings")
    import django

    django.setup()
    rate = bulk_create_rate()
    return Measurement(
        "Django bulk_create(update_conflicts=True)", 20_000, round(20_000 / rate, 2), round(rate, 1), None, None
    )


def show(measurements: list[Measurement], console: Console) -> None:
    table = Table("phase", "objects", "seconds", "objects/s", "ratio to COPY", "peak MiB")
    for m in measurements:
        cells: list[Any] = [
            m.phase,
            f"{m.objects:,}",
            m.seconds,
            f"{m.objects_per_second:,.0f}",
            m.ratio_to_copy,
            m.peak_rss_mib,
        ]
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    console.print(table)


def main(
    users: Annotated[int, typer.Option(help="People in the HR file.")] = 100_000,
    out: Annotated[Path | None, typer.Option(help="Where to write the measurements as JSON.")] = None,
) -> None:
    """Measure import, synchronisation and export of USERS people."""
    console = Console()
    with TemporaryDirectory(prefix="jim-bench-") as folder:
        measurements = measure_all(users, Path(folder), console)
    show(measurements, console)
    if out is not None:
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}
        result = {"users": users, "machine": machine, "phases": [asdict(m) for m in measurements]}
        out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
