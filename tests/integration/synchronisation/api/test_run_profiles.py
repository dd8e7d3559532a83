from typing import Any

import pytest
from rest_framework.test import APIClient

from synchronisation.models import ConnectedSystem
from tests.api import EndpointTests, assert_error
from tests.integration.synchronisation.api.configuration import SYSTEMS, call, create_profile


class TestAccess(EndpointTests):
    path = f"{SYSTEMS}/1/run-profiles"
    missing = (f"{SYSTEMS}/999999/run-profiles",)


def test_profile_is_answered_whole(administrator: APIClient, hr: Any) -> None:
    profile = create_profile(administrator, hr, "FullImport", pageSize=500, filePath="other.csv")
    assert profile == {
        "id": profile["id"],
        "name": "FullImport",
        "connectedSystemId": hr["id"],
        "runType": "FullImport",
        "pageSize": 500,
        "partitionName": None,
        "filePath": "other.csv",
        "partitionId": None,
    }
    path = f"{SYSTEMS}/{hr['id']}/run-profiles"
    assert call(administrator, "get", path) == [profile]
    assert call(administrator, "get", f"{path}/{profile['id']}") == profile


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": None}, "name"),
        ({"runType": "FullSync"}, "runType"),
        ({"runType": "DeltaImport"}, "runType"),
        ({"runType": "Export"}, "runType"),
        ({"pageSize": 0}, "pageSize"),
        ({"pageSize": 10_001}, "pageSize"),
        ({"pageSize": "100"}, "pageSize"),
        ({"partitionId": 999_999}, "partitionId"),
        ({"filePath": "x" * 501}, "filePath"),
    ],
    ids=[
        "no name",
        "short form",
        "no delta in a file",
        "import only",
        "page of nothing",
        "page too long",
        "text as number",
        "unknown partition",
        "path too long",
    ],
)
def test_create_refuses_by_field(administrator: APIClient, hr: Any, fields: Any, field: str) -> None:
    body = {"name": "Import", "runType": "FullImport"} | fields
    response = administrator.post(f"{SYSTEMS}/{hr['id']}/run-profiles", body)
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})


def test_settings_that_are_not_valid_leave_every_run_type_of_the_connector(administrator: APIClient, hr: Any) -> None:
    ConnectedSystem.objects.update(setting_values_valid=False)
    assert create_profile(administrator, hr, "Export")["runType"] == "Export"


def test_name_is_unique_in_its_system(administrator: APIClient, hr: Any, directory: Any) -> None:
    create_profile(administrator, hr, name="Import")
    create_profile(administrator, directory, name="Import")
    body = {"name": "IMPORT", "runType": "FullImport"}
    response = administrator.post(f"{SYSTEMS}/{hr['id']}/run-profiles", body)
    assert_error(response, 400, "VALIDATION_ERROR", {"name": ...})


def test_put_changes_only_what_is_sent_and_never_the_run_type(administrator: APIClient, hr: Any) -> None:
    profile = create_profile(administrator, hr, filePath="other.csv")
    path = f"{SYSTEMS}/{hr['id']}/run-profiles/{profile['id']}"
    assert call(administrator, "put", path, {"runType": "Export", "pageSize": 7}) == profile | {"pageSize": 7}
    assert call(administrator, "put", path, {"filePath": None})["filePath"] is None


def test_delete_removes_the_profile(administrator: APIClient, hr: Any) -> None:
    profile = create_profile(administrator, hr)
    path = f"{SYSTEMS}/{hr['id']}/run-profiles/{profile['id']}"
    call(administrator, "delete", path, status=204)
    assert_error(administrator.get(path), 404, "NOT_FOUND")


def test_profile_of_another_system_is_not_found(administrator: APIClient, hr: Any, directory: Any) -> None:
    profile = create_profile(administrator, hr)
    response = administrator.get(f"{SYSTEMS}/{directory['id']}/run-profiles/{profile['id']}")
    assert_error(response, 404, "NOT_FOUND")
