"""The seed document "Execute a Run Profile", replayed to the letter against the live API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity, ActivityStatus
from synchronisation.models import ConnectedSystem, RunProfile, SystemStatus
from tests.api import assert_error, create_key
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages
from tests.integration.synchronisation.systems import file_system, profile_of

pytestmark = pytest.mark.django_db

EXAMPLE = {
    "activityId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
    "taskId": "b2c3d4e5-f6a7-8901-bcde-f12345678901",
    "message": "Run profile execution queued successfully.",
    "warnings": [],
}


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


@pytest.fixture
def administrator(db: None) -> APIClient:
    client = ContractClient()
    client.credentials(HTTP_X_API_KEY=create_key("Administrator"))
    return client


@pytest.fixture
def profile(tmp_path: Path, settings: Any) -> RunProfile:
    """A run profile that nothing stands against."""
    settings.JIM_CONNECTOR_FILES = tmp_path
    return profile_of(file_system())


def path_of(profile: RunProfile) -> str:
    system = f"/api/v1/synchronisation/connected-systems/{profile.system_id}"
    return f"{system}/run-profiles/{profile.pk}/execute"


def test_execution_is_accepted_with_the_documented_body(administrator: APIClient, profile: RunProfile) -> None:
    response = administrator.post(path_of(profile))
    body = response.json()
    assert (response.status_code, list(body)) == (202, list(EXAMPLE))
    assert body == EXAMPLE | {"activityId": body["activityId"], "taskId": body["taskId"]}
    assert str(UUID(body["activityId"])) == body["activityId"]
    assert str(UUID(body["taskId"])) == body["taskId"]


def test_activity_exists_and_can_be_polled_when_the_answer_arrives(
    administrator: APIClient, profile: RunProfile
) -> None:
    body = administrator.post(path_of(profile)).json()
    activity = administrator.get(f"/api/v1/activities/{body['activityId']}").json()
    assert (activity["status"], activity["executed"], activity["targetContext"]) == ("InProgress", None, "HR")
    assert (activity["targetType"], activity["targetOperationType"]) == ("ConnectedSystemRunProfile", "Execute")
    assert messages() == [(body["taskId"], body["activityId"])]


def test_curl_as_printed_needs_no_body_and_no_content_type(administrator: APIClient, profile: RunProfile) -> None:
    response = administrator.generic("POST", path_of(profile), b"", content_type="")
    assert response.status_code == 202


def test_warnings_name_what_is_probably_not_meant(administrator: APIClient, profile: RunProfile) -> None:
    profile.system.object_types.update(selected=False)
    (warning,) = administrator.post(path_of(profile)).json()["warnings"]
    assert "HR" in warning
    assert "selected" in warning


@pytest.mark.parametrize(("sent", "kept"), [(True, {"ignoreDeletionThreshold": True}), (False, {})])
def test_override_of_the_deletion_threshold_is_recorded(
    administrator: APIClient, profile: RunProfile, sent: bool, kept: Any
) -> None:
    administrator.post(path_of(profile), {"ignoreDeletionThreshold": sent})
    assert Activity.objects.get().options == kept


@pytest.mark.parametrize("value", ["true", 1, None, []], ids=repr)
def test_override_must_be_a_boolean(administrator: APIClient, profile: RunProfile, value: Any) -> None:
    response = administrator.post(path_of(profile), {"ignoreDeletionThreshold": value})
    assert_error(response, 400, "VALIDATION_ERROR", {"ignoreDeletionThreshold": ...})
    assert not Activity.objects.exists()


def test_body_that_is_not_json_is_a_bad_request(administrator: APIClient, profile: RunProfile) -> None:
    response = administrator.generic("POST", path_of(profile), b"{", content_type="application/json")
    assert_error(response, 400, "BAD_REQUEST")


@pytest.mark.parametrize("change", [{"setting_values_valid": False}, {"status": SystemStatus.DELETING}], ids=str)
def test_system_that_cannot_run_is_a_bad_request(administrator: APIClient, profile: RunProfile, change: Any) -> None:
    ConnectedSystem.objects.filter(pk=profile.system_id).update(**change)
    assert_error(administrator.post(path_of(profile)), 400, "BAD_REQUEST")
    assert not Activity.objects.exists()


def test_run_type_that_the_settings_do_not_allow_is_a_bad_request(
    administrator: APIClient, profile: RunProfile
) -> None:
    system = file_system("Feed", "Export Only")
    assert_error(administrator.post(path_of(profile_of(system))), 400, "BAD_REQUEST")


def test_without_credentials_it_is_unauthorised(anonymous: APIClient, profile: RunProfile) -> None:
    assert_error(anonymous.post(path_of(profile)), 401, "UNAUTHORISED")


def test_without_the_administrator_role_it_is_forbidden(without_role: APIClient, profile: RunProfile) -> None:
    assert_error(without_role.post(path_of(profile)), 403, "FORBIDDEN")


@pytest.mark.parametrize("part", ["system", "profile", "profile of another system", "no number"])
def test_unknown_system_or_profile_is_not_found(administrator: APIClient, profile: RunProfile, part: str) -> None:
    system, number = str(profile.system_id), str(profile.pk)
    other = profile_of(file_system("Other"))
    system, number = {
        "system": ("999999", number),
        "profile": (system, "999999"),
        "profile of another system": (system, str(other.pk)),
        "no number": (system, "first"),
    }[part]
    path = f"/api/v1/synchronisation/connected-systems/{system}/run-profiles/{number}/execute"
    assert_error(administrator.post(path, {"ignoreDeletionThreshold": "not looked at"}), 404, "NOT_FOUND")


def test_profile_that_is_queued_already_is_a_conflict(administrator: APIClient, profile: RunProfile) -> None:
    administrator.post(path_of(profile))
    assert_error(administrator.post(path_of(profile)), 409, "CONFLICT")
    assert Activity.objects.count() == 1


def test_work_queue_that_is_away_is_service_unavailable_and_leaves_no_open_activity(
    administrator: APIClient, profile: RunProfile
) -> None:
    with closed_port() as port, broker_at(port):
        response = administrator.post(path_of(profile))
    assert_error(response, 503, "SERVICE_UNAVAILABLE")
    assert Activity.objects.get().status == ActivityStatus.FAILED_WITH_ERROR
