"""Lists, look-up by name, and runs."""

import re
from typing import Any

import pytest

from jim.client import Client, Execution, Progress, RunTimeoutError, ServerUnreachableError, UnknownNameError
from jim.client import client as client_module
from tests.unit.jim.client.fake_server import Answer, FakeServer, error, page

SYSTEMS = "/synchronisation/connected-systems"
PROFILES = f"{SYSTEMS}/2/run-profiles"
ACTIVITY = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
TASK = "b2c3d4e5-f6a7-8901-bcde-f12345678901"
QUEUED = {"activityId": ACTIVITY, "taskId": TASK, "message": "queued", "warnings": ["no rule"]}


def progress(status: str = "InProgress", processed: int = 0, total: int | None = None) -> dict[str, Any]:
    return {
        "status": status,
        "phase": "Apply",
        "phaseIndex": 3,
        "phaseCount": 5,
        "objectsProcessed": processed,
        "objectsToProcess": total,
        "percent": None,
        "objectsPerSecond": 12.5,
        "secondsRemaining": None,
    }


@pytest.fixture
def configured(server: FakeServer) -> FakeServer:
    """Two systems, on two pages; run profiles on the second; a run that is accepted."""
    first = page([{"id": 1, "name": "Corporate LDAP"}], more=True)
    server.on("GET", SYSTEMS, first, page([{"id": 2, "name": "HR"}], number=2))
    full = {"id": 11, "name": "Full Import", "connectedSystemId": 2}
    delta = {"id": 12, "name": "Delta Import", "connectedSystemId": 2}
    server.on("GET", PROFILES, Answer([full, delta]))
    server.on("POST", f"{PROFILES}/11/execute", Answer(QUEUED, 202))
    server.on("GET", f"/activities/{ACTIVITY}", Answer({"id": ACTIVITY, "status": "Complete"}))
    return server


def test_every_reads_page_after_page_until_there_is_no_next(server: FakeServer, client: Client) -> None:
    server.on("GET", "/activities", page([1, 2], more=True), page([3, 4], more=True), page([5]))

    assert list(client.activities({"search": "import"})) == [1, 2, 3, 4, 5]

    assert [request.query for request in server.requests] == [
        {"pageSize": "100", "search": "import", "page": str(number)} for number in (1, 2, 3)
    ]


def test_every_asks_for_no_more_than_the_caller_reads(server: FakeServer, client: Client) -> None:
    server.on("GET", f"/activities/{ACTIVITY}/items", page([1, 2], more=True))
    items = client.execution_items(ACTIVITY)

    assert [next(items), next(items)] == [1, 2]

    assert len(server.requests) == 1


@pytest.mark.parametrize("name_or_id", ["HR", "hr", " HR ", "2", 2])
def test_system_is_found_by_name_in_any_case_or_id(configured: FakeServer, client: Client, name_or_id: str) -> None:
    assert client.system(name_or_id)["id"] == 2


def test_system_called_like_another_ones_id_gives_way_to_the_id(server: FakeServer, client: Client) -> None:
    server.on("GET", SYSTEMS, page([{"id": 1, "name": "2"}, {"id": 2, "name": "HR"}]))

    assert client.system("2")["name"] == "HR"


def test_unknown_system_names_those_there_are(configured: FakeServer, client: Client) -> None:
    with pytest.raises(UnknownNameError, match=r"no connected system is called 'HRM'.*Corporate LDAP, HR"):
        client.system("HRM")


def test_unknown_run_profile_names_those_of_the_system(configured: FakeServer, client: Client) -> None:
    with pytest.raises(UnknownNameError, match=r"'HR' is called 'Export'.*Full Import, Delta Import") as caught:
        client.start("HR", "Export")

    assert caught.value.names == ("Full Import", "Delta Import")


def test_start_returns_the_execution_without_asking_again(configured: FakeServer, client: Client) -> None:
    execution = client.start("HR", "Full Import")

    assert execution == Execution(ACTIVITY, TASK, "queued", ("no rule",))
    assert execution.to_json() == QUEUED
    assert configured.asked()[-1] == f"POST {PROFILES}/11/execute"
    assert configured.requests[-1].body is None


def test_start_sends_the_override_of_the_guard_when_asked_to(configured: FakeServer, client: Client) -> None:
    client.start("HR", 11, ignore_deletion_threshold=True)

    assert configured.requests[-1].body == {"ignoreDeletionThreshold": True}


def test_run_shows_each_progress_and_returns_the_final_activity(configured: FakeServer, client: Client) -> None:
    states = [progress(processed=5, total=10), progress("Complete", 10, 10)]
    configured.on("GET", f"/activities/{ACTIVITY}/progress", *map(Answer, states))
    seen: list[Progress] = []

    activity = client.run("HR", "Full Import", timeout=30, on_progress=seen.append)

    assert activity == {"id": ACTIVITY, "status": "Complete"}
    assert [(each.phase, each.objects_processed, each.objects_to_process, each.is_over) for each in seen] == [
        ("Apply", 5, 10, False),
        ("Apply", 10, 10, True),
    ]


def test_run_without_wait_returns_the_activity_as_it_is(configured: FakeServer, client: Client) -> None:
    configured.on("GET", f"/activities/{ACTIVITY}", Answer({"id": ACTIVITY, "status": "InProgress"}))

    assert client.run("HR", "Full Import", wait=False)["status"] == "InProgress"

    assert not any(path.endswith("/progress") for path in configured.asked())


def test_wait_past_the_timeout_names_the_activity(configured: FakeServer, client: Client) -> None:
    configured.on("GET", f"/activities/{ACTIVITY}/progress", Answer(progress()))

    with pytest.raises(RunTimeoutError, match=f"after 0.3 s.*{re.escape(ACTIVITY)}") as caught:
        client.wait(ACTIVITY, timeout=0.3)

    assert (caught.value.activity_id, caught.value.seconds) == (ACTIVITY, 0.3)


def test_wait_outlives_a_server_that_is_away_for_a_moment(configured: FakeServer, client: Client) -> None:
    away = [error(503, "SERVICE_UNAVAILABLE", "database"), Answer(text="Bad Gateway", status=502)]
    configured.on("GET", f"/activities/{ACTIVITY}/progress", *away, Answer(progress("Complete")))

    assert client.wait(ACTIVITY)["status"] == "Complete"


def test_wait_gives_up_on_a_server_that_stays_away(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "OUTAGE_SECONDS", 0.2)
    with Client("http://127.0.0.1:9", "k") as unheard, pytest.raises(ServerUnreachableError):
        unheard.wait(ACTIVITY)


def test_activity_id_cannot_lead_to_another_resource(server: FakeServer, client: Client) -> None:
    server.on("GET", "/activities/..%2Fapikeys%3Fx", Answer({"id": "odd"}))

    assert client.activity("../apikeys?x") == {"id": "odd"}
