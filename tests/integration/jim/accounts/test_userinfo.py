import pytest
from rest_framework.test import APIClient

from jim.api import throttling
from tests.api import assert_error, client_of, create_key

pytestmark = pytest.mark.django_db
USER_INFO = "/api/v1/userinfo"
AUTH_CONFIG = "/api/v1/auth/config"


def test_key_with_roles_is_told_who_it_is() -> None:
    body = client_of(create_key("User", "Administrator", name="CI")).get(USER_INFO).json()
    assert body == {
        "authorised": True,
        "isAdministrator": True,
        "name": "CI",
        "authMethod": "api_key",
        "metaverseObjectId": None,
        "roles": ["Administrator", "User"],
        "message": None,
    }


def test_key_without_roles_may_ask_too(without_role: APIClient) -> None:
    body = without_role.get(USER_INFO).json()
    assert (body["authorised"], body["isAdministrator"], body["roles"]) == (True, False, [])


def test_nobody_is_unauthorised(anonymous: APIClient) -> None:
    assert_error(anonymous.get(USER_INFO), 401, "UNAUTHORISED")


def test_sign_in_settings_are_empty_without_a_provider(anonymous: APIClient) -> None:
    assert anonymous.get(AUTH_CONFIG).json() == {
        "authority": None,
        "clientId": None,
        "scopes": [],
        "responseType": "code",
        "usePkce": True,
        "codeChallengeMethod": "S256",
    }


def test_sign_in_settings_name_the_provider_as_clients_reach_it(anonymous: APIClient, settings: object) -> None:
    settings.JIM_OIDC_AUTHORITY = "http://keycloak:8080/realms/staff"
    settings.JIM_OIDC_CLIENT_ID = "jim-admin"
    body = anonymous.get(AUTH_CONFIG).json()
    assert (body["authority"], body["clientId"]) == ("http://keycloak:8080/realms/staff", "jim-admin")
    assert body["scopes"] == ["openid", "profile"]
    settings.JIM_OIDC_PUBLIC_AUTHORITY = "https://login.example.com/realms/staff"
    settings.JIM_OIDC_PUBLIC_CLIENT_ID = "jim-cli"
    body = anonymous.get(AUTH_CONFIG).json()
    assert (body["authority"], body["clientId"]) == ("https://login.example.com/realms/staff", "jim-cli")


def test_sign_in_settings_are_throttled_by_address(anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "REQUESTS_PER_ADDRESS", 1)
    assert [anonymous.get(AUTH_CONFIG).status_code for _ in range(2)] == [200, 429]
