"""Servers that are away: connections to a port where nobody listens."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from jim.api.throttling import RateThrottle

PORT_WITHOUT_SERVER = 1


@pytest.fixture
def database_away(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuses connections until the test is over."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
    monkeypatch.setitem(connection.settings_dict, "PORT", PORT_WITHOUT_SERVER)
    yield
    monkeypatch.undo()
    connection.close()


@pytest.fixture
def cache_away(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses connections; the pause that a throttle makes after its first try ends with the test."""
    monkeypatch.setattr(RateThrottle, "cache_away_until", 0.0)
    location = f"redis://127.0.0.1:{PORT_WITHOUT_SERVER}/0"
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": location}}
