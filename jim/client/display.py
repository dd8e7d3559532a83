"""What the commands show: progress of a run, tables, one line about how a run ended.

Always: for people when the output is a terminal; otherwise plain lines without colour or movement, tables as
tab-separated values with a header.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from jim.client.client import OnProgress
from jim.client.records import JsonObject
from jim.client.records import Progress as RunProgress

# Without a terminal a long run still says that it lives.
PLAIN_LINE_SECONDS = 10.0

STYLE_BY_STATUS = {
    "InProgress": "cyan",
    "Complete": "green",
    "CompleteWithWarning": "yellow",
    "CompleteWithError": "yellow",
    "FailedWithError": "red",
    "Cancelled": "magenta",
}

LABEL_BY_COUNTER = {
    "totalAdded": "added",
    "totalUpdated": "updated",
    "totalDeleted": "deleted",
    "totalProjected": "projected",
    "totalJoined": "joined",
    "totalAttributeFlows": "attribute flows",
    "totalDisconnected": "disconnected",
    "totalProvisioned": "provisioned",
    "totalExported": "exported",
    "totalDeprovisioned": "deprovisioned",
    "totalPendingExports": "pending exports",
    "totalErrors": "errors",
}


def table(console: Console, rows: Iterable[JsonObject], columns: Mapping[str, str]) -> None:
    """columns: heading by the row's key, in the order shown. A terminal gets all rows at once, a pipe each in turn."""
    if not console.is_terminal:
        _tab_separated(console, rows, columns)
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for key, heading in columns.items():
        shown.add_column(heading, no_wrap=key == "id")  # on a narrow terminal the others give way: ids are copied
    for row in rows:
        shown.add_row(*(_cell(key, row[key]) for key in columns))
    console.print(shown)


def _tab_separated(console: Console, rows: Iterable[JsonObject], columns: Mapping[str, str]) -> None:
    plain_line(console, "\t".join(columns.values()))
    for row in rows:
        plain_line(console, "\t".join(_text(row[key]) for key in columns))


def plain_line(console: Console, text: str) -> None:
    """The text as it is: rich would wrap it, and make blanks of tabs."""
    print(text, file=console.file)


def _text(value: object) -> str:
    """One cell's text; what would break the table apart becomes a blank."""
    return "" if value is None else " ".join(str(value).split())


def _cell(key: str, value: object) -> str:
    if key == "created":
        return str(value)[: len("2025-12-31T23:59:59")].replace("T", " ")
    if key == "status":
        return f"[{STYLE_BY_STATUS.get(str(value), 'default')}]{_text(value)}[/]"
    return f"{value:,}" if isinstance(value, int) and key != "id" else escape(_text(value))


def outcome(activity: JsonObject) -> str:
    """How a run ended in one line of console markup: what ran, status, counters that are not 0, time."""
    name = f"{activity['targetContext'] or ''} {activity['targetName'] or ''}".strip()
    status = activity["status"]
    counters = ", ".join(_counters(activity)) or "nothing to do"
    took = f" in {seconds_in(activity['executionTime']):.1f} s" if activity["executionTime"] else ""
    return f"[bold]{escape(name)}[/]: [{STYLE_BY_STATUS.get(status, 'default')}]{status}[/], {counters}{took}"


def _counters(activity: JsonObject) -> Iterator[str]:
    return (f"{activity[key]:,} {label}" for key, label in LABEL_BY_COUNTER.items() if activity[key])


def messages(activity: JsonObject) -> Sequence[str]:
    """What the run had to say to the administrator."""
    return [activity[key] for key in ("errorMessage", "warningMessage") if activity[key]]


def seconds_in(time_span: str) -> float:
    """Seconds in a duration of the API: hh:mm:ss or d.hh:mm:ss, fractions optional."""
    hours, minutes, seconds = time_span.split(":")
    days, _, hours = hours.rpartition(".")
    return ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + float(seconds)


@contextmanager
def following(console: Console, title: str) -> Iterator[OnProgress]:
    """Show the progress of one run, for as long as the block lasts; feed what it gives to `Client.run`."""
    if not console.is_terminal:
        yield _PlainLines(console, title).show
        return
    columns = (
        TextColumn("[bold]{task.fields[title]}[/] {task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        task = bars.add_task("queued", title=escape(title), counts="", total=None)
        yield _Bar(bars, task).show


class _Bar:
    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def show(self, progress: RunProgress) -> None:
        """The bar starts anew with each phase; without a known total it only moves."""
        self._bars.update(
            self._task,
            description=phase_text(progress),
            total=progress.objects_to_process,
            completed=progress.objects_processed,
            counts=count_text(progress),
        )


class _PlainLines:
    """A line from time to time, so that a log stays short."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._started = self._last_line = time.monotonic()

    def show(self, progress: RunProgress) -> None:
        now = time.monotonic()
        if now - self._last_line < PLAIN_LINE_SECONDS:
            return
        self._last_line = now
        text = f"{self._title}: {phase_text(progress)} {count_text(progress)}"
        plain_line(self._console, f"{text} after {now - self._started:.0f} s")


def phase_text(progress: RunProgress) -> str:
    if not progress.phase:
        return "queued"
    return f"{progress.phase} ({min(progress.phase_index + 1, progress.phase_count)}/{progress.phase_count})"


def count_text(progress: RunProgress) -> str:
    total = progress.objects_to_process
    counts = f"{progress.objects_processed:,}" + (f" of {total:,}" if total is not None else "")
    speed = progress.objects_per_second
    return f"{counts} objects, {speed:,.0f}/s" if speed else f"{counts} objects"
