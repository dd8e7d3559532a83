"""The client's commands as a user types them: what they print, where, and their exit status."""

import json
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jim import cli, instance
from jim.client import commands
from tests.unit.jim.client.fake_server import Answer, FakeServer, error, page

SYSTEMS = "/synchronisation/connected-systems"
ACTIVITY_ID = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
QUEUED = {"activityId": ACTIVITY_ID, "taskId": "t", "message": "Run profile execution queued.", "warnings": ["no rule"]}
SYSTEM = {
    "id": 1,
    "name": "HR",
    "connectorName": "JIM File Connector",
    "status": "Active",
    "objectCount": 5000,
    "pendingExportObjectsCount": 0,
}
PROFILE = {"id": 7, "name": "Full Import", "runType": "FullImport", "connectedSystemId": 1}
COUNTERS = [
    *("totalAdded", "totalUpdated", "totalDeleted", "totalProjected", "totalJoined", "totalAttributeFlows"),
    *("totalDisconnected", "totalProvisioned", "totalExported", "totalDeprovisioned", "totalPendingExports"),
    "totalErrors",
]


def activity(status: str = "Complete", **fields: Any) -> dict[str, Any]:
    return {
        "id": ACTIVITY_ID,
        "status": status,
        "targetContext": "HR",
        "targetName": "Full Import",
        "executionTime": "00:00:01.5000000",
        "errorMessage": None,
        "warningMessage": None,
        "executionStats": None,
        **dict.fromkeys(COUNTERS, 0),
        **fields,
    }


def progress(status: str) -> dict[str, Any]:
    unknown = ("objectsToProcess", "percent", "objectsPerSecond", "secondsRemaining")
    known = {"status": status, "phase": "", "phaseIndex": 0, "phaseCount": 0, "objectsProcessed": 0}
    return known | dict.fromkeys(unknown)


