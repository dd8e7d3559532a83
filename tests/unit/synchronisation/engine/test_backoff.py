"""Backoff: when a failed export is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronisation.engine.backoff import next_retry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("error_count", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (11, 1024), (12, 1440), (32_767, 1440)]
)
def test_delay_doubles_up_to_a_day_give_or_take_a_quarter(error_count: int, minutes: int) -> None:
    delays = [next_retry(NOW, error_count) - NOW for _ in range(20)]
    expected = timedelta(minutes=minutes)
    assert all(0.75 * expected <= delay <= 1.25 * expected for delay in delays)
    assert len(set(delays)) > 1


@given(st.integers(1, 32_767))
def test_retry_is_always_ahead(error_count: int) -> None:
    assert NOW < next_retry(NOW, error_count) <= NOW + 1.25 * DAY
