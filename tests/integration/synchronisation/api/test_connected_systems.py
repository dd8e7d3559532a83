from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity, ActivityStatus
from synchronisation.models import ConnectedSystem, ConnectorDefinition, SettingValue
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import SYSTEMS, call, create_system, file_connector


class TestListAccess(EndpointTests):
    path = SYSTEMS
    missing = (f"{SYSTEMS}/999999", f"{SYSTEMS}/word", f"{SYSTEMS}/99999999999")


def test_definition_of_the_file_connector_declares_its_settings(administrator: APIClient) -> None:
    definition = file_connector(administrator)
    assert definition["builtIn"] is True
    assert {"FullImport", "Export"} <= set(definition["capabilities"])
    (path,) = [setting for setting in definition["settings"] if setting["name"] == "File Path"]
    assert (path["type"], path["required"], path["dropDownValues"]) == ("String", True, None)


def test_definition_is_retrieved_by_id(administrator: APIClient) -> None:
    definition = file_connector(administrator)
    path = "/api/v1/synchronisation/connector-definitions"
    assert call(administrator, "get", f"{path}/{definition['id']}") == definition
    assert_error(administrator.get(f"{path}/999999"), 404, "NOT_FOUND")


def test_create_answers_the_whole_system(administrator: APIClient) -> None:
    definition = file_connector(administrator)
    body = {"name": " HR ", "description": "People", "connectorDefinitionId": definition["id"]}
    system = call(administrator, "post", SYSTEMS, body, 201)
    assert system == {
        "id": system["id"],
        "name": "HR",
        "description": "People",
        "created": system["created"],
        "lastUpdated": None,
        "status": "Active",
        "settingValuesValid": False,
        "connector": {"id": definition["id"], "name": "JIM File Connector"},
        "objectTypes": [],
        "objectCount": 0,
        "pendingExportCount": 0,
        "maxExportParallelism": None,
        "settingValues": system["settingValues"],
        "matchingMode": "ConnectedSystem",
        "deletionThresholdPercent": 20,
        "deletionThresholdMinimum": 50,
    }
    assert call(administrator, "get", f"{SYSTEMS}/{system['id']}") == system


def test_name_is_unique_whatever_its_case(administrator: APIClient) -> None:
    create_system(administrator, "HR")
    body = {"name": "hr", "connectorDefinitionId": file_connector(administrator)["id"]}
    assert_error(administrator.post(SYSTEMS, body), 400, "VALIDATION_ERROR", {"name": ...})


def test_unknown_connector_definition_is_not_found(administrator: APIClient) -> None:
    assert_error(administrator.post(SYSTEMS, {"name": "HR", "connectorDefinitionId": 999_999}), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"connectorDefinitionId": 1}, "name"),
        ({"name": "", "connectorDefinitionId": 1}, "name"),
        ({"name": "x" * 201, "connectorDefinitionId": 1}, "name"),
        ({"name": "HR"}, "connectorDefinitionId"),
    ],
    ids=["name missing", "name empty", "name too long", "connector missing"],
)
def test_create_names_the_field_that_is_wrong(administrator: APIClient, body: Any, field: str) -> None:
    ConnectorDefinition.objects.get_or_create(pk=1, defaults={"key": "x", "name": "X"})
    assert_error(administrator.post(SYSTEMS, body), 400, "VALIDATION_ERROR", {field: ...})


def test_put_changes_only_what_is_sent(administrator: APIClient) -> None:
    system = create_system(administrator)
    path = f"{SYSTEMS}/{system['id']}"
    call(administrator, "put", path, {"description": "People", "maxExportParallelism": 4})
    changed = call(administrator, "put", path, {"description": None, "deletionThresholdPercent": None})
    expected = {"description": None, "maxExportParallelism": 4, "deletionThresholdPercent": None}
    assert changed == system | expected | {"lastUpdated": changed["lastUpdated"]}
    assert changed["lastUpdated"] is not None


def test_settings_are_set_by_id_or_name_and_validated(administrator: APIClient, files: Path) -> None:
    system = create_system(administrator)
    ids = {setting["name"]: setting["id"] for setting in file_connector(administrator)["settings"]}
    values = {str(ids["File Path"]): {"stringValue": "hr.csv"}, "object type": {"stringValue": "person"}}
    changed = call(administrator, "put", f"{SYSTEMS}/{system['id']}", {"settingValues": values})
    assert changed["settingValuesValid"] is True
    assert changed["settingValues"][str(ids["File Path"])] == {
        "id": ids["File Path"],
        "name": "File Path",
        "type": "String",
        "value": "hr.csv",
        "stringValue": "hr.csv",
        "intValue": None,
        "checkboxValue": None,
        "hasValue": True,
        "isSet": True,
    }