@dataclass(frozen=True, slots=True)
class Ended:
    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """`jim ARGUMENTS`, by a user who has no connection and no running instance yet."""
    for name in ("JIM_URL", "JIM_API_KEY", "JIM_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("JIM_DATA_DIR", str(tmp_path / "data"))

    def run_command(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["jim", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run_command


@pytest.fixture
def connected(run: Run, server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """A server with one system and one run profile, named in the environment."""
    monkeypatch.setenv("JIM_URL", server.url)
    monkeypatch.setenv("JIM_API_KEY", "jim_ak_environment")
    server.on("GET", SYSTEMS, page([SYSTEM]))
    server.on("GET", f"{SYSTEMS}/1/run-profiles", Answer([PROFILE]))
    server.on("POST", f"{SYSTEMS}/1/run-profiles/7/execute", Answer(QUEUED, 202))
    server.on("GET", f"/activities/{ACTIVITY_ID}/progress", Answer(progress("Complete")))
    server.on("GET", f"/activities/{ACTIVITY_ID}", Answer(activity()))
    server.on("GET", "/health/version", Answer({"product": "JIM", "version": "0.1.0"}))
    return server


def test_connect_keeps_what_works_readable_by_its_owner_only(
    run: Run, connected: FakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JIM_URL")
    monkeypatch.delenv("JIM_API_KEY")

    ended = run("connect", connected.url, "--api-key", "jim_ak_typed")

    file = tmp_path / "config" / "jim" / "connection.json"
    assert ended.status == 0
    assert "Connected to JIM 0.1.0" in ended.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert run("systems", "list").status == 0
    assert connected.requests[-1].api_key == "jim_ak_typed"


def test_connect_with_a_wrong_key_keeps_nothing(run: Run, connected: FakeServer, tmp_path: Path) -> None:
    connected.on("GET", SYSTEMS, error(401, "UNAUTHORISED", "The API key is unknown."))

    ended = run("connect", connected.url, "--api-key", "jim_ak_wrong")

    assert ended == Ended(1, "", "jim: The API key is unknown.\n")
    assert not (tmp_path / "config").exists()


def test_connection_of_the_environment_wins_over_the_stored_one(run: Run, connected: FakeServer) -> None:
    run("connect", connected.url, "--api-key", "jim_ak_stored")

    run("systems", "list")

    assert connected.requests[-1].api_key == "jim_ak_environment"


def test_stored_key_is_not_sent_to_another_server(
    run: Run, connected: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("connect", connected.url, "--api-key", "jim_ak_stored")
    asked = len(connected.requests)
    monkeypatch.setenv("JIM_URL", connected.url.replace("127.0.0.1", "localhost"))
    monkeypatch.delenv("JIM_API_KEY")

    ended = run("systems", "list")

    assert (ended.status, len(connected.requests)) == (1, asked)
    assert "JIM_API_KEY is not set" in ended.err


def test_running_instance_is_used_when_nothing_else_is_named(
    run: Run, connected: FakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("JIM_URL")
    monkeypatch.delenv("JIM_API_KEY")
    (tmp_path / "data").mkdir()
    here = instance.Instance(os.getpid(), connected.url, database_url="", redis_url="", api_key="jim_ak_here")

    with instance.published(tmp_path / "data", here):
        assert run("systems", "list").status == 0

    assert connected.requests[-1].api_key == "jim_ak_here"


@pytest.mark.parametrize(
    ("content", "problem"), [("{", "cannot read"), ('{"url": "x"}', "cannot read")], ids=["no-json", "no-key"]
)
def test_damaged_connection_says_connect_again(run: Run, tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "config" / "jim").mkdir(parents=True)
    (tmp_path / "config" / "jim" / "connection.json").write_text(content)

    ended = run("systems", "list")

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert problem in ended.err
    assert "`jim connect`" in ended.err


def test_no_server_known_says_what_to_do(run: Run) -> None:
    ended = run("systems", "list")

    assert (ended.status, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "jim connect URL" in ended.err


def test_server_away_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIM_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JIM_API_KEY", "k")

    ended = run("activities", "list")

    assert (ended.status, ended.err.count("\n")) == (1, 1)
    assert "no JIM server answers at http://127.0.0.1:9" in ended.err


def test_systems_list_in_a_pipe_is_tab_separated(run: Run, connected: FakeServer) -> None:
    assert run("systems", "list").out == (
        "ID\tNAME\tCONNECTOR\tSTATUS\tOBJECTS\tPENDING EXPORTS\n1\tHR\tJIM File Connector\tActive\t5000\t0\n"
    )


def test_systems_list_as_json_is_what_the_api_sent(run: Run, connected: FakeServer) -> None:
    assert json.loads(run("systems", "list", "--json").out) == SYSTEM


def test_systems_profiles_lists_those_of_a_system_by_name(run: Run, connected: FakeServer) -> None:
    assert run("systems", "profiles", "hr").out == "ID\tNAME\tRUN TYPE\n7\tFull Import\tFullImport\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--connected-system", "HR", "--run-profile", "Full Import"),
        ("--connected-system", "1", "--run-profile", "7"),
        ("1", "7"),
        ("HR", "--run-profile", "full import"),
    ],
    ids=["names", "ids", "positional", "mixed"],
)
def test_runs_start_returns_at_once_with_the_activity(run: Run, connected: FakeServer, arguments: list[str]) -> None:
    ended = run("runs", "start", *arguments)

    assert ended.status == 0
    assert ended.out == f"Run profile execution queued.\nactivity {ACTIVITY_ID}\n"
    assert ended.err == "warning: no rule\n"
    assert connected.asked()[-1] == f"POST {SYSTEMS}/1/run-profiles/7/execute"


def test_runs_start_as_json_is_the_response(run: Run, connected: FakeServer) -> None:
    assert json.loads(run("runs", "start", "HR", "7", "--json").out) == QUEUED


@pytest.mark.parametrize(("status", "exit_status"), commands.EXIT_STATUS_BY_OUTCOME.items())
def test_runs_start_wait_exits_by_outcome(run: Run, connected: FakeServer, status: str, exit_status: int) -> None:
    connected.on("GET", f"/activities/{ACTIVITY_ID}", Answer(activity(status, totalAdded=5000, warningMessage="Note.")))

    ended = run("runs", "start", "HR", "Full Import", "--wait")

    assert ended.status == exit_status
    summary = f"HR Full Import: {status}, 5,000 added in 1.5 s\nactivity {ACTIVITY_ID}\nNote.\n"
    assert ended.out == summary


def test_exit_statuses_differ_from_each_other_and_from_failures() -> None:
    statuses = [*commands.EXIT_STATUS_BY_OUTCOME.values(), commands.EXIT_STATUS_TIMEOUT, 1, 2]

    assert len(set(statuses)) == len(statuses)
    assert all(str(status) in commands.EXIT_STATUS_HELP for status in statuses)


def test_runs_start_wait_as_json_is_the_activity(run: Run, connected: FakeServer) -> None:
    assert json.loads(run("runs", "start", "HR", "7", "--wait", "--json").out) == activity()


def test_runs_wait_past_the_timeout_prints_the_activity_id(run: Run, connected: FakeServer) -> None:
    connected.on("GET", f"/activities/{ACTIVITY_ID}/progress", Answer(progress("InProgress")))

    ended = run("runs", "wait", ACTIVITY_ID, "--timeout", "0.1")

    assert (ended.status, ended.out) == (commands.EXIT_STATUS_TIMEOUT, f"{ACTIVITY_ID}\n")
    assert "the run goes on" in ended.err


def test_runs_start_interrupted_says_that_the_run_goes_on(
    run: Run, connected: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_ctrl_c(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jim.client.Client.progress", press_ctrl_c)

    ended = run("runs", "start", "HR", "7", "--wait")

    assert ended.status == commands.EXIT_STATUS_INTERRUPTED
    assert f"the run goes on as activity {ACTIVITY_ID}" in ended.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["HRM", "7"], "no connected system is called 'HRM' or has that id; there are: HR"),
        (["HR", "Export"], "no run profile of 'HR' is called 'Export' or has that id; there are: Full Import"),
    ],
)
def test_unknown_name_lists_those_there_are(
    run: Run, connected: FakeServer, arguments: list[str], problem: str
) -> None:
    assert run("runs", "start", *arguments) == Ended(1, "", f"jim: {problem}\n")


@pytest.mark.parametrize("arguments", [["HR"], ["HR", "7", "--run-profile", "7"], ["HR", "7", "--timeout", "3"]])
def test_runs_start_misspelt_is_status_2(run: Run, connected: FakeServer, arguments: list[str]) -> None:
    assert run("runs", "start", *arguments).status == 2
    assert not connected.requests


def test_run_already_running_is_one_line(run: Run, connected: FakeServer) -> None:
    running = error(409, "CONFLICT", "Full Import of HR is already running.")
    connected.on("POST", f"{SYSTEMS}/1/run-profiles/7/execute", running)

    assert run("runs", "start", "HR", "7") == Ended(1, "", "jim: Full Import of HR is already running.\n")


def test_activities_list_stops_at_the_limit(run: Run, connected: FakeServer) -> None:
    row = {"created": "2025-01-01T00:00:00Z", "targetOperationType": "Execute", "objectsProcessed": 9}
    connected.on("GET", "/activities", page([activity(**row), activity(**row)], more=True))

    ended = run("activities", "list", "--limit", "2", "--search", "import")

    assert len(ended.out.splitlines()) == 3
    assert [request.query["search"] for request in connected.requests] == ["import"]


def test_activities_show_prints_the_counters_that_count(run: Run, connected: FakeServer) -> None:
    statistics = {"totalCsoAdds": 12, "totalCsoDeletes": 0}
    connected.on("GET", f"/activities/{ACTIVITY_ID}", Answer(activity(executionStats=statistics)))

    lines = run("activities", "show", ACTIVITY_ID).out.splitlines()

    assert ["totalCsoAdds", "12"] in [line.split() for line in lines]
    assert not [line for line in lines if "totalCsoDeletes" in line]


@pytest.mark.parametrize("command", [("activities", "show"), ("activities", "items"), ("runs", "wait")])
def test_activity_id_that_is_none_is_status_2(run: Run, connected: FakeServer, command: tuple[str, str]) -> None:
    ended = run(*command, "nonsense")

    assert ended.status == 2
    assert "uuid" in ended.err.lower()
    assert not connected.requests


def test_activities_items_prints_all_pages(run: Run, connected: FakeServer) -> None:
    item = {
        "objectChangeType": "Add",
        "externalIdValue": "00000001",
        "displayName": "Zoë\tO'Brien",
        "connectedSystemObjectType": "employee",
        "errorType": None,
        "outcomeSummary": "Projected:1,AttributeFlow:14",
    }
    connected.on("GET", f"/activities/{ACTIVITY_ID}/items", page([item], more=True), page([item]))

    plain = run("activities", "items", ACTIVITY_ID).out.splitlines()
    as_json = run("activities", "items", ACTIVITY_ID, "--json").out.splitlines()

    assert plain[1:] == ["Add\t00000001\tZoë O'Brien\temployee\t\tProjected:1,AttributeFlow:14"] * 2
    assert json.loads(as_json[0]) == item
