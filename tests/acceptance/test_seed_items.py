"""The seed document "List Execution Items", replayed to the letter against the live API."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity, ErrorType
from tests.activities import create_activity, create_items, create_run
from tests.api import assert_error

pytestmark = pytest.mark.django_db

ACTIVITY_ID = UUID("a1b2c3d4-e5f6-7890-abcd-ef1234567890")
PATH = f"/api/v1/activities/{ACTIVITY_ID}/items"
EXAMPLE = {
    "items": [
        {
            "id": "b2c3d4e5-f6a7-8901-bcde-f12345678901",
            "externalIdValue": "a4f2e8c1-3b7d-4e9a-b5c6-d8f0e1a2b3c4",
            "displayName": "Jane Smith",
            "connectedSystemObjectType": "user",
            "objectChangeType": "Update",
            "errorType": None,
            "outcomeSummary": "AttributeFlow:12,PendingExportCreated:1",
        },
        {
            "id": "c3d4e5f6-a7b8-9012-cdef-123456789012",
            "externalIdValue": "b5d3f9a2-4c8e-5f0b-a6d7-e9f1a2b3c4d5",
            "displayName": "John Doe",
            "connectedSystemObjectType": "user",
            "objectChangeType": "Add",
            "errorType": None,
            "outcomeSummary": "Projected:1,AttributeFlow:15,PendingExportCreated:2",
        },
    ],
    "totalCount": 248,
    "page": 1,
    "pageSize": 50,
    "totalPages": 5,
    "hasNextPage": True,
    "hasPreviousPage": False,
}
DOCUMENTED_ERROR_TYPES = [
    "AmbiguousMatch",
    "CouldNotMatchObjectType",
    "MissingExternalIdAttributeValue",
    "DuplicateObject",
    "UnresolvedReference",
    "UnhandledError",
]
COLUMN_BY_FIELD = {
    "id": "id",
    "externalIdValue": "external_id",
    "displayName": "display_name",
    "connectedSystemObjectType": "object_type",
    "objectChangeType": "change_type",
    "errorType": "error_type",
    "outcomeSummary": "outcome_summary",
}


def _rows() -> Iterator[dict[str, Any]]:
    """The example's two items as the engine stores them, and the 246 that its page leaves out."""
    for item in EXAMPLE["items"]:
        yield {COLUMN_BY_FIELD[field]: value for field, value in item.items()}
    for number in range(246):
        error_type = DOCUMENTED_ERROR_TYPES[number] if number < len(DOCUMENTED_ERROR_TYPES) else None
        yield {"change_type": "Delete", "error_type": error_type}


@pytest.fixture
def run() -> Activity:
    run = create_run(id=ACTIVITY_ID, run_type="FullSynchronisation", status="CompleteWithError")
    create_items(run, *_rows())
    return run


@pytest.mark.usefixtures("run")
def test_example_request_answers_the_example(administrator: APIClient) -> None:
    response = administrator.get(f"{PATH}?page=1&pageSize=50")
    body = response.json()
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert len(body["items"]) == 50
    assert body | {"items": body["items"][:2]} == EXAMPLE


@pytest.mark.usefixtures("run")
def test_page_and_page_size_default_to_1_and_25(administrator: APIClient) -> None:
    body = administrator.get(PATH).json()
    assert (body["page"], body["pageSize"], len(body["items"]), body["totalPages"]) == (1, 25, 25, 10)
    assert body == administrator.get(f"{PATH}?page=1&pageSize=25").json()


@pytest.mark.usefixtures("run")
def test_page_size_is_at_most_100(administrator: APIClient) -> None:
    assert len(administrator.get(f"{PATH}?pageSize=100").json()["items"]) == 100
    assert_error(administrator.get(f"{PATH}?pageSize=101"), 400, "VALIDATION_ERROR", {"pageSize": ...})


@pytest.mark.usefixtures("run")
def test_all_pages_hold_all_items_once(administrator: APIClient) -> None:
    pages = [administrator.get(f"{PATH}?page={page}&pageSize=50").json() for page in range(1, 6)]
    ids = [item["id"] for page in pages for item in page["items"]]
    assert len(ids) == len(set(ids)) == 248
    assert [page["hasNextPage"] for page in pages] == [True, True, True, True, False]


@pytest.mark.usefixtures("run")
def test_item_has_the_documented_fields_and_nullable_ones_are_null(administrator: APIClient) -> None:
    item = administrator.get(f"{PATH}?page=5&pageSize=50").json()["items"][-1]
    UUID(item.pop("id"))
    assert item == {
        "externalIdValue": None,
        "displayName": None,
        "connectedSystemObjectType": None,
        "objectChangeType": "Delete",
        "errorType": None,
        "outcomeSummary": None,
    }


@pytest.mark.usefixtures("run")
def test_error_types_are_the_documented_names(administrator: APIClient) -> None:
    items = administrator.get(f"{PATH}?pageSize=50").json()["items"]
    assert [item["errorType"] for item in items[2:8]] == DOCUMENTED_ERROR_TYPES
    assert set(DOCUMENTED_ERROR_TYPES) <= set(ErrorType.values)


def test_activity_that_is_no_run_is_a_bad_request(administrator: APIClient) -> None:
    create_activity(id=ACTIVITY_ID)
    assert_error(administrator.get(PATH), 400, "BAD_REQUEST")


@pytest.mark.usefixtures("run")
def test_authentication_is_required(anonymous: APIClient) -> None:
    assert_error(anonymous.get(PATH), 401, "UNAUTHORISED")


@pytest.mark.usefixtures("run")
def test_administrator_role_is_required(without_role: APIClient) -> None:
    assert_error(without_role.get(PATH), 403, "FORBIDDEN")


def test_activity_must_exist(administrator: APIClient) -> None:
    assert_error(administrator.get(PATH), 404, "NOT_FOUND")
