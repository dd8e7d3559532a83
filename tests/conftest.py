"""What tests of every part share: API clients, and rate limits that start at zero."""

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from jim.api import throttling
from tests.api import client_with_roles


@pytest.fixture(autouse=True)
def fresh_rate_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests share one cache: each counts requests under keys of its own."""
    monkeypatch.setattr(throttling, "KEY_PREFIX", f"throttle-{uuid4()}")


@pytest.fixture
def anonymous() -> APIClient:
    """A client without credentials."""
    return APIClient()


@pytest.fixture
def administrator(db: None) -> APIClient:
    """A client with the key of an Administrator."""
    return client_with_roles("Administrator")


@pytest.fixture
def without_role(db: None) -> APIClient:
    """A client with a valid key that has no role."""
    return client_with_roles()
