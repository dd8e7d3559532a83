from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from activities.statistics import STATS_FIELDS, SUMMARY_SOURCES
from jim.api.names import camel_case
from tests.activities import create_activity, create_run
from tests.api import EndpointTests, assert_error, query_count

pytestmark = pytest.mark.django_db
PATH = "/api/v1/activities"
UNKNOWN = f"{PATH}/0190c2a4-5f6e-7d80-9abc-0123456789ab"
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
ZERO_TOTALS = {camel_case(name): 0 for name in SUMMARY_SOURCES}
ZERO_STATS = {camel_case(name): 0 for name in STATS_FIELDS}


class TestListActivities(EndpointTests):
    path = PATH


class TestRetrieveActivity(EndpointTests):
    path, missing = UNKNOWN, (UNKNOWN, f"{PATH}/5")


class TestStats(EndpointTests):
    path, missing = f"{UNKNOWN}/stats", (f"{UNKNOWN}/stats", f"{PATH}/5/stats")


class TestChildren(EndpointTests):
    path, missing = f"{UNKNOWN}/children", (f"{UNKNOWN}/children", f"{PATH}/5/children")


class TestProgress(EndpointTests):
    path, missing = f"{UNKNOWN}/progress", (f"{UNKNOWN}/progress", f"{PATH}/5/progress")


class TestCancel(EndpointTests):
    method, path, missing = "post", f"{UNKNOWN}/cancel", (f"{UNKNOWN}/cancel", f"{PATH}/5/cancel")


def _finished_run() -> Activity:
    return create_run(
        created=START,
        executed=START + timedelta(seconds=5),
        ended=START + timedelta(days=1, seconds=7.5),
        status="CompleteWithError",
        target_name="Full Import",
        target_context="HR",
        initiated_by_type="ApiKey",
        initiated_by_id=UUID(int=7),
        initiated_by_name="CI",
        connected_system_id=1,
        run_profile_id=2,
        warning_message="w",
        error_message="e",
        error_stack_trace="t",
        progress={
            "objects_processed": 10,
            "objects_to_process": 10,
            "counters": {"CsoAdded": 3, "objectsProcessed": 10, "objectErrors": 1},
        },
    )


def _summary(run: Activity) -> dict[str, Any]:
    """What the list says of `_finished_run`."""
    return ZERO_TOTALS | {
        "id": str(run.pk),
        "created": "2026-01-31T12:00:00Z",
        "executed": "2026-01-31T12:00:05Z",
        "status": "CompleteWithError",
        "targetType": "ConnectedSystemRunProfile",
        "targetOperationType": "Execute",
        "targetName": "Full Import",
        "targetContext": "HR",
        "message": None,
        "initiatedByType": "ApiKey",
        "initiatedById": "00000000-0000-0000-0000-000000000007",
        "initiatedByName": "CI",
        "objectsToProcess": 10,
        "objectsProcessed": 10,
        "executionTime": "1.00:00:02.500000",
        "totalActivityTime": "1.00:00:07.500000",
        "connectedSystemRunType": "FullImport",
        "totalAdded": 3,
        "totalErrors": 1,
        "childActivityCount": 1,
    }


def test_list_answers_a_page_of_summaries(administrator: APIClient) -> None:
    run = _finished_run()
    child = create_activity(created=START - timedelta(days=1), parent=run)
    body = administrator.get(PATH).json()
    items = body.pop("items")
    assert body == {
        "totalCount": 2,
        "page": 1,
        "pageSize": 25,
        "totalPages": 1,
        "hasNextPage": False,
        "hasPreviousPage": False,
    }
    assert items[0] == _summary(run)
    assert items[1]["id"] == str(child.pk)


def test_activity_that_has_not_ended_has_no_times(administrator: APIClient) -> None:
    running = create_activity(executed=START)
    shown = administrator.get(f"{PATH}/{running.pk}").json()
    assert (shown["executionTime"], shown["totalActivityTime"]) == (None, None)
    assert (shown["objectsToProcess"], shown["objectsProcessed"]) == (0, 0)


def test_retrieve_adds_to_the_summary(administrator: APIClient) -> None:
    run = _finished_run()
    create_activity(parent=run)
    assert administrator.get(f"{PATH}/{run.pk}").json() == _summary(run) | {
        "parentActivityId": None,
        "warningMessage": "w",
        "errorMessage": "e",
        "errorStackTrace": "t",
        "connectedSystemId": 1,
        "connectedSystemRunProfileId": 2,
        "syncRuleId": None,
        "metaverseObjectId": None,
        "executionStats": ZERO_STATS | {"totalCsoAdds": 3, "totalObjectsProcessed": 10, "totalObjectErrors": 1},
    }


def test_retrieve_of_what_is_no_run_has_no_stats(administrator: APIClient) -> None:
    child = create_activity(parent=create_activity())
    shown = administrator.get(f"{PATH}/{child.pk}").json()
    assert (shown["parentActivityId"], shown["executionStats"]) == (str(child.parent_id), None)
    assert shown["connectedSystemRunType"] is None


def test_stats_of_a_run(administrator: APIClient) -> None:
    run = create_run(progress={"counters": {"Joined": 2}})
    assert administrator.get(f"{PATH}/{run.pk}/stats").json() == ZERO_STATS | {"totalJoins": 2}


def test_stats_of_what_is_no_run_is_a_bad_request(administrator: APIClient) -> None:
    assert_error(administrator.get(f"{PATH}/{create_activity().pk}/stats"), 400, "BAD_REQUEST")


