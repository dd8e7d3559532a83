import pytest
from rest_framework.test import APIClient

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
