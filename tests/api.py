"""What tests of the REST API build on: clients, error bodies, query counts, and checks that every endpoint inherits."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from jim.accounts.keys import PREFIX_LENGTH, generate_key, hash_key
from jim.accounts.models import ApiKey, Role

AUTHENTICATION_QUERIES = 1
"""What finding the caller costs a key that was used within the last minute."""


def create_key(*role_names: str, **fields: Any) -> str:
    """Store a new API key with these roles. Returns the key."""
    key = generate_key()
    row = ApiKey.objects.create(
        **{"name": f"Test key {key[-8:]}", "key_prefix": key[:PREFIX_LENGTH], "key_hash": hash_key(key)} | fields
    )
    row.roles.set(Role.objects.filter(name__in=role_names))
    return key


def client_of(key: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_X_API_KEY=key)
    return client


def client_with_roles(*role_names: str) -> APIClient:
    return client_of(create_key(*role_names))


def assert_error(response: Any, status: int, code: str, refused: Mapping[str, Any] | None = None) -> None:
    """The answer is the error body. refused: messages by field; ... where only the field counts."""
    body = response.json()
    assert (response.status_code, body["code"]) == (status, code), body
    assert set(body) == {"code", "message", "details", "validationErrors", "timestamp"}
    assert body["message"]
    assert body["timestamp"].endswith("Z")
    assert response.headers["Content-Type"] == "application/json"
    found = body["validationErrors"]
    if refused is not None:
        assert found is not None, body
        assert {name: ... if refused.get(name) is ... else found[name] for name in found} == refused


def query_count(client: APIClient, path: str) -> int:
    """Queries that a GET costs, beside finding the caller."""
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries) - AUTHENTICATION_QUERIES


@pytest.mark.django_db
class EndpointTests:
    """Inherit and name the endpoint: who may call it, and that the ids in its path must exist.

    path: need not exist, since authentication and role come first. missing: paths whose ids name nothing or are of
    the wrong type.
    """

    method: ClassVar[str] = "get"
    path: ClassVar[str]
    missing: ClassVar[tuple[str, ...]] = ()

    def call(self, client: APIClient, path: str) -> Any:
        return getattr(client, self.method)(path)

    def test_without_credentials_it_is_unauthorised(self, anonymous: APIClient) -> None:
        assert_error(self.call(anonymous, self.path), 401, "UNAUTHORISED")

    def test_without_the_role_it_is_forbidden(self, without_role: APIClient) -> None:
        assert_error(self.call(without_role, self.path), 403, "FORBIDDEN")

    def test_ids_that_name_nothing_are_not_found(self, administrator: APIClient) -> None:
        for path in self.missing:
            assert_error(self.call(administrator, path), 404, "NOT_FOUND")
