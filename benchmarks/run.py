"""Measure whole runs through the REST API and a Celery worker, on a JIM of the benchmark's own.

    python -m benchmarks.run --users 100000 --out benchmarks/results/users-100000.json
    python -m benchmarks.run --users 100000 --groups 25000 --out benchmarks/results/users-100000-groups-25000.json

Seconds are the activity's execution time. Each phase that writes is set against bare COPYs of the rows it added, in
the same process run: absolute times differ from machine to machine, the ratio does not.
"""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks import feed, groups
from benchmarks.baseline import Rows, bulk_create_rate
from benchmarks.measure import ITEMS, Benchmark, Measurement, Phase
from jim.client import Client
from jim.instance import Instance
from samples import configuration, people
from samples.hr_to_directory import CONFIGURATION, DIRECTORY_COLUMNS, DIRECTORY_FILE, HR_FILE
from samples.private_instance import connector_files, private_instance

CHANGED_SHARE = 0.01

IMPORTED = (Rows("cso", "status = 'Normal'"), *ITEMS)
SYNCHRONISED = (
    Rows("mvo"),
    Rows("cso_join"),
    Rows("mvo_match_key"),
    Rows("cso", "status = 'PendingProvisioning'"),
    Rows("pending_export"),
    *ITEMS,
)

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


def measure_people(users: int, folder: Path, console: Console) -> list[Measurement]:
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


def measure_groups(sizes: groups.Sizes, folder: Path, console: Console) -> tuple[list[Measurement], dict[str, int]]:
    """Every phase with groups, and the rows that one member more writes in each table."""
    environment = feed.install(folder)
    with private_instance(folder, environment) as running, Client(running.url, running.api_key) as client:
        benchmark = Benchmark(running, client, console)
        measurements = list(groups.measure(benchmark, connector_files(folder), sizes))
        one_member, written = groups.measure_one_member(benchmark)
    return [*measurements, one_member], written


def _without_references() -> configuration.Configuration:
    """The sample configuration with plain columns only: fourteen flows in, ten out, as the budgets say."""
    references = {
        column
        for system in CONFIGURATION.systems
        for kind in system.object_types
        for column, data_type in kind.types.items()
        if data_type == "Reference"
    }
    into, out_of = CONFIGURATION.import_rules, CONFIGURATION.export_rules
    return replace(
        CONFIGURATION,
        systems=tuple(_plain(system, references) for system in CONFIGURATION.systems),
        import_rules=tuple(replace(rule, mappings=_without(rule.mappings, references)) for rule in into),
        export_rules=tuple(replace(rule, mappings=_without(rule.mappings, references)) for rule in out_of),
    )


def _plain(system: configuration.FileSystem, references: set[str]) -> configuration.FileSystem:
    """A system whose references are taken for text."""
    kinds = tuple(replace(kind, types=_without(kind.types, references)) for kind in system.object_types)
    return replace(system, object_types=kinds)


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
    table = Table("phase", "objects", "seconds", "objects/s", "references/s", "ratio to COPY", "peak MiB", "CPU s")
    for m in measurements:
        cells: list[Any] = [
            m.phase,
            f"{m.objects:,}",
            m.seconds,
            f"{m.objects_per_second:,.0f}",
            None if m.references_per_second is None else f"{m.references_per_second:,.0f}",
            m.ratio_to_copy,
            m.peak_rss_mib,
            None if m.worker_cpu_seconds is None else f"{m.worker_cpu_seconds} + {m.database_cpu_seconds}",
        ]
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    console.print(table)


def main(
    users: Annotated[int, typer.Option(help="People in the HR file.", min=1)] = 100_000,
    groups_count: Annotated[
        int,
        typer.Option("--groups", help="Groups of these people; with any, badges and members flow, too.", min=0),
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="Where to write the measurements as JSON.")] = None,
) -> None:
    """Measure import, synchronisation and export of USERS people, and of GROUPS groups if there are any."""
    console = Console()
    result: dict[str, Any] = {"users": users}
    with TemporaryDirectory(prefix="jim-bench-") as folder:
        if groups_count:
            sizes = groups.Sizes(users, groups_count)
            measurements, written = measure_groups(sizes, Path(folder), console)
            result |= {"groups": groups_count, "members": sizes.members, "rows_written_by_one_member": written}
            console.print(f"{sizes.members:,} members in all; rows written by one more: {written}")
        else:
            measurements = measure_people(users, Path(folder), console)
    show(measurements, console)
    if out is not None:
        result["machine"] = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
        }
        result["phases"] = [asdict(m) for m in measurements]
        out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
