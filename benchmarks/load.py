"""Measure the API under many clients at once, on a JIM of the benchmark's own.

    python -m benchmarks.load --clients 50 --seconds 20

Each client sends its next request when the last one was answered. The clients run in this process, on the same machine
as everything they measure: times are the clients' own, theirs included.
"""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from jim.client import Client
from jim.instance import Instance
from samples import configuration, people
from samples.hr_to_directory import CONFIGURATION, DIRECTORY_COLUMNS, DIRECTORY_FILE, HR_FILE
from samples.private_instance import connector_files, private_instance

PAGE_SIZE = 50
SYSTEMS = "/synchronisation/connected-systems"
TIMEOUT_SECONDS = 30.0

Request = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]
"""Sends one request of the client with this number."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of request. expected: statuses that are no error."""

    name: str
    send: Request
    expected: frozenset[int] = frozenset({200})


@dataclass(frozen=True, slots=True)
class Measurement:
    """Times in milliseconds. statuses: status -> how many. errors: answers not expected, and those that never came."""

    scenario: str
    kind: str
    requests: int
    per_second: float
    p50: float
    p95: float
    slowest: float
    statuses: dict[str, int]
    errors: int


@dataclass(slots=True)
class Tally:
    """What was answered, while it is counted."""

    milliseconds: list[float]
    statuses: Counter[str]
    errors: int = 0


class Load:
    """clients: how many at once. seconds: how long each scenario goes on."""

    def __init__(self, running: Instance, clients: int, seconds: float) -> None:
        self.running = running
        self.clients = clients
        self.seconds = seconds

    async def measure(self, scenario: str, *kinds: Kind) -> list[Measurement]:
        """Every client takes the kinds in turn."""
        tallies = {kind.name: Tally([], Counter()) for kind in kinds}
        limits = httpx.Limits(max_connections=self.clients, max_keepalive_connections=self.clients)
        async with httpx.AsyncClient(
            base_url=f"{self.running.url}/api/v1",
            headers={"X-Api-Key": self.running.api_key},
            limits=limits,
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        ) as http:
            started = time.perf_counter()
            until = started + self.seconds
            await asyncio.gather(*(self._client(http, number, kinds, tallies, until) for number in range(self.clients)))
            seconds = time.perf_counter() - started
        return [_measured(scenario, kind.name, tallies[kind.name], seconds) for kind in kinds]

    async def _client(
        self, http: httpx.AsyncClient, number: int, kinds: tuple[Kind, ...], tallies: dict[str, Tally], until: float
    ) -> None:
        turn = number
        while time.perf_counter() < until:
            kind = kinds[turn % len(kinds)]
            turn += 1
            tally = tallies[kind.name]
            began = time.perf_counter()
            try:
                status = (await kind.send(http, number)).status_code
            except httpx.HTTPError as exc:
                tally.statuses[type(exc).__name__] += 1
                tally.errors += 1
                continue
            tally.milliseconds.append((time.perf_counter() - began) * 1000)
            tally.statuses[str(status)] += 1
            tally.errors += status not in kind.expected


def _measured(scenario: str, kind: str, tally: Tally, seconds: float) -> Measurement:
    times = sorted(tally.milliseconds)
    cuts = quantiles(times, n=20, method="inclusive") if len(times) > 1 else [0.0] * 19
    return Measurement(
        scenario,
        kind,
        tally.statuses.total(),
        round(len(times) / seconds, 1),
        round(cuts[9], 1),
        round(cuts[18], 1),
        round(times[-1], 1) if times else 0.0,
        dict(tally.statuses),
        tally.errors,
    )


def kinds_of(client: Client, clients: int, activity: dict[str, Any]) -> tuple[Kind, Kind, Kind]:
    """activity: a run with items. Every client has a run profile of its own, so that executes do not only collide."""
    system = next(found["id"] for found in client.get(SYSTEMS)["items"] if found["name"] == "HR")
    path = f"{SYSTEMS}/{system}/run-profiles"
    profiles = [
        client.post(path, {"name": f"Load {n}", "runType": "DeltaSynchronisation"})["id"] for n in range(clients)
    ]
    total = client.get(f"/activities/{activity['id']}/items")["totalCount"]
    pages = max(1, total // PAGE_SIZE)

    def execute(http: httpx.AsyncClient, number: int) -> Awaitable[httpx.Response]:
        return http.post(f"{path}/{profiles[number]}/execute")

    def page_of_items(http: httpx.AsyncClient, number: int) -> Awaitable[httpx.Response]:
        query = {"page": random.randint(1, pages), "pageSize": PAGE_SIZE}
        return http.get(f"/activities/{activity['id']}/items", params=query)

    def poll(http: httpx.AsyncClient, number: int) -> Awaitable[httpx.Response]:
        return http.get(f"/activities/{activity['id']}")

    return (
        Kind("execute", execute, frozenset({202, 409})),  # 409: the client's last run is still queued
        Kind("item page", page_of_items),
        Kind("activity poll", poll),
    )


def measure_all(users: int, clients: int, seconds: float, folder: Path) -> list[Measurement]:
    with private_instance(folder) as running, Client(running.url, running.api_key) as client:
        files = connector_files(folder)
        people.write(files / HR_FILE, users)
        (files / DIRECTORY_FILE).write_text(",".join(DIRECTORY_COLUMNS) + "\n", encoding="utf-8")
        configuration.apply(CONFIGURATION, client)
        activity = client.run("HR", "Full Import")
        load = Load(running, clients, seconds)
        execute, page_of_items, poll = kinds_of(client, clients, activity)
        return [
            *asyncio.run(load.measure("item pages", page_of_items)),
            *asyncio.run(load.measure("activity polls", poll)),
            *asyncio.run(load.measure("executes", execute)),
            *asyncio.run(load.measure("all three, while runs are worked on", execute, page_of_items, poll)),
        ]


def show(measurements: list[Measurement], console: Console) -> None:
    table = Table("scenario", "kind", "requests", "per second", "p50 ms", "p95 ms", "slowest ms", "statuses", "errors")
    for m in measurements:
        statuses = ", ".join(f"{status}: {number:,}" for status, number in sorted(m.statuses.items()))
        cells = (m.scenario, m.kind, f"{m.requests:,}", m.per_second, m.p50, m.p95, m.slowest, statuses, m.errors)
        table.add_row(*map(str, cells))
    console.print(table)


def main(
    clients: Annotated[int, typer.Option(help="Clients at once.")] = 50,
    seconds: Annotated[float, typer.Option(help="How long each scenario goes on.")] = 20.0,
    users: Annotated[int, typer.Option(help="People in the HR file, and so items in the run.")] = 5_000,
    out: Annotated[Path | None, typer.Option(help="Where to write the measurements as JSON.")] = None,
) -> None:
    """Measure execute requests, pages of execution items and activity polls."""
    with TemporaryDirectory(prefix="jim-load-") as folder:
        measurements = measure_all(users, clients, seconds, Path(folder))
    show(measurements, Console(width=160))
    if out is not None:
        out.write_text(json.dumps([asdict(m) for m in measurements], indent=2) + "\n", encoding="utf-8")
    if any(m.errors for m in measurements):
        raise SystemExit(1)


if __name__ == "__main__":
    typer.run(main)
