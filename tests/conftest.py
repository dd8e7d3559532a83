"""What tests of every part share: API clients, and rate limits that start at zero."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from jim.accounts.oidc.provider import provider_at
from jim.api import throttling
from tests.api import client_with_roles
from tests.oidc import AUDIENCE, CLIENT_ID, Issuer, running_issuer


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


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    """A provider of OpenID Connect that JIM is set up with; nothing is known of it yet."""
    provider_at.cache_clear()
    with running_issuer() as issuer:
        settings.JIM_OIDC_AUTHORITY = issuer.url
        settings.JIM_OIDC_AUDIENCE = AUDIENCE
        settings.JIM_OIDC_CLIENT_ID = CLIENT_ID
        settings.JIM_OIDC_ATTRIBUTE = "Account Name"
        yield issuer
    provider_at.cache_clear()
