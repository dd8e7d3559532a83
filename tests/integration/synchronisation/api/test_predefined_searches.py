from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.models import PredefinedSearch
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import V1, call, metaverse_type_id
from tests.integration.synchronisation.api.objects import create_mvo, metaverse

PATH = f"{V1}/predefined-searches"
RUN = f"{V1}/metaverse/objects/search"


class TestAccess(EndpointTests):
    path = PATH
    missing = (f"{PATH}/999999", f"{PATH}/people", f"{PATH}/by-uri/nobody", f"{RUN}/nobody")


class TestRunAccess(EndpointTests):
    path = f"{RUN}/people"


def identifier(uri: str) -> int:
    return PredefinedSearch.objects.get(uri=uri).pk


def test_built_in_searches_are_listed(administrator: APIClient) -> None:
    people, groups = call(administrator, "get", PATH)
    assert people == {
        "id": identifier("people"),
        "name": "People",
        "uri": "people",
        "isEnabled": True,
        "builtIn": True,
        "isDefaultForMetaverseObjectType": True,
        "metaverseObjectTypeName": "person",
        "metaverseAttributeCount": 5,
        "created": people["created"],
    }
    assert groups["uri"] == "groups"
    assert query_count(administrator, PATH) == 1


def test_search_is_answered_by_id_and_by_uri(administrator: APIClient) -> None:
    by_id = call(administrator, "get", f"{PATH}/{identifier('people')}")
    assert by_id["metaverseObjectType"] == {"id": metaverse_type_id(), "name": "person"}
    assert [(c["position"], c["metaverseAttributeName"]) for c in by_id["attributes"]] == [
        (0, "Display Name"),
        (1, "Job Title"),
        (2, "Department"),
        (3, "Email"),
        (4, "Employee ID"),
    ]
    assert by_id["criteriaGroups"] == []
    assert call(administrator, "get", f"{PATH}/by-uri/People") == by_id


def test_disabled_search_cannot_be_run_and_says_who_did_it(administrator: APIClient) -> None:
    path = f"{PATH}/{identifier('people')}"
    call(administrator, "patch", path, {"isEnabled": False}, 204)
    assert call(administrator, "get", path)["isEnabled"] is False
    assert_error(administrator.get(f"{RUN}/people"), 404, "NOT_FOUND")
    activity = Activity.objects.get()
    found = activity.target_type, activity.operation_type, activity.target_name, activity.message
    assert found == ("PredefinedSearch", "Update", "People", "Changed: isEnabled.")
    call(administrator, "patch", path, {"isEnabled": True}, 204)
    call(administrator, "get", f"{RUN}/people")
    assert_error(administrator.patch(path, {"isEnabled": "yes"}), 400, "VALIDATION_ERROR", {"isEnabled": ...})


def names(client: APIClient, query: str = "") -> list[str]:
    return [item["displayName"] for item in call(client, "get", f"{RUN}/people?{query}")["items"]]


@pytest.fixture
def people(administrator: APIClient) -> Any:
    """In the order in which they were created; a group comes between them."""
    zoe = create_mvo({metaverse("Email"): "zoe@x", metaverse("Job Title"): "Pianist"}, display_name="Zoe")
    create_mvo({metaverse("Email"): "zoe-list@x"}, "group", display_name="Zoe's friends")
    li = create_mvo({metaverse("Email"): "LI@X", metaverse("Proxy Addresses"): ["smtp:zo", "q"]}, display_name="Li")
    al = create_mvo({metaverse("Job Title"): "cook", metaverse("Employee Start Date"): "2020-01-31T00:00:00Z"})
    return zoe, li, al


def test_run_answers_the_objects_of_its_type_with_its_attributes(administrator: APIClient, people: Any) -> None:
    page = call(administrator, "get", f"{RUN}/PEOPLE?pageSize=2&page=2")
    assert (page["totalCount"], page["totalPages"], len(page["items"])) == (3, 2, 1)
    assert page["items"][0]["attributes"] == {
        "Display Name": None,
        "Job Title": "Pianist",
        "Department": None,
        "Email": "zoe@x",
        "Employee ID": None,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [None, "Li", "Zoe"]),
        ("sortDirection=asc", ["Zoe", "Li", None]),
        ("sortBy=job%20title&sortDirection=asc", [None, "Zoe", "Li"]),
        ("sortBy=Job%20Title", ["Zoe", None, "Li"]),
        ("sortBy=Employee%20Start%20Date&sortDirection=asc", [None, "Zoe", "Li"]),
        ("search=ZO", ["Li", "Zoe"]),
        ("search=@x&sortBy=Email&sortDirection=asc", ["Li", "Zoe"]),
        ("search=2020", []),
        ("search=%25", []),
    ],
    ids=["newest", "oldest", "text", "descending", "date", "part", "any case", "no date", "no pattern"],
)
def test_run_is_searched_and_sorted(administrator: APIClient, people: Any, query: str, expected: list[str]) -> None:
    assert names(administrator, query) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sortBy=Shoe%20Size", "sortBy"),
        ("sortBy=Manager", "sortBy"),
        ("sortDirection=up", "sortDirection"),
        ("search=%00", "search"),
        ("pageSize=101", "pageSize"),
    ],
)
def test_run_refuses_what_it_cannot_read(administrator: APIClient, query: str, field: str) -> None:
    assert_error(administrator.get(f"{RUN}/people?{query}"), 400, "VALIDATION_ERROR", {field: ...})


def test_decimals_sort_as_numbers_and_bad_ones_come_last(administrator: APIClient) -> None:
    salary = metaverse("Description")
    salary.type = "Decimal"
    salary.save()
    for value in ("9.5", "10", "-1", "a lot"):
        create_mvo({salary: value}, display_name=value)
    assert names(administrator, "sortBy=Description&sortDirection=asc") == ["-1", "9.5", "10", "a lot"]


def test_run_costs_the_same_whatever_its_length(administrator: APIClient) -> None:
    create_mvo()
    one = query_count(administrator, f"{RUN}/people")
    for number in range(5):
        create_mvo({metaverse("Manager"): []}, display_name=str(number), id=UUID(int=number + 1))
    assert query_count(administrator, f"{RUN}/people") == one
