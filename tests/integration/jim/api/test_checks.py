"""What is checked before an endpoint does its work, in which order, and how the answer looks."""

from typing import Any

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from tests.api import assert_error

pytestmark = pytest.mark.django_db
UNKNOWN_KEY = "/api/v1/apikeys/0190c2a4-5f6e-7d80-9abc-0123456789ab"


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/apikeys/", "/api/v1/apikeys/5", "/api/v2/health", "/api"])
def test_unknown_path_is_hidden_from_everyone_but_administrators(
    anonymous: APIClient, without_role: APIClient, administrator: APIClient, path: str
) -> None:
    assert_error(anonymous.get(path), 401, "UNAUTHORISED")
    assert_error(without_role.get(path), 403, "FORBIDDEN")
    assert_error(administrator.get(path), 404, "NOT_FOUND")


def test_existence_comes_before_validation(administrator: APIClient) -> None:
    not_json = {"data": "{", "content_type": "application/json"}
    assert_error(administrator.put(UNKNOWN_KEY, **not_json), 404, "NOT_FOUND")
    assert_error(administrator.post("/api/v1/apikeys", **not_json), 400, "BAD_REQUEST")


def test_role_comes_before_existence(without_role: APIClient) -> None:
    assert_error(without_role.get(UNKNOWN_KEY), 403, "FORBIDDEN")


def test_unauthorised_answer_says_how_to_authenticate(anonymous: APIClient) -> None:
    response = anonymous.get("/api/v1/apikeys")
    assert response.headers["WWW-Authenticate"] == 'ApiKey realm="JIM"'


@pytest.mark.parametrize(
    ("call", "status"),
    [
        ({"method": "PATCH"}, 405),
        ({"method": "DELETE"}, 405),
        ({"method": "GET", "headers": {"Accept": "text/html"}}, 406),
        ({"method": "POST", "data": "name=x", "content_type": "application/x-www-form-urlencoded"}, 415),
        ({"method": "POST", "data": "<x/>", "content_type": "text/xml"}, 415),
    ],
    ids=["PATCH", "DELETE", "HTML wanted", "form sent", "XML sent"],
)
def test_what_http_refuses_keeps_its_status(administrator: APIClient, call: dict[str, Any], status: int) -> None:
    assert_error(administrator.generic(path="/api/v1/apikeys", **call), status, "BAD_REQUEST")


@pytest.mark.parametrize("body", ["", "[]", '"text"', "null", "5"])
def test_body_that_is_no_object_is_a_validation_error(administrator: APIClient, body: str) -> None:
    response = administrator.generic("POST", "/api/v1/apikeys", body, content_type="application/json")
    assert_error(response, 400, "VALIDATION_ERROR")


def test_options_lists_the_methods_in_the_allow_header(administrator: APIClient) -> None:
    response = administrator.options("/api/v1/apikeys")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_head_answers_like_get_without_a_body(administrator: APIClient) -> None:
    response = administrator.head("/api/v1/security/roles")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Type"] == "application/json"


def test_database_away_is_service_unavailable(database_away: None, anonymous: APIClient) -> None:
    anonymous.credentials(HTTP_X_API_KEY="jim_ak_" + "0" * 32)
    assert_error(anonymous.get("/api/v1/apikeys"), 503, "SERVICE_UNAVAILABLE")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE="not a number")
def test_unexpected_fault_says_nothing_of_itself(administrator: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    administrator.raise_request_exception = False
    response = administrator.post("/api/v1/apikeys", {"name": "x"})
    assert_error(response, 500, "INTERNAL_ERROR")
    assert "Traceback" not in response.content.decode()
    assert "str" not in response.content.decode()
    assert "TypeError" in caplog.text


@override_settings(ALLOWED_HOSTS=["jim.example.com"])
def test_request_that_django_refuses_gets_the_same_body(anonymous: APIClient) -> None:
    assert_error(anonymous.get("/api/openapi/v1.json"), 400, "BAD_REQUEST")


@override_settings(ALLOWED_HOSTS=["jim.example.com"])
def test_requests_beside_the_api_keep_django_s_pages(anonymous: APIClient) -> None:
    assert anonymous.get("/admin/").headers["Content-Type"].startswith("text/html")
