import time

import pytest
from rest_framework.test import APIClient

from jim.accounts.bootstrap import ensure_infrastructure_key
from jim.api import throttling
from tests.api import assert_error, client_of, client_with_roles

pytestmark = pytest.mark.django_db
ROLES = "/api/v1/security/roles"
INFRASTRUCTURE_KEY = "jim_ak_" + "0" * 32


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three requests a minute per caller, two per address; the clock stands still, so that no window ends."""
    monkeypatch.setattr(throttling, "REQUESTS_PER_CALLER", 3)
    monkeypatch.setattr(throttling, "REQUESTS_PER_ADDRESS", 2)
    now = time.time() // 60 * 60 + 20.5
    monkeypatch.setattr(throttling.time, "time", lambda: now)


def statuses(client: APIClient, number: int) -> list[int]:
    return [client.get(ROLES).status_code for _ in range(number)]


def test_caller_over_the_limit_is_told_when_to_come_back(administrator: APIClient) -> None:
    assert statuses(administrator, 3) == [200] * 3
    response = administrator.get(ROLES)
    assert_error(response, 429, "TOO_MANY_REQUESTS")
    assert response.headers["Retry-After"] == "40"


def test_callers_are_counted_apart(administrator: APIClient) -> None:
    statuses(administrator, 4)
    assert statuses(client_with_roles("Administrator"), 1) == [200]


def test_window_ends_with_the_minute(administrator: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses(administrator, 4)
    later = throttling.time.time() + 40
    monkeypatch.setattr(throttling.time, "time", lambda: later)
    assert statuses(administrator, 1) == [200]


def test_requests_refused_for_their_role_count(without_role: APIClient) -> None:
    assert statuses(without_role, 4) == [403, 403, 403, 429]


def test_failed_authentication_counts_against_the_address() -> None:
    assert statuses(client_of("wrong"), 2) == [401, 401]
    assert statuses(APIClient(), 1) == [429]
    assert statuses(client_of("wrong"), 1) == [429]


def test_address_over_the_limit_does_not_lock_out_its_known_callers(administrator: APIClient) -> None:
    statuses(APIClient(), 3)
    assert statuses(administrator, 1) == [200]


def test_infrastructure_key_is_exempt() -> None:
    ensure_infrastructure_key(INFRASTRUCTURE_KEY)
    assert statuses(client_of(INFRASTRUCTURE_KEY), 5) == [200] * 5


def test_requests_pass_while_the_cache_is_away(cache_away: None, administrator: APIClient) -> None:
    assert statuses(administrator, 5) == [200] * 5


def test_cache_that_is_away_is_not_asked_by_every_request(
    cache_away: None, administrator: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    statuses(administrator, 3)
    assert caplog.text.count("cache unavailable") == 1
