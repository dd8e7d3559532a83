"""`make demo`: HR file -> metaverse -> directory file, twice, on a JIM started for the purpose.

Always: everything but the two files goes through the REST API with an API key; the numbers that come out are
compared with the ones that must, and a difference is a failure; nothing is left running or lying about.
"""

import csv
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from rich.console import Console, OverflowMethod

from jim.client import Client, ClientError, JsonObject, display
from jim.servers.errors import ServerError
from samples import configuration, people
from samples.hr_to_directory import CONFIGURATION, DIRECTORY_COLUMNS, DIRECTORY_FILE, HR_FILE
from samples.private_instance import connector_files, private_instance

RUN_SECONDS = 120.0
SHOWN_ROWS = 3
INTERRUPTED = 130

ITEM_COLUMNS = {
    "objectChangeType": "CHANGE",
    "externalIdValue": "EXTERNAL ID",
    "displayName": "DISPLAY NAME",
    "errorType": "ERROR",
    "outcomeSummary": "OUTCOME",
}


class WrongResultError(Exception):
    """JIM did something else than the demo's files call for."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many people the HR file begins with, and what then happens to it."""

    people: int = 5000
    added: int = 40
    changed: int = 60
    removed: int = 25


@dataclass(frozen=True, slots=True)
class Step:
    """A run of the cycle, and the statistics it must end with (others are not looked at)."""

    system: str
    run_profile: str
    expected: Mapping[str, int]


def first_round(sizes: Sizes) -> tuple[Step, ...]:
    everybody = sizes.people
    return (
        Step("HR", "Full Import", {"totalCsoAdds": everybody}),
        Step("HR", "Full Synchronisation", {"totalProjections": everybody, "totalProvisioned": everybody}),
        Step("Directory", "Export", {"totalExported": everybody}),
        Step("Directory", "Full Import", {"totalPendingExportsConfirmed": everybody}),
    )


def second_round(sizes: Sizes) -> tuple[Step, ...]:
    added, changed, removed = sizes.added, sizes.changed, sizes.removed
    joiners_and_leavers = {"totalProjections": added, "totalProvisioned": added, "totalDisconnections": removed}
    return (
        Step("HR", "Full Import", {"totalCsoAdds": added, "totalCsoUpdates": changed, "totalCsoDeletes": removed}),
        Step("HR", "Delta Synchronisation", joiners_and_leavers),
        Step("Directory", "Export", {"totalExported": added + changed, "totalDeprovisioned": removed}),
        Step("Directory", "Full Import", {"totalPendingExportsConfirmed": added + changed}),
    )


def main() -> int:
    """The exit status."""
    for stop_signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop_signal, _interrupt_once)
    console = Console(highlight=False)
    try:
        with TemporaryDirectory(prefix="jim-demo-") as folder:
            _demonstrate(Path(folder), console)
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left running.")
        return INTERRUPTED
    except (ClientError, ServerError, WrongResultError) as exc:
        console.print(f"The demo failed: {exc}", style="red", markup=False, soft_wrap=True)
        return 1
    return 0


def _interrupt_once(_signal: int, _frame: FrameType | None) -> None:
    """A second Ctrl-C would only interrupt the cleaning up."""
    for stop_signal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop_signal, signal.SIG_IGN)
    raise KeyboardInterrupt


