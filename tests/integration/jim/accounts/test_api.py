from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from jim.accounts.keys import KEY_FORMAT, hash_key
from jim.accounts.models import ApiKey, Role
from tests.api import EndpointTests, assert_error, client_of, create_key, query_count

pytestmark = pytest.mark.django_db
PATH = "/api/v1/apikeys"
UNKNOWN = f"{PATH}/0190c2a4-5f6e-7d80-9abc-0123456789ab"
MISSING = (UNKNOWN, f"{PATH}/5")


def _role(name: str) -> int:
    return Role.objects.get(name=name).pk


class TestListApiKeys(EndpointTests):
    path = PATH


class TestCreateApiKey(EndpointTests):
    method, path = "post", PATH


class TestRetrieveApiKey(EndpointTests):
    path, missing = UNKNOWN, MISSING


class TestUpdateApiKey(EndpointTests):
    method, path, missing = "put", UNKNOWN, MISSING


class TestDeleteApiKey(EndpointTests):
    method, path, missing = "delete", UNKNOWN, MISSING


def test_create_answers_the_key_once_and_stores_its_hash(administrator: APIClient) -> None:
    sent = {"name": "CI", "description": "d", "roleIds": [_role("User")], "expiresAt": "2030-01-01T01:00:00+01:00"}
    response = administrator.post(PATH, sent)
    body = response.json()
    row = ApiKey.objects.get(name="CI")
    assert response.status_code == 201
    assert KEY_FORMAT.fullmatch(body["key"])
    assert row.key_hash == hash_key(body["key"])
    assert body == {
        "id": str(row.pk),
        "name": "CI",
        "description": "d",
        "keyPrefix": body["key"][:8],
        "createdAt": row.created.isoformat().replace("+00:00", "Z"),
        "expiresAt": "2030-01-01T00:00:00Z",
        "lastUsedAt": None,
        "lastUsedFromIp": None,
        "isEnabled": True,
        "roles": [{"id": _role("User"), "name": "User", "builtIn": True}],
        "key": body["key"],
    }


def test_create_needs_only_a_name(administrator: APIClient) -> None:
    body = administrator.post(PATH, {"name": "CI"}).json()
    assert (body["description"], body["expiresAt"], body["roles"], body["isEnabled"]) == (None, None, [], True)
    assert client_of(body["key"]).get(PATH).status_code == 403


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({}, {"name": ["This field is required."]}),
        ({"name": "  "}, {"name": ["This field may not be blank."]}),
        ({"name": None, "roleIds": None}, {"name": ..., "roleIds": ...}),
        ({"name": 5, "description": 5}, {"name": ["Write text."], "description": ["Write text."]}),
        ({"name": "x" * 201}, {"name": ...}),
        ({"name": "a\x00"}, {"name": ...}),
        ({"name": "TAKEN"}, {"name": ["This value is already in use: choose another one."]}),
        ({"name": "x", "roleIds": ["1"]}, {"roleIds[0]": ["Write a whole number."]}),
        ({"name": "x", "roleIds": [1, 1]}, {"roleIds": ["Write each value once."]}),
        ({"name": "x", "roleIds": [99, 98]}, {"roleIds": ["There is no role 98, 99."]}),
        ({"name": "x", "expiresAt": "tomorrow"}, {"expiresAt": ...}),
    ],
)
def test_create_refuses(administrator: APIClient, sent: dict[str, Any], refused: dict[str, Any]) -> None:
    create_key(name="Taken")
    before = ApiKey.objects.count()
    assert_error(administrator.post(PATH, sent), 400, "VALIDATION_ERROR", refused)
    assert ApiKey.objects.count() == before


def test_list_and_retrieve_never_show_the_key(administrator: APIClient) -> None:
    created = administrator.post(PATH, {"name": "CI"}).json()
    shown = administrator.get(f"{PATH}/{created['id'].upper()}").json()
    assert created == shown | {"key": created["key"]}
    assert administrator.get(PATH).json()[-1] == shown


def test_update_replaces_the_whole_record(administrator: APIClient) -> None:
    key = create_key("User", name="CI", description="d", expires=datetime(2030, 1, 1, tzinfo=UTC))
    path = f"{PATH}/{ApiKey.objects.get(name='CI').pk}"
    response = administrator.put(path, {"name": "CI 2", "roleIds": [_role("Administrator")], "isEnabled": True})
    body = response.json()
    assert response.status_code == 200
    assert (body["name"], body["description"], body["expiresAt"]) == ("CI 2", None, None)
    assert [role["name"] for role in body["roles"]] == ["Administrator"]
    assert client_of(key).get(PATH).status_code == 200


def test_update_needs_name_roles_and_state(administrator: APIClient) -> None:
    create_key(name="CI")
    path = f"{PATH}/{ApiKey.objects.get(name='CI').pk}"
    required = ["This field is required."]
    refused = {"name": required, "roleIds": required, "isEnabled": required}
    assert_error(administrator.put(path, {}), 400, "VALIDATION_ERROR", refused)


def test_update_refuses_a_name_in_use_and_changes_nothing(administrator: APIClient) -> None:
    create_key("User", name="CI")
    create_key(name="Taken")
    path = f"{PATH}/{ApiKey.objects.get(name='CI').pk}"
    sent = {"name": "taken", "roleIds": [], "isEnabled": False}
    assert_error(administrator.put(path, sent), 400, "VALIDATION_ERROR", {"name": ...})
    shown = administrator.get(path).json()
    assert (shown["name"], shown["isEnabled"], len(shown["roles"])) == ("CI", True, 1)


def test_deleted_key_opens_nothing_and_is_gone(administrator: APIClient) -> None:
    key = create_key("Administrator", name="CI")
    path = f"{PATH}/{ApiKey.objects.get(name='CI').pk}"
    response = administrator.delete(path)
    assert (response.status_code, response.content) == (204, b"")
    assert client_of(key).get(PATH).status_code == 401
    assert_error(administrator.get(path), 404, "NOT_FOUND")


def test_every_change_leaves_an_activity_of_the_caller(administrator: APIClient) -> None:
    created = administrator.post(PATH, {"name": "CI"}).json()
    administrator.put(f"{PATH}/{created['id']}", {"name": "CI", "roleIds": [], "isEnabled": False})
    administrator.delete(f"{PATH}/{created['id']}")
    caller = ApiKey.objects.get()
    columns = "operation_type", "target_type", "target_name", "initiated_by_type", "initiated_by_id"
    assert list(Activity.objects.order_by("pk").values_list(*columns)) == [
        (operation, "ApiKey", "CI", "ApiKey", caller.pk) for operation in ("Create", "Update", "Delete")
    ]


def test_list_costs_the_same_for_any_number_of_keys(administrator: APIClient) -> None:
    assert query_count(administrator, PATH) == 2
    for _ in range(5):
        create_key("User", "Administrator")
    assert query_count(administrator, PATH) == 2
