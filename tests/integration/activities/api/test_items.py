from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.items import item_id, month_of
from activities.models import Activity, ExecutionItemDetail
from synchronisation.models import MetaverseAttribute
from tests.activities import create_activity, create_items, create_many_items, create_run
from tests.api import EndpointTests, assert_error, query_count

pytestmark = pytest.mark.django_db
UNKNOWN = "/api/v1/activities/0190c2a4-5f6e-7d80-9abc-0123456789ab/items"


class TestListItems(EndpointTests):
    path, missing = UNKNOWN, (UNKNOWN, f"{UNKNOWN}?page=0", "/api/v1/activities/5/items")


def test_items_come_in_the_order_they_were_recorded(administrator: APIClient) -> None:
    run, other = create_run(), create_run()
    create_items(run, {"external_id": "b"}, {"external_id": "a"}, {"external_id": "c"})
    create_items(other, {"external_id": "x"})
    items = administrator.get(f"/api/v1/activities/{run.pk}/items").json()["items"]
    assert [item["externalIdValue"] for item in items] == ["b", "a", "c"]


def test_pages_meet_without_gap_or_overlap(administrator: APIClient) -> None:
    run = create_run()
    create_many_items(run, 60)
    pages = [administrator.get(f"/api/v1/activities/{run.pk}/items?page={page}").json() for page in (1, 2, 3, 4)]
    assert [item["externalIdValue"] for page in pages for item in page["items"]] == [str(n) for n in range(60)]
    assert [(page["hasPreviousPage"], page["hasNextPage"], page["totalPages"]) for page in pages] == [
        (False, True, 3),
        (True, True, 3),
        (True, False, 3),
        (True, False, 3),
    ]


def test_items_of_what_is_no_run_are_a_bad_request_even_for_a_bad_page(administrator: APIClient) -> None:
    path = f"/api/v1/activities/{create_activity().pk}/items"
    assert_error(administrator.get(path), 400, "BAD_REQUEST")
    assert_error(administrator.get(f"{path}?page=0"), 400, "BAD_REQUEST")


def test_run_that_was_not_taken_yet_has_no_items(administrator: APIClient) -> None:
    run = create_run()
    assert administrator.get(f"/api/v1/activities/{run.pk}/items").json() == {
        "items": [],
        "totalCount": 0,
        "page": 1,
        "pageSize": 25,
        "totalPages": 0,
        "hasNextPage": False,
        "hasPreviousPage": False,
    }


def test_a_page_costs_three_queries(administrator: APIClient) -> None:
    run = create_run()
    create_many_items(run, 100)
    path = f"/api/v1/activities/{run.pk}/items"
    assert query_count(administrator, f"{path}?pageSize=1") == 3
    assert query_count(administrator, f"{path}?pageSize=100") == 3


@pytest.fixture
def run() -> Activity:
    run = create_run()
    create_items(
        run,
        {"external_id": "e1", "display_name": "Zoë", "outcome_summary": "Projected:1,AttributeFlow:2"},
        {"external_id": "z2", "change_type": "Update", "outcome_summary": "AttributeFlow:1"},
        {"external_id": "e3", "change_type": "Update", "error_type": "AmbiguousMatch"},
        {
            "external_id": "e4",
            "change_type": "Delete",
            "error_type": "UnhandledError",
            "outcome_summary": "CsoDeleted:1",
        },
    )
    return run


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("hasError=true", ["e3", "e4"]),
        ("hasError=false", ["e1", "z2"]),
        ("errorType=AmbiguousMatch", ["e3"]),
        ("errorType=AmbiguousMatch&errorType=UnhandledError", ["e3", "e4"]),
        ("objectChangeType=Update", ["z2", "e3"]),
        ("objectChangeType=Update&hasError=true", ["e3"]),
        ("outcome=Projected", ["e1"]),
        ("outcome=AttributeFlow", ["e1", "z2"]),
        ("outcome=Projected&outcome=CsoDeleted", ["e1", "e4"]),
        ("outcome=Provisioned", ["z2"]),
        ("outcome=Joined", []),
        ("search=E", ["e1", "e3", "e4"]),
        ("search=zo", ["e1"]),
        ("search=z", ["e1", "z2"]),
        ("search=2", []),
        ("search=%25", []),
        ("search=", ["e1", "z2", "e3", "e4"]),
    ],
)
def test_items_are_chosen_by(administrator: APIClient, run: Activity, query: str, found: list[str]) -> None:
    nodes = [{"type": "AttributeFlow", "count": 1, "children": [{"type": "Provisioned", "count": 1}]}]
    ExecutionItemDetail.objects.create(month=month_of(run), activity=run, ordinal=1, outcomes=nodes)
    body = administrator.get(f"/api/v1/activities/{run.pk}/items?{query}&pageSize=100").json()
    assert ([item["externalIdValue"] for item in body["items"]], body["totalCount"]) == (found, len(found))


