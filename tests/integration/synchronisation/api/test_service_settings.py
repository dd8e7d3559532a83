from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from activities.models import Activity
from connectors.contract import Capabilities
from synchronisation.engine.pages import PAGE_SIZE
from synchronisation.errors import RunRefusedError
from synchronisation.service_settings import PARTITION_VALIDATION_MODE, SETTINGS, SYNC_PAGE_SIZE, override_of, value_of
from synchronisation.services.run_warnings import warnings_of
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import V1, call
from tests.integration.synchronisation.systems import file_system, profile_of

PATH = f"{V1}/service-settings"
MODE = f"{PATH}/Sync.PartitionValidationMode"


class TestAccess(EndpointTests):
    path = PATH
    missing = (f"{PATH}/Sync.Nothing", f"{PATH}/sync.pagesize")


def test_every_setting_is_listed_with_its_default(administrator: APIClient) -> None:
    listed = {setting["key"]: setting for setting in call(administrator, "get", PATH)}
    assert list(listed) == [setting.key for setting in SETTINGS]
    assert listed["Sync.PageSize"] == {
        "key": "Sync.PageSize",
        "displayName": "Page size",
        "description": listed["Sync.PageSize"]["description"],
        "category": "Synchronisation",
        "valueType": "Integer",
        "defaultValue": str(PAGE_SIZE),
        "value": None,
        "effectiveValue": str(PAGE_SIZE),
        "isReadOnly": False,
        "isOverridden": False,
    }
    assert query_count(administrator, PATH) == 1


def test_override_takes_effect_at_once_and_is_taken_back(administrator: APIClient) -> None:
    path = f"{PATH}/Sync.PageSize"
    changed = call(administrator, "put", path, {"value": "500"})
    assert (changed["value"], changed["effectiveValue"], changed["isOverridden"]) == ("500", "500", True)
    assert value_of(SYNC_PAGE_SIZE) == override_of(SYNC_PAGE_SIZE) == 500

    reverted = call(administrator, "delete", path)
    assert (reverted["value"], reverted["effectiveValue"], reverted["isOverridden"]) == (None, str(PAGE_SIZE), False)
    assert (value_of(SYNC_PAGE_SIZE), override_of(SYNC_PAGE_SIZE)) == (PAGE_SIZE, None)


def test_null_clears_the_override(administrator: APIClient) -> None:
    call(administrator, "put", MODE, {"value": "Error"})
    assert call(administrator, "put", MODE, {"value": None})["isOverridden"] is False


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Sync.PartitionValidationMode", "error"),
        ("Sync.PartitionValidationMode", ""),
        ("Sync.PageSize", "99"),
        ("Sync.PageSize", "10001"),
        ("Sync.PageSize", "many"),
        ("Sync.PageSize", 500),
        ("Instance.SearchTimeout", "5"),
        ("Instance.SearchTimeout", "00:00:00"),
        ("History.RetentionPeriod", "90"),
        ("Instance.Name", " "),
        ("Instance.Name", "x" * 101),
        ("Instance.Id", "another"),
        ("Instance.Id", None),
    ],
)
def test_value_that_does_not_fit_is_refused(administrator: APIClient, key: str, value: Any) -> None:
    before = call(administrator, "get", f"{PATH}/{key}")
    assert_error(administrator.put(f"{PATH}/{key}", {"value": value}), 400, "VALIDATION_ERROR", {"value": ...})
    assert call(administrator, "get", f"{PATH}/{key}") == before


def test_value_must_be_sent_and_a_read_only_setting_cannot_be_reverted(administrator: APIClient) -> None:
    assert_error(administrator.put(MODE, {}), 400, "VALIDATION_ERROR", {"value": ...})
    assert_error(administrator.delete(f"{PATH}/Instance.Id"), 400, "VALIDATION_ERROR", {"value": ...})


def test_every_change_leaves_an_activity(administrator: APIClient) -> None:
    call(administrator, "put", MODE, {"value": "Error"})
    call(administrator, "delete", MODE)
    found = Activity.objects.order_by("created").values_list("target_type", "operation_type", "target_name", "message")
    assert list(found) == [
        ("ServiceSetting", "Update", "Sync.PartitionValidationMode", "Changed: value."),
        ("ServiceSetting", "Revert", "Sync.PartitionValidationMode", "Its default is in force again."),
    ]
    assert set(Activity.objects.values_list("initiated_by_type", flat=True)) == {"ApiKey"}


@pytest.mark.django_db
def test_partition_validation_mode_decides_whether_a_run_is_refused(administrator: APIClient) -> None:
    profile, with_partitions = profile_of(file_system()), Capabilities(full_import=True, partitions=True)
    assert value_of(PARTITION_VALIDATION_MODE) == "Warning"
    assert any("Nothing of 'HR' will be read" in warning for warning in warnings_of(profile, with_partitions))

    call(administrator, "put", MODE, {"value": "Error"})
    with pytest.raises(RunRefusedError, match="Nothing of 'HR' will be read"):
        warnings_of(profile, with_partitions)
    assert not any("partition" in warning for warning in warnings_of(profile, Capabilities(full_import=True)))


def test_instance_name_heads_the_admin_pages(administrator: APIClient, admin_client: Client) -> None:
    call(administrator, "put", f"{PATH}/Instance.Name", {"value": "Identity test bench"})
    assert "Identity test bench" in admin_client.get("/admin/").content.decode()
