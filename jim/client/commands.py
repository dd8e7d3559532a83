"""The client's commands of `jim`: connect, systems, runs, activities.

Always: results go to standard output, progress and warnings to standard error; `--json` prints one JSON value a
line, as the API sent it; errors leave as ClientError, which `jim.cli` prints as one line with exit status 1.
"""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Annotated, NoReturn
from uuid import UUID

import typer
from rich.console import Console

from jim.client import connection, display
from jim.client.client import Client
from jim.client.errors import RunTimeoutError
from jim.client.records import JsonObject

systems = typer.Typer(no_args_is_help=True, help="Connected systems and their run profiles.")
runs = typer.Typer(no_args_is_help=True, help="Start run profiles and follow them.")
activities = typer.Typer(no_args_is_help=True, help="What ran, how it ended, and what happened to each object.")

output = Console()
messages = Console(stderr=True)

# Beside 1 (the command failed) and 2 (it was misspelt), which every command has.
EXIT_STATUS_BY_OUTCOME = {
    "Complete": 0,
    "CompleteWithWarning": 3,
    "CompleteWithError": 4,
    "FailedWithError": 5,
    "Cancelled": 6,
}
EXIT_STATUS_TIMEOUT = 7
EXIT_STATUS_INTERRUPTED = 130  # as shells report Ctrl-C

EXIT_STATUS_HELP = (
    "Exit status with --wait: 0 Complete, 3 CompleteWithWarning, 4 CompleteWithError, 5 FailedWithError, 6 Cancelled, "
    "7 still running when the time was up. Always: 1 the command failed, 2 it was misspelt."
)

# `activities show` has them in its first lines, or spread out.
SHOWN_FIRST = frozenset({"id", "errorMessage", "warningMessage", "executionStats"})

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line, as the API sends it.")]
Timeout = Annotated[float | None, typer.Option(min=0, help="Seconds to wait at most; the run goes on after them.")]
ActivityId = Annotated[UUID, typer.Argument(metavar="ID", help="Id of the activity.")]
System = Annotated[str, typer.Argument(metavar="SYSTEM", help="Name or id of the connected system.")]


def add_to(app: typer.Typer) -> None:
    """Hang the client's commands on the `jim` command."""
    app.command("connect")(connect)
    app.add_typer(systems, name="systems")
    app.add_typer(runs, name="runs")
    app.add_typer(activities, name="activities")


def connect(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server, such as https://jim.example.com")],
    api_key: Annotated[
        str,
        typer.Option(
            envvar="JIM_API_KEY", prompt="API key", hide_input=True, help="An API key; asked for when left out."
        ),
    ],
) -> None:
    """Check a server and an API key, and keep them for the other commands (JIM_URL and JIM_API_KEY override)."""
    with Client(url, api_key) as client:
        version = client.get("/health/version")["version"]
        count = client.get("/synchronisation/connected-systems", {"pageSize": 1})["totalCount"]
        file = connection.store(connection.Connection(client.url, api_key.strip()))
        display.plain_line(
            output, f"Connected to JIM {version} at {client.url}: {count} connected systems. Kept in {file}."
        )


@systems.command("list")
def list_systems(as_json: AsJson = False) -> None:
    """All connected systems."""
    columns = {
        "id": "ID",
        "name": "NAME",
        "connectorName": "CONNECTOR",
        "status": "STATUS",
        "objectCount": "OBJECTS",
        "pendingExportObjectsCount": "PENDING EXPORTS",
    }
    with _client() as client:
        _show(client.systems(), columns, as_json=as_json)


@systems.command("profiles")
def list_run_profiles(system: System, as_json: AsJson = False) -> None:
    """The run profiles of a connected system."""
    with _client() as client:
        _show(client.run_profiles(system), {"id": "ID", "name": "NAME", "runType": "RUN TYPE"}, as_json=as_json)