def test_settings_that_are_not_sent_keep_their_values(administrator: APIClient, files: Path) -> None:
    system = create_system(administrator, File_Path="hr.csv", Object_Type="person")
    changed = call(
        administrator, "put", f"{SYSTEMS}/{system['id']}", {"settingValues": {"Encoding": {"stringValue": "cp1252"}}}
    )
    values = {value["name"]: value["value"] for value in changed["settingValues"].values() if value["isSet"]}
    assert values == {"File Path": "hr.csv", "Object Type": "person", "Encoding": "cp1252"}


def test_settings_that_do_not_fit_are_saved_as_not_valid_and_the_activity_says_why(
    administrator: APIClient, files: Path
) -> None:
    system = create_system(administrator, File_Path="missing.csv", Object_Type="person")
    activity = Activity.objects.filter(connected_system_id=system["id"]).latest("created")
    assert system["settingValuesValid"] is False
    assert activity.status == ActivityStatus.COMPLETE_WITH_WARNING
    assert "missing.csv" in (activity.warning_message or "")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"Nope": {"stringValue": "x"}}, "settingValues.Nope"),
        ({"File Path": {"intValue": 5}}, "settingValues.File Path"),
        ({"File Path": {}}, "settingValues.File Path"),
        ({"Mode": {"stringValue": "Sideways"}}, "settingValues.Mode"),
        ({"File Path": {"stringValue": 5}}, "settingValues.File Path.stringValue"),
    ],
    ids=["unknown", "other type", "nothing", "no choice", "wrong JSON type"],
)
def test_wrong_setting_is_refused_by_name(administrator: APIClient, values: Any, field: str) -> None:
    system = create_system(administrator)
    response = administrator.put(f"{SYSTEMS}/{system['id']}", {"settingValues": values})
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})
    assert not SettingValue.objects.filter(system=system["id"]).exists()


def test_secret_is_kept_encrypted_and_never_answered(administrator: APIClient, settings: Any) -> None:
    settings.JIM_ENCRYPTION_KEYS = ("4Sk0xLrBwJb4cBtKkP7rUqVZ3yYp7nE1gqj0m2vN0aQ=",)
    vault = ConnectorDefinition.objects.create(key="vault", name="Vault")
    password = vault.settings.create(name="Password", type="EncryptedString")
    system = call(administrator, "post", SYSTEMS, {"name": "Vault", "connectorDefinitionId": vault.pk}, 201)
    body = {"settingValues": {"Password": {"stringValue": "hunter2"}}}
    response = administrator.put(f"{SYSTEMS}/{system['id']}", body)
    stored = SettingValue.objects.get(system=system["id"], setting=password)
    value = response.json()["settingValues"][str(password.pk)]
    assert (value["isSet"], value["value"], value["stringValue"]) == (True, None, None)
    assert b"hunter2" not in response.content
    assert (stored.string_value, b"hunter2" in bytes(stored.encrypted_value or b"")) == (None, False)
    assert "hunter2" not in str(list(Activity.objects.values()))


def test_list_filters_and_sorts(administrator: APIClient) -> None:
    for name in ("Beta", "alpha", "Gamma ray"):
        create_system(administrator, name)
    names = [item["name"] for item in call(administrator, "get", f"{SYSTEMS}?filter=A&sortBy=name")["items"]]
    newest = call(administrator, "get", f"{SYSTEMS}?sortBy=created&sortDirection=desc&pageSize=1")
    assert sorted(names) == ["Beta", "Gamma ray", "alpha"]
    assert [item["name"] for item in newest["items"]] == ["Gamma ray"]
    assert (newest["totalCount"], newest["hasNextPage"]) == (3, True)
    for by in ("objectCount", "connectorName"):
        call(administrator, "get", f"{SYSTEMS}?sortBy={by}")
    assert_error(administrator.get(f"{SYSTEMS}?sortBy=description"), 400, "VALIDATION_ERROR", {"sortBy": ...})


def test_list_costs_the_same_however_long_it_is(administrator: APIClient) -> None:
    create_system(administrator, "One")
    before = query_count(administrator, SYSTEMS)
    for number in range(5):
        create_system(administrator, f"Other {number}")
    assert query_count(administrator, SYSTEMS) == before


def test_changes_leave_activities_that_name_the_caller_and_the_fields(administrator: APIClient) -> None:
    system = create_system(administrator)
    call(administrator, "put", f"{SYSTEMS}/{system['id']}", {"description": "People"})
    created, updated = Activity.objects.filter(connected_system_id=system["id"]).order_by("created")
    assert (created.operation_type, updated.operation_type) == ("Create", "Update")
    assert updated.message == "Changed: description."
    assert (updated.initiated_by_type, bool(updated.initiated_by_id)) == ("ApiKey", True)
    assert ConnectedSystem.objects.get(pk=system["id"]).description == "People"
