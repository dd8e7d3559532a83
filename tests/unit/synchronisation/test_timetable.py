"""Timetables: dues by hand, and crontabs that are due at the same times."""

from datetime import UTC, datetime, timedelta

import pytest
from django_celery_beat.models import CrontabSchedule

from synchronisation.crontab import Crontab, next_due
from synchronisation.timetable import Timetable, TimetableError, at_intervals, at_times

SUNDAY = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("timetable", "moment", "expected"),
    [
        (at_times(["06:00", "18:30"]), SUNDAY, SUNDAY + 6 * HOUR),
        (at_times(["06:00", "18:30"]), SUNDAY + 6 * HOUR, SUNDAY + 18.5 * HOUR),
        (at_times(["06:00"]), SUNDAY + 7 * HOUR, SUNDAY + 30 * HOUR),
        (at_times(["06:00"], [1]), SUNDAY, SUNDAY + 30 * HOUR),
        (at_times(["06:00"], [0]), SUNDAY + 6 * HOUR, SUNDAY + 7 * 24 * HOUR + 6 * HOUR),
        (at_intervals(15, "Minutes"), SUNDAY, SUNDAY + HOUR / 4),
        (at_intervals(7, "Hours"), SUNDAY + 21 * HOUR, SUNDAY + 24 * HOUR),
        (at_intervals(2, "Hours", "08:30", "12:30"), SUNDAY + 9 * HOUR, SUNDAY + 10.5 * HOUR),
        (at_intervals(2, "Hours", "08:30", "12:30"), SUNDAY + 13 * HOUR, SUNDAY + 32.5 * HOUR),
        (at_intervals(59, "Hours", "23:59"), SUNDAY, SUNDAY + 24 * HOUR - HOUR / 60),
    ],
    ids=[
        "first of the day",
        "later than the moment",
        "next day",
        "named day",
        "a week later",
        "quarter of an hour",
        "anew each day",
        "window",
        "after the window",
        "once a day",
    ],
)
def test_next_due(timetable: Timetable, moment: datetime, expected: datetime) -> None:
    assert timetable.next_after(moment) == expected


@pytest.mark.parametrize(
    ("timetable", "text"),
    [
        (at_times(["06:00"]), "0 6 * * *"),
        (at_times(["18:30", "06:30"], [1, 5]), "30 6,18 * * 1,5"),
        (at_times(["06:00", "18:30"]), None),
        (at_intervals(15, "Minutes"), "*/15 * * * *"),
        (at_intervals(1, "Minutes"), "* * * * *"),
        (at_intervals(2, "Hours", "00:05"), "5 */2 * * *"),
        (at_intervals(45, "Minutes"), None),
        (
            at_intervals(20, "Minutes", "08:00", "17:40", [1, 2, 3, 4, 5]),
            "*/20 8,9,10,11,12,13,14,15,16,17 * * 1,2,3,4,5",
        ),
    ],
)
def test_crontab_is_due_at_the_same_times_or_there_is_none(timetable: Timetable, text: str | None) -> None:
    assert timetable.crontab() == text
    if text is None:
        return
    crontab = CrontabSchedule(**Crontab(text).columns()).schedule
    moment = SUNDAY + 5.1 * HOUR
    for _ in range(5):
        following = timetable.next_after(moment)
        assert next_due(crontab, moment) == following
        moment = following


def test_what_is_never_due_is_refused() -> None:
    with pytest.raises(TimetableError, match="at least one time"):
        at_times([])
    with pytest.raises(TimetableError, match="end after it starts"):
        at_intervals(1, "Hours", "18:00", "06:00")
