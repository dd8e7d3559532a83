from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.progress import Progress, progress_of

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
RUNNING = {
    "status": "InProgress",
    "phase": "apply",
    "phase_index": 1,
    "phase_count": 4,
    "phase_started": NOW - timedelta(seconds=10),
    "objects_processed": 250,
    "objects_to_process": 1000,
}


def test_progress_tells_how_far_how_fast_and_how_long() -> None:
    assert progress_of(RUNNING, NOW) == Progress("InProgress", "apply", 1, 4, 250, 1000, 25.0, 25.0, 30.0)


def test_progress_of_an_activity_that_keeps_none_is_unknown() -> None:
    row = dict.fromkeys(RUNNING) | {"status": "Complete"}
    assert progress_of(row, NOW) == Progress("Complete", None, None, None, 0, None, None, None, None)


@pytest.mark.parametrize(
    ("change", "percent", "rate", "remaining"),
    [
        ({"objects_to_process": None}, None, 25.0, None),
        ({"objects_to_process": 0, "objects_processed": 0}, 100.0, 0.0, None),
        ({"objects_processed": 0}, 0.0, 0.0, None),
        ({"objects_processed": 1200}, 100.0, 120.0, 0.0),
        ({"status": "Complete"}, 25.0, None, None),
        ({"phase_started": None}, 25.0, None, None),
        ({"phase_started": NOW}, 25.0, None, None),
    ],
    ids=["unknown total", "nothing to do", "just begun", "more than expected", "ended", "waiting", "this instant"],
)
def test_progress_says_none_for_what_is_not_known(
    change: dict[str, Any], percent: float | None, rate: float | None, remaining: float | None
) -> None:
    progress = progress_of(RUNNING | change, NOW)
    assert (progress.percent, progress.objects_per_second, progress.seconds_remaining) == (percent, rate, remaining)