def test_children_are_summaries_in_the_order_they_were_created(administrator: APIClient) -> None:
    parent = create_activity()
    children = [create_activity(parent=parent, created=START - timedelta(days=day)) for day in range(3)]
    create_activity()
    shown = administrator.get(f"{PATH}/{parent.pk}/children?page=0&sortBy=x").json()
    assert [child["id"] for child in shown] == [str(child.pk) for child in children]
    assert set(shown[0]) == set(_summary(parent))
    assert administrator.get(f"{PATH}/{children[0].pk}/children").json() == []


def test_progress_is_cheap_and_complete(administrator: APIClient) -> None:
    run = create_run(progress={"phase": "read", "phase_count": 3, "objects_processed": 50})
    path = f"{PATH}/{run.pk}/progress"
    assert administrator.get(path).json() == {
        "status": "InProgress",
        "phase": "read",
        "phaseIndex": 0,
        "phaseCount": 3,
        "objectsProcessed": 50,
        "objectsToProcess": None,
        "percent": None,
        "objectsPerSecond": None,
        "secondsRemaining": None,
    }
    assert query_count(administrator, path) == 1


def test_cancel_asks_a_running_activity_to_stop(administrator: APIClient) -> None:
    run = create_run()
    response = administrator.post(f"{PATH}/{run.pk}/cancel")
    assert (response.status_code, response.json()["id"], response.json()["status"]) == (202, str(run.pk), "InProgress")
    run.refresh_from_db()
    assert run.cancel_requested


@pytest.mark.parametrize(
    "status", ["Complete", "CompleteWithWarning", "CompleteWithError", "FailedWithError", "Cancelled"]
)
def test_cancel_of_an_ended_activity_is_a_conflict(administrator: APIClient, status: str) -> None:
    run = create_run(status=status)
    assert_error(administrator.post(f"{PATH}/{run.pk}/cancel"), 409, "CONFLICT")
    run.refresh_from_db()
    assert not run.cancel_requested


# --- Which and in which order -----------------------------------------------------------------------------------


def _names(client: APIClient, query: str) -> list[str]:
    response = client.get(f"{PATH}?{query}")
    assert response.status_code == 200, response.json()
    return [item["targetName"] for item in response.json()["items"]]


@pytest.fixture
def three() -> None:
    """a: oldest, an import of system 1; b: a schedule; c: newest, an export of system 2."""
    create_run(
        target_name="a", created=START, executed=START + timedelta(hours=5), status="Complete", connected_system_id=1,
        initiated_by_name="Ann",
    )  # fmt: skip
    create_activity(target_name="b", created=START + timedelta(hours=1), initiated_by_name="Bob")
    create_run(
        target_name="c", created=START + timedelta(days=1), executed=START + timedelta(hours=2), status="Cancelled",
        connected_system_id=2, run_type="Export",
    )  # fmt: skip


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", "cba"),
        ("sortDirection=asc", "cba"),
        ("sortBy=created", "abc"),
        ("sortBy=created&sortDirection=desc", "cba"),
        ("sortBy=executed", "cab"),
        ("sortBy=executed&sortDirection=desc", "acb"),
        ("sortBy=status", "cab"),
        ("sortBy=type", "acb"),
        ("sortBy=target&sortDirection=desc", "cba"),
        ("search=B", "b"),
        ("search=runprofile", "ca"),
        ("search=import", "a"),
        ("search=%25", ""),
        ("status=Complete", "a"),
        ("status=Complete&status=InProgress", "ba"),
        ("targetType=Schedule", "b"),
        ("connectedSystemId=1&connectedSystemId=2", "ca"),
        ("connectedSystemId=99", ""),
        ("runType=Export", "c"),
        ("initiatedByName=ANN&initiatedByName=bob", "ba"),
        ("createdFrom=2026-02-01", "c"),
        ("createdTo=2026-01-31", "ba"),
        ("createdFrom=2026-01-31T13:00:00Z&createdTo=2026-01-31T13:00:00Z", "b"),
        ("connectedSystemId=1&runType=Export", ""),
        ("pageSize=1&page=2", "b"),
        ("page=2", ""),
        ("unknown=1&Status=x", "cba"),
    ],
)
def test_list_takes(administrator: APIClient, query: str, names: str) -> None:
    assert _names(administrator, query) == list(names)


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("page=0", "page"),
        ("pageSize=101", "pageSize"),
        ("sortBy=targetName", "sortBy"),
        ("sortBy=", "sortBy"),
        ("sortBy=created&sortDirection=DESC", "sortDirection"),
        ("sortDirection=up", "sortDirection"),
        ("status=complete", "status"),
        ("status=1", "status"),
        ("runType=FullSync", "runType"),
        ("connectedSystemId=x", "connectedSystemId"),
        ("createdFrom=x", "createdFrom"),
        ("search=%00", "search"),
    ],
)
def test_list_refuses(administrator: APIClient, query: str, refused: str) -> None:
    assert_error(administrator.get(f"{PATH}?{query}"), 400, "VALIDATION_ERROR", {refused: ...})


def test_order_is_total_ties_break_by_id(administrator: APIClient) -> None:
    for number in (3, 1, 5, 2, 4):
        create_activity(id=UUID(int=number), created=START)
    ids = [str(UUID(int=number)) for number in range(1, 6)]
    for query, expected in (("sortBy=created", ids), ("sortBy=created&sortDirection=desc", ids), ("", ids[::-1])):
        shown = administrator.get(f"{PATH}?{query}").json()["items"]
        assert [item["id"] for item in shown] == expected


def test_list_costs_the_same_for_any_number_of_activities(administrator: APIClient) -> None:
    create_run()
    few = query_count(administrator, PATH)
    for number in range(20):
        create_activity(parent=create_run(run_profile_id=number))
    assert (few, query_count(administrator, PATH)) == (2, 2)
