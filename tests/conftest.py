"""What tests of every part share: API clients, rate limits that start at zero, and the cores of the machine."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient
from xdist.scheduler import LoadScopeScheduling

from jim.accounts.oidc.provider import provider_at
from jim.api import throttling
from tests.api import client_with_roles
from tests.oidc import AUDIENCE, CLIENT_ID, Issuer, running_issuer

KEPT_TOGETHER = {
    "tests/acceptance/test_client.py",
    "tests/acceptance/test_engine_pages.py",
    "tests/integration/jim/test_serve.py",
    "tests/integration/synchronisation/engine/test_plans.py",
}
"""Modules whose tests share what takes many seconds to make. (The group marks of pytest-xdist 3.8 do nothing with
pytest 9.2.)"""


class Sharing(LoadScopeScheduling):
    """Tests one by one in pytest-django's order: those that empty the tables, built-in rows too, come last."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.split("::", 1)[0]
        return module if module in KEPT_TOGETHER else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    return Sharing(config, log)


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
