"""Servers for the tests: each worker of pytest-xdist has a Redis database of its own."""

import pytest

from jim.testing.plugin import redis_of


@pytest.mark.parametrize(
    ("worker", "url", "expected"),
    [
        ("gw0", "redis://localhost:6379/0", "redis://localhost:6379/1"),
        ("gw1", "redis://localhost:6379", "redis://localhost:6379/2"),
        ("gw0", "redis://:secret@localhost:6379/15", "redis://:secret@localhost:6379/0"),
    ],
)
def test_worker_has_its_own_redis_database(worker: str, url: str, expected: str) -> None:
    assert redis_of(worker, url) == expected