@pytest.mark.parametrize("query", ["hasError=yes", "errorType=Nonsense", "objectChangeType=add", "outcome=projected"])
def test_choice_that_cannot_be_read_is_refused(administrator: APIClient, run: Activity, query: str) -> None:
    response = administrator.get(f"/api/v1/activities/{run.pk}/items?{query}")
    assert_error(response, 400, "VALIDATION_ERROR", {query.split("=")[0]: ...})


def test_chosen_items_are_paged(administrator: APIClient, run: Activity) -> None:
    path = f"/api/v1/activities/{run.pk}/items?search=e&pageSize=2"
    pages = [administrator.get(f"{path}&page={page}").json() for page in (1, 2, 3)]
    assert [[item["externalIdValue"] for item in page["items"]] for page in pages] == [["e1", "e3"], ["e4"], []]
    assert query_count(administrator, path) == 3


class TestRetrieveItem(EndpointTests):
    path = f"{UNKNOWN}/0190c2a4-5f6e-7d80-9abc-000000000000"
    missing = (path, f"{UNKNOWN}/5")


def test_item_in_detail(administrator: APIClient, run: Activity) -> None:
    email = MetaverseAttribute.objects.get(name="Email").pk
    ExecutionItemDetail.objects.create(
        month=month_of(run),
        activity=run,
        ordinal=0,
        outcomes=[{"type": "Projected", "count": 1, "children": [{"type": "AttributeFlow", "count": 2}]}],
        scope="mv",
        old_values={str(email): "a@x"},
        new_values={str(email): "b@x"},
    )
    body: Any = administrator.get(f"/api/v1/activities/{run.pk}/items/{item_id(run.pk, 0)}").json()
    leaf = {"type": "AttributeFlow", "count": 2, "children": []}
    nothing = {"targetSystemName": None, "syncRuleName": None, "pendingExportId": None}
    assert body == {
        "id": str(item_id(run.pk, 0)),
        "externalIdValue": "e1",
        "displayName": "Zoë",
        "connectedSystemObjectType": None,
        "objectChangeType": "Add",
        "errorType": None,
        "outcomeSummary": "Projected:1,AttributeFlow:2",
        "errorMessage": None,
        "connectedSystemObjectId": None,
        "metaverseObjectId": None,
        "outcomes": [{"type": "Projected", "count": 1, **nothing, "children": [leaf | nothing]}],
        "attributeChanges": [{"attributeName": "Email", "operation": "Set", "oldValue": "a@x", "newValue": "b@x"}],
    }


def test_item_whose_detail_is_gone_shows_what_is_left(administrator: APIClient, run: Activity) -> None:
    body = administrator.get(f"/api/v1/activities/{run.pk}/items/{item_id(run.pk, 2)}").json()
    assert (body["errorType"], body["outcomes"], body["attributeChanges"]) == ("AmbiguousMatch", [], [])


def test_item_of_another_run_is_not_found(administrator: APIClient, run: Activity) -> None:
    other = create_run()
    create_items(other, {})
    path = f"/api/v1/activities/{run.pk}/items/{item_id(other.pk, 0)}"
    assert_error(administrator.get(path), 404, "NOT_FOUND")


def test_item_of_what_is_no_run_is_a_bad_request(administrator: APIClient) -> None:
    activity = create_activity()
    path = f"/api/v1/activities/{activity.pk}/items/{item_id(activity.pk, 0)}"
    assert_error(administrator.get(path), 400, "BAD_REQUEST")
