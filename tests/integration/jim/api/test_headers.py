"""What every answer says to browsers and caches, and what of a browser the API does not take."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from jim.accounts.models import Role
from tests.api import assert_error

pytestmark = pytest.mark.django_db
ROLES = "/api/v1/security/roles"


def role_path() -> str:
    return f"{ROLES}/{Role.objects.get(name='User').pk}"


@pytest.mark.parametrize("path", [ROLES, "/api/v1/health", "/api/v1/nothing"])
def test_answers_are_kept_nowhere_and_run_nowhere(administrator: APIClient, path: str) -> None:
    headers = administrator.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_one_object_has_a_tag_by_which_it_is_not_sent_again(administrator: APIClient) -> None:
    first = administrator.get(role_path())
    again = administrator.get(role_path(), headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])


def test_object_that_changed_is_sent_again(administrator: APIClient) -> None:
    tag = administrator.get(role_path()).headers["ETag"]
    Role.objects.filter(name="User").update(built_in=False)
    again = administrator.get(role_path(), headers={"If-None-Match": tag})
    assert (again.status_code, again.json()["builtIn"]) == (200, False)


@pytest.mark.parametrize("tag", ['"other"', "nonsense", ""])
def test_tag_that_is_not_known_changes_nothing(administrator: APIClient, tag: str) -> None:
    assert administrator.get(role_path(), headers={"If-None-Match": tag}).status_code == 200


def test_lists_and_refusals_have_no_tag(administrator: APIClient, without_role: APIClient) -> None:
    assert "ETag" not in administrator.get(ROLES).headers
    refused = without_role.get(role_path(), headers={"If-None-Match": "*"})
    assert_error(refused, 403, "FORBIDDEN")
    assert "ETag" not in refused.headers


def test_session_of_the_admin_opens_nothing(admin_client: Client) -> None:
    """No cookie is a credential here, so that no other site can make a browser call the API."""
    assert admin_client.get("/admin/").status_code == 200
    assert_error(admin_client.get(ROLES), 401, "UNAUTHORISED")


def test_admin_takes_no_form_from_elsewhere(admin_user: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post("/admin/logout/").status_code == 403


def test_body_over_the_limit_is_refused(administrator: APIClient, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = administrator.post("/api/v1/apikeys", {"name": "x" * 1000})
    assert_error(response, 400, "BAD_REQUEST")
    assert response.json()["message"] == "The body is longer than 1000 bytes."
