from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jim.accounts.authentication import LAST_USE_RESOLUTION
from jim.accounts.keys import generate_key
from jim.accounts.models import ApiKey
from tests.api import assert_error, client_of, create_key, query_count

pytestmark = pytest.mark.django_db
ROLES = "/api/v1/security/roles"


def _key(**fields: object) -> str:
    return create_key("Administrator", **fields)


def test_key_of_an_administrator_is_let_in() -> None:
    assert client_of(_key()).get(ROLES).status_code == 200


@pytest.mark.parametrize(
    "make",
    [
        generate_key,
        lambda: _key().upper(),
        lambda: "",
        lambda: "ü" * 40,
        lambda: _key(is_enabled=False),
        lambda: _key(expires=timezone.now() - timedelta(seconds=1)),
    ],
    ids=["unknown", "other case", "empty", "not ASCII", "disabled", "expired"],
)
def test_unusable_key_is_unauthorised_without_saying_why(make: object) -> None:
    response = client_of(make()).get(ROLES)
    assert_error(response, 401, "UNAUTHORISED")
    assert response.json()["message"] == "The API key is unknown, disabled or expired."


def test_key_is_good_until_it_expires() -> None:
    assert client_of(_key(expires=timezone.now() + timedelta(hours=1))).get(ROLES).status_code == 200


def test_api_key_wins_over_authorization() -> None:
    client = client_of(_key())
    assert client.get(ROLES, headers={"Authorization": "Bearer nonsense"}).status_code == 200
    client.credentials(HTTP_X_API_KEY="wrong")
    assert client.get(ROLES, headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_first_use_is_recorded_with_its_address() -> None:
    client_of(_key(name="mine")).get(ROLES, REMOTE_ADDR="192.0.2.7")
    row = ApiKey.objects.get(name="mine")
    assert timezone.now() - row.last_used < timedelta(minutes=1)
    assert row.last_used_ip == "192.0.2.7"


def test_use_is_written_again_only_after_a_minute() -> None:
    recent = timezone.now() - LAST_USE_RESOLUTION / 2
    client = client_of(_key(name="mine", last_used=recent))
    client.get(ROLES)
    assert ApiKey.objects.get(name="mine").last_used == recent
    ApiKey.objects.update(last_used=recent - LAST_USE_RESOLUTION)
    client.get(ROLES)
    assert ApiKey.objects.get(name="mine").last_used > recent


def test_authentication_costs_one_query(administrator: APIClient) -> None:
    assert query_count(administrator, ROLES) == 1


def test_key_with_several_roles_has_each_of_them() -> None:
    assert client_of(create_key("User", "Administrator")).get(ROLES).status_code == 200
    assert client_of(create_key("User")).get(ROLES).status_code == 403