def _demonstrate(folder: Path, console: Console) -> None:
    started = time.monotonic()
    console.print("Starting PostgreSQL, Valkey, workers and the API ...")
    with private_instance(folder) as running, Client(running.url, running.api_key) as client:
        Demo(client, console, connector_files(folder)).show(Sizes())
        console.print(f"[green]All as it must be[/], after {time.monotonic() - started:.0f} s. Stopping ...")


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo shows, one paragraph a method. files: the folder that file connectors may touch."""

    client: Client
    console: Console
    files: Path

    @property
    def hr_file(self) -> Path:
        return self.files / HR_FILE

    @property
    def directory_file(self) -> Path:
        return self.files / DIRECTORY_FILE

    def show(self, sizes: Sizes) -> None:
        """Everything, in its order. Raises: WrongResultError, ClientError."""
        people.write(self.hr_file, sizes.people)
        self.directory_file.write_text(",".join(DIRECTORY_COLUMNS) + "\n", encoding="utf-8")
        self.configure()
        self.cycle(f"1. {sizes.people:,} people in the HR file, an empty directory", first_round(sizes))
        people.change(self.hr_file, self.hr_file, added=sizes.added, changed=sizes.changed, removed=sizes.removed)
        title = f"2. {sizes.added} people added, {sizes.changed} changed, {sizes.removed} removed"
        self.cycle(title, second_round(sizes))
        self.verify()

    def configure(self) -> None:
        """Create the connected systems, rules and run profiles of `samples.hr_to_directory`."""
        configuration.apply(CONFIGURATION, self.client)
        names = ", ".join(system.name for system in CONFIGURATION.systems)
        text = f"Connected systems, rules and run profiles created through {self.client.url}: {names}"
        self.console.print(text, markup=False, soft_wrap=True)
        self._show_file(self.hr_file)

    def cycle(self, title: str, steps: Sequence[Step]) -> None:
        """Run the steps; show how each ended and its first execution items, and the file that came out."""
        known = frozenset(self.directory_file.read_text(encoding="utf-8").splitlines(keepends=True))
        self.console.rule(title, align="left")
        for step in steps:
            self._run(step)
        self._show_file(self.directory_file, known)

    def _run(self, step: Step) -> None:
        with display.following(self.console, f"{step.system} {step.run_profile}") as on_progress:
            activity = self.client.run(step.system, step.run_profile, timeout=RUN_SECONDS, on_progress=on_progress)
        self.console.print(display.outcome(activity), soft_wrap=True)
        for message in display.messages(activity):
            self.console.print(message, markup=False, soft_wrap=True)
        display.table(self.console, islice(self.client.execution_items(activity["id"]), SHOWN_ROWS), ITEM_COLUMNS)
        check(f"{step.system} {step.run_profile}", _statistics(activity, step), {"status": "Complete", **step.expected})

    def _show_file(self, file: Path, known: frozenset[str] = frozenset()) -> None:
        """The header, and the first lines after it that were not known before."""
        self.console.print(f"[bold]{file.name}[/], first {'new ' if known else ''}lines:")
        with file.open(encoding="utf-8") as stream:
            self._print_line(next(stream))
            for line in islice((line for line in stream if line not in known), SHOWN_ROWS):
                self._print_line(line)

    def _print_line(self, line: str) -> None:
        """Cut at the edge of a terminal; whole in a log."""
        overflow: OverflowMethod = "ellipsis" if self.console.is_terminal else "ignore"
        text = "  " + line.rstrip("\n")
        self.console.print(text, style="dim", markup=False, no_wrap=True, overflow=overflow, crop=False)

    def verify(self) -> None:
        """Ask the API, and read the directory file: everybody in HR has exactly the account they should."""
        staff = {
            person.employee_id: (person.job_title, f"u{person.manager}" if person.manager else "")
            for person in people.read(self.hr_file)
        }
        directory = self.client.system("Directory")
        path = f"{configuration.SYSTEMS}/{directory['id']}"
        found = {
            "people": self.client.get("/metaverse/objects/count"),
            "accounts": self.client.get(f"{path}/connector-space/count"),
            "pending exports": self.client.get(f"{path}/pending-exports/count"),
        }
        check("JIM", found, {"people": len(staff), "accounts": len(staff), "pending exports": 0})
        check("the directory file", _accounts_by_employee(self.directory_file), staff)


def _statistics(activity: JsonObject, step: Step) -> dict[str, object]:
    statistics: dict[str, object] = activity["executionStats"]
    return {"status": activity["status"], **{name: statistics[name] for name in step.expected}}


def _accounts_by_employee(directory_file: Path) -> dict[str, tuple[str, str]]:
    """Title and manager; a manager is named as the directory names its accounts."""
    with directory_file.open(encoding="utf-8", newline="") as stream:
        return {row["employeeId"]: (row["title"], row["manager"]) for row in csv.DictReader(stream)}


def check(what: str, found: Mapping[str, object], expected: Mapping[str, object]) -> None:
    """Raises: WrongResultError naming the first few differences."""
    names = sorted(found.keys() | expected.keys())
    wrong = [name for name in names if found.get(name) != expected.get(name)]
    if wrong:
        shown = "; ".join(f"{name} is {found.get(name)}, not {expected.get(name)}" for name in wrong[:SHOWN_ROWS])
        raise WrongResultError(f"{what}: {shown}")


if __name__ == "__main__":
    sys.exit(main())
