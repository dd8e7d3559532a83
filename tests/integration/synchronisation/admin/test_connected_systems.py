"""Connected systems in the admin: what may be edited there, and that no secret is shown."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from activities.models import Activity
from synchronisation.models import ConnectedSystem, SettingValue
from synchronisation.secrets import encrypt
from tests.admin import content, link_to, messages_in, page, post, queries_of
from tests.integration.synchronisation.systems import file_system, profile_of

pytestmark = pytest.mark.django_db

LIST = "/admin/synchronisation/connectedsystem/"


@pytest.fixture
def hr(tmp_path: Path, settings: Any) -> ConnectedSystem:
    settings.JIM_CONNECTOR_FILES = tmp_path
    (tmp_path / "HR.csv").write_text("employeeId,name\n1,Zoë\n", encoding="utf-8")
    return file_system("HR")


def change_path(system: ConnectedSystem) -> str:
    return f"{LIST}{system.pk}/change/"


def form(**changes: Any) -> dict[str, Any]:
    unchanged = {
        "name": "HR",
        "description": "",
        "deletion_threshold_percent": 20,
        "deletion_threshold_minimum": 50,
        "max_export_attempts": 5,
        "max_export_parallelism": "",
    }
    return unchanged | changes


def test_page_shows_settings_and_run_profiles(admin_client: Client, hr: ConnectedSystem) -> None:
    profile = profile_of(hr)
    assert "File Path HR.csv" in content(admin_client, change_path(hr))
    target = link_to(page(admin_client, change_path(hr)), "FullImport")
    assert target == f"/admin/synchronisation/runprofile/{profile.pk}/change/"


def test_secrets_are_only_said_to_be_set(admin_client: Client, hr: ConnectedSystem) -> None:
    secret = hr.connector.settings.create(name="Password", type="EncryptedString")
    unset = hr.connector.settings.create(name="Passphrase", type="EncryptedString")
    row = SettingValue.objects.create(system=hr, setting=secret, encrypted_value=encrypt("tiger"))
    source, text = page(admin_client, change_path(hr)), content(admin_client, change_path(hr))
    assert "Password set" in text
    assert f"{unset.name} -" in text
    assert "tiger" not in source
    assert bytes(row.encrypted_value).decode() not in source


def test_guard_is_changed_as_through_the_api(admin_client: Client, hr: ConnectedSystem) -> None:
    sent = form(deletion_threshold_percent="", deletion_threshold_minimum=10)
    assert post(admin_client, change_path(hr), sent) == (302, LIST)

    hr.refresh_from_db()
    activity = Activity.objects.get()
    assert (hr.deletion_threshold_percent, hr.deletion_threshold_minimum, hr.setting_values_valid) == (None, 10, True)
    assert hr.last_updated is not None
    assert activity.message == "Changed: deletionThresholdPercent, deletionThresholdMinimum."
    assert (activity.initiated_by_name, activity.connected_system_id) == ("admin", hr.pk)


def test_settings_that_are_no_longer_valid_are_said_to_be(admin_client: Client, hr: ConnectedSystem) -> None:
    SettingValue.objects.filter(setting__name="File Path").update(string_value="../secret.csv")
    post(admin_client, change_path(hr), form(description="People"))
    assert "The settings of HR are not valid; its latest activity says why." in messages_in(admin_client, LIST)


def test_name_of_another_system_is_refused(admin_client: Client, hr: ConnectedSystem) -> None:
    file_system("Directory")
    response = admin_client.post(change_path(hr), form(name="DIRECTORY"))
    assert response.status_code == 200
    assert ConnectedSystem.objects.get(pk=hr.pk).name == "HR"


def test_list_costs_the_same_queries_for_any_number_of_systems(admin_client: Client, hr: ConnectedSystem) -> None:
    few = queries_of(admin_client, LIST)
    for number in range(5):
        file_system(f"System {number}")
    assert len(queries_of(admin_client, LIST)) == len(few)


def test_systems_are_neither_added_nor_deleted_here(admin_client: Client, hr: ConnectedSystem) -> None:
    paths = (f"{LIST}add/", f"{LIST}{hr.pk}/delete/")
    assert [admin_client.post(path, {"post": "yes"}).status_code for path in paths] == [403, 403]