@runs.command("start", epilog=EXIT_STATUS_HELP)
def start_run(
    system: Annotated[str, typer.Argument(metavar="[SYSTEM]", help="The same as --connected-system.")] = "",
    profile: Annotated[str, typer.Argument(metavar="[PROFILE]", help="The same as --run-profile.")] = "",
    connected_system: Annotated[str, typer.Option(metavar="NAME|ID", help="The connected system.")] = "",
    run_profile: Annotated[str, typer.Option(metavar="NAME|ID", help="One of its run profiles.")] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until the run ends.")] = False,
    timeout: Timeout = None,
    ignore_deletion_threshold: Annotated[
        bool, typer.Option("--ignore-deletion-threshold", help="Let this run delete more than the guard allows.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Start a run profile; with --wait follow it to its end."""
    chosen_system = _one_of(system, connected_system, "the connected system", "--connected-system")
    chosen_profile = _one_of(profile, run_profile, "the run profile", "--run-profile")
    if timeout is not None and not wait:
        raise typer.BadParameter("it needs --wait", param_hint="--timeout")
    with _client() as client:
        execution = client.start(chosen_system, chosen_profile, ignore_deletion_threshold=ignore_deletion_threshold)
        for warning in execution.warnings:
            display.plain_line(messages, f"warning: {warning}")
        if wait:
            _follow(client, execution.activity_id, timeout, as_json=as_json)
    if as_json:
        _print_json(execution.to_json())
    else:
        display.plain_line(output, f"{execution.message}\nactivity {execution.activity_id}")


@runs.command("wait", epilog=EXIT_STATUS_HELP.replace(" with --wait", ""))
def wait_for_run(activity_id: ActivityId, timeout: Timeout = None, as_json: AsJson = False) -> None:
    """Follow a run that was started before to its end."""
    with _client() as client:
        _follow(client, str(activity_id), timeout, as_json=as_json)


@activities.command("list")
def list_activities(
    search: Annotated[str, typer.Option(help="Part of the target's name or type, or of the run type.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 25,
    as_json: AsJson = False,
) -> None:
    """What ran, newest first."""
    columns = {
        "id": "ID",
        "created": "CREATED",
        "targetContext": "SYSTEM",
        "targetName": "TARGET",
        "targetOperationType": "OPERATION",
        "status": "STATUS",
        "objectsProcessed": "OBJECTS",
        "totalErrors": "ERRORS",
    }
    with _client() as client:
        found = client.activities({"search": search} if search else None)
        _show(islice(found, limit), columns, as_json=as_json)


@activities.command("show")
def show_activity(activity_id: ActivityId, as_json: AsJson = False) -> None:
    """How one activity went, with its counters."""
    with _client() as client:
        activity = client.activity(str(activity_id))
    if as_json:
        _print_json(activity)
        return
    _print_outcome(activity)
    for key, value in {**activity, **(activity["executionStats"] or {})}.items():
        if value not in (None, 0) and key not in SHOWN_FIRST:
            display.plain_line(output, f"  {key:<30} {value}")


@activities.command("items")
def list_execution_items(activity_id: ActivityId, as_json: AsJson = False) -> None:
    """What happened to each object of a run: all of them, however many."""
    columns = {
        "objectChangeType": "CHANGE",
        "externalIdValue": "EXTERNAL ID",
        "displayName": "DISPLAY NAME",
        "connectedSystemObjectType": "OBJECT TYPE",
        "errorType": "ERROR",
        "outcomeSummary": "OUTCOME",
    }
    with _client() as client:
        _show(client.execution_items(str(activity_id)), columns, as_json=as_json)


def _client() -> Client:
    found = connection.current()
    return Client(found.url, found.api_key)


def _one_of(argument: str, option: str, what: str, option_name: str) -> str:
    if bool(argument) == bool(option):
        problem = "give it once" if argument else f"say which: {option_name} NAME or id, or as an argument"
        raise typer.BadParameter(problem, param_hint=what)
    return argument or option


def _follow(client: Client, activity_id: str, timeout: float | None, *, as_json: bool) -> NoReturn:
    """Show a run until it ends, print how it ended, leave with the exit status for that."""
    try:
        with display.following(messages, "Run") as on_progress:
            activity = client.wait(activity_id, timeout=timeout, on_progress=on_progress)
    except RunTimeoutError as exc:
        if as_json:
            _print_json(client.activity(activity_id))
        else:
            display.plain_line(output, activity_id)
        display.plain_line(messages, f"jim: {exc}")
        raise typer.Exit(EXIT_STATUS_TIMEOUT) from exc
    except KeyboardInterrupt as exc:
        display.plain_line(messages, f"jim: not waiting any longer; the run goes on as activity {activity_id}")
        raise typer.Exit(EXIT_STATUS_INTERRUPTED) from exc
    if as_json:
        _print_json(activity)
    else:
        _print_outcome(activity)
    raise typer.Exit(EXIT_STATUS_BY_OUTCOME[activity["status"]])


def _print_outcome(activity: JsonObject) -> None:
    output.print(display.outcome(activity), highlight=False, soft_wrap=True)
    display.plain_line(output, f"activity {activity['id']}")
    for message in display.messages(activity):
        display.plain_line(output, message)


def _show(rows: Iterable[JsonObject], columns: dict[str, str], *, as_json: bool) -> None:
    if not as_json:
        display.table(output, rows, columns)
        return
    for row in rows:
        _print_json(row)


def _print_json(value: JsonObject) -> None:
    display.plain_line(output, json.dumps(value, ensure_ascii=False))
