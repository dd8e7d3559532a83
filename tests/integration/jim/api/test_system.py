from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from jim.api import throttling


def assert_state(response: Any, status: int, state: str) -> None:
    body = response.json()
    assert (response.status_code, body["status"], set(body)) == (status, state, {"status", "timestamp"})
    assert body["timestamp"].endswith("Z")
    assert timezone.now() - datetime.fromisoformat(body["timestamp"]) < timedelta(minutes=1)


@pytest.mark.parametrize(("path", "state"), [("/api/v1/health", "healthy"), ("/api/v1/health/live", "alive")])
def test_health_and_liveness_need_neither_credentials_nor_database(anonymous: APIClient, path: str, state: str) -> None:
    assert_state(anonymous.get(path), 200, state)


@pytest.mark.django_db
def test_readiness_is_ready_while_the_database_answers(anonymous: APIClient) -> None:
    assert_state(anonymous.get("/api/v1/health/ready"), 200, "ready")


def test_readiness_is_503_with_its_own_body_while_the_database_is_away(
    database_away: None, anonymous: APIClient
) -> None:
    assert_state(anonymous.get("/api/v1/health/ready"), 503, "not_ready")


def test_version_names_the_product(anonymous: APIClient) -> None:
    body = anonymous.get("/api/v1/health/version").json()
    assert body["product"] == "JIM"
    assert [part.isdigit() for part in body["version"].split(".")[:3]] == [True, True, True]
    assert set(body) == {"product", "version"}


def test_probes_are_not_throttled(anonymous: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "REQUESTS_PER_ADDRESS", 0)
    assert anonymous.get("/api/v1/health").status_code == 200


def test_probes_ignore_credentials(anonymous: APIClient) -> None:
    assert anonymous.get("/api/v1/health", headers={"X-Api-Key": "wrong"}).status_code == 200
