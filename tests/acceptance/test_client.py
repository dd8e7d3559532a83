"""The client and the example configuration against a whole `jim serve`: API, broker, worker, database, files."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from rich.console import Console

from jim.client import Client, RefusedError, UnauthorisedError
from jim.instance import Instance
from samples.demo import INTERRUPTED, Demo, Sizes
from samples.private_instance import connector_files, private_instance

SIZES = Sizes(people=120, added=7, changed=11, removed=5)
RUN_SECONDS = 60.0

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Instance]:
    with private_instance(folder) as instance:
        yield instance


@pytest.fixture(scope="module")
def client(running: Instance) -> Iterator[Client]:
    with Client(running.url, running.api_key) as connected:
        yield connected


@pytest.fixture(scope="module")
def shown(client: Client, folder: Path) -> str:
    """What the demo printed; it checks its own results."""
    output = io.StringIO()
    Demo(client, Console(file=output, width=200), connector_files(folder)).show(SIZES)
    return output.getvalue()


def jim(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The `jim` command of somebody who has connected to nothing: it finds the instance of the data folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("JIM_")}
    environment = {**inherited, "JIM_DATA_DIR": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    command = [sys.executable, "-m", "jim.cli", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)


def test_demo_shows_every_run_its_items_and_the_directory(shown: str) -> None:
    runs = [line.split(",")[0] for line in shown.splitlines() if ": Complete," in line]

    first_round = ["HR Full Import", "HR Full Synchronisation", "Directory Export", "Directory Full Import"]
    second_round = ["HR Full Import", "HR Delta Synchronisation", "Directory Export", "Directory Full Import"]
    assert runs == [f"{name}: Complete" for name in first_round + second_round]
    assert "Add\t00000001\t" in shown
    assert "u00000001,00000001," in shown


def test_execution_items_come_page_by_page_each_once(client: Client, shown: str) -> None:
    activities = client.activities({"search": "Full Import"})
    first = [each for each in activities if each["targetContext"] == "HR" and each["totalAdded"] == SIZES.people]

    items = list(client.execution_items(first[0]["id"]))

    assert sorted(item["externalIdValue"] for item in items) == [f"{n:08d}" for n in range(1, SIZES.people + 1)]
    assert len({item["id"] for item in items}) == SIZES.people


def test_runs_start_wait_follows_a_run_by_name(folder: Path, shown: str) -> None:
    ended = jim(folder, "runs", "start", "--connected-system", "HR", "--run-profile", "Full Import", "--wait")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("HR Full Import: Complete, nothing to do in ")


def test_runs_start_by_id_then_wait(client: Client, folder: Path, shown: str) -> None:
    profile = client.run_profile("HR", "Full Import")
    started = jim(folder, "runs", "start", str(profile["connectedSystemId"]), str(profile["id"]), "--json")

    ended = jim(folder, "runs", "wait", json.loads(started.stdout)["activityId"], "--json")

    assert (started.returncode, ended.returncode) == (0, 0)
    assert json.loads(ended.stdout)["status"] == "Complete"


def test_failed_run_is_told_by_the_exit_status(client: Client, folder: Path, shown: str) -> None:
    system = client.system("HR")["id"]
    profile = {"name": "Missing file", "runType": "FullImport", "filePath": "missing.csv"}
    client.post(f"/synchronisation/connected-systems/{system}/run-profiles", profile)

    ended = jim(folder, "runs", "start", "HR", "Missing file", "--wait")

    assert ended.returncode == 5
    assert ": FailedWithError, " in ended.stdout
    assert "missing.csv" in ended.stdout


def test_activities_items_prints_every_object(client: Client, folder: Path, shown: str) -> None:
    confirming = next(client.activities({"search": "Full Synchronisation"}))

    ended = jim(folder, "activities", "items", confirming["id"], "--json")

    assert [json.loads(line)["objectChangeType"] for line in ended.stdout.splitlines()] == ["Add"] * SIZES.people


def test_systems_list_counts_objects(folder: Path, shown: str) -> None:
    rows = [json.loads(line) for line in jim(folder, "systems", "list", "--json").stdout.splitlines()]

    left = SIZES.people + SIZES.added - SIZES.removed
    assert [(row["name"], row["objectCount"], row["pendingExportObjectsCount"]) for row in rows] == [
        ("HR", left, 0),
        ("Directory", left, 0),
    ]


def test_wrong_key_is_unauthorised(running: Instance) -> None:
    with Client(running.url, "jim_ak_wrong") as stranger, pytest.raises(UnauthorisedError) as caught:
        stranger.system("HR")

    assert (caught.value.status, caught.value.code) == (401, "UNAUTHORISED")


def test_refused_field_is_named(client: Client) -> None:
    with pytest.raises(RefusedError) as caught:
        client.post("/synchronisation/connected-systems", {"name": ""})

    assert caught.value.code == "VALIDATION_ERROR"
    assert {"name", "connectorDefinitionId"} <= caught.value.validation_errors.keys()


def test_demo_interrupted_leaves_nothing_running_or_lying_about(tmp_path: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "samples.demo"], env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE
    )
    _wait_for(lambda: any(tmp_path.glob("jim-demo-*/logs/postgres*.log")))

    demo.send_signal(signal.SIGINT)
    output, _ = demo.communicate(timeout=RUN_SECONDS)

    assert demo.returncode == INTERRUPTED
    assert b"nothing is left running" in output
    assert (list(tmp_path.iterdir()), _processes_naming(tmp_path)) == ([], [])


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + RUN_SECONDS
    while not condition():
        assert monotonic() < deadline
        sleep(0.05)


def _processes_naming(path: Path) -> list[str]:
    """Command lines of this machine's processes that mention the path."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(path) in command:
            found.append(command)
    return found
