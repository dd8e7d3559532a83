"""Crontabs: what is read, what is refused, and that the due times are those Celery's beat fires at."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django_celery_beat.models import CrontabSchedule
from django_celery_beat.tzcrontab import TzAwareCrontab
from hypothesis import assume, given
from hypothesis import strategies as st

from synchronisation.crontab import Crontab, CrontabError, latest_due, next_due, text_of

ZONES = ("UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "America/Santiago")
MINUTES = ("*", "*/7", "0", "5,35", "59")
HOURS = ("*", "0", "1", "2", "3,15", "*/6", "23")
DAYS_OF_MONTH = ("*", "1", "28-31", "*/5")
MONTHS = ("*", "3,10", "*/2")
DAYS_OF_WEEK = ("*", "0", "1-5")
START = datetime(2024, 1, 1, tzinfo=UTC)

zones = st.sampled_from(ZONES).map(ZoneInfo)
crontabs = st.tuples(*map(st.sampled_from, (MINUTES, HOURS, DAYS_OF_MONTH, MONTHS, DAYS_OF_WEEK)))
moments = st.integers(0, 4 * 366 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


class ClockedCrontab(crontab):
    """Celery's schedule with a clock to set: it sees `moment` as now."""

    moment: datetime

    def __init__(self, zone: ZoneInfo, *fields: str) -> None:
        minute, hour, day_of_month, month, day_of_week = fields
        self.tz = zone
        super().__init__(minute, hour, day_of_week, day_of_month, month, nowfun=lambda: self.moment.astimezone(zone))

    def next_firing(self, last: datetime) -> datetime:
        self.moment = last
        return last + self.remaining_estimate(last.astimezone(self.tz))


@given(zone=zones, fields=crontabs, start=moments)
def test_each_firing_of_the_beat_is_an_occurrence_of_its_own(
    zone: ZoneInfo, fields: tuple[str, ...], start: datetime
) -> None:
    assume(not start.astimezone(zone).fold)
    schedule = ClockedCrontab(zone, *fields)
    firing = schedule.next_firing(start)
    assert latest_due(schedule, zone, firing) == firing


@given(zone=zones, fields=crontabs, start=moments)
def test_an_occurrence_lasts_until_the_next_firing(zone: ZoneInfo, fields: tuple[str, ...], start: datetime) -> None:
    schedule = ClockedCrontab(zone, *fields)
    first = schedule.next_firing(start)
    second = schedule.next_firing(first)
    assume(start.astimezone(zone).utcoffset() == second.astimezone(zone).utcoffset())  # no clock change on the way

    assert latest_due(schedule, zone, first - timedelta(seconds=1)) < first
    assert latest_due(schedule, zone, second - timedelta(seconds=1)) == first


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        pytest.param("2026-03-28T01:30", "2026-03-28T01:30", id="on the minute"),
        pytest.param("2026-03-29T01:29", "2026-03-28T01:30", id="the minute before"),
        pytest.param("2026-03-29T01:30", "2026-03-29T01:30", id="skipped local time: after the gap"),
        pytest.param("2026-03-30T00:30", "2026-03-30T00:30", id="summer time"),
        pytest.param("2026-10-25T00:30", "2026-10-25T00:30", id="repeated local time: the first"),
        pytest.param("2026-10-25T01:30", "2026-10-25T00:30", id="repeated local time: not the second"),
        pytest.param("2026-10-26T01:30", "2026-10-26T01:30", id="winter time"),
    ],
)
def test_half_past_one_in_london_when_clocks_change(moment: str, due: str) -> None:
    schedule = crontab(minute=30, hour=1)
    found = latest_due(schedule, ZoneInfo("Europe/London"), datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_next_due_is_exact_and_in_the_time_of_the_schedule() -> None:
    schedule = TzAwareCrontab(minute="30", hour="6", tz=ZoneInfo("Europe/London"))
    found = next_due(schedule, datetime(2026, 7, 1, 5, 30, tzinfo=UTC))
    assert found.isoformat() == "2026-07-02T06:30:00+01:00"


def test_rare_day_is_found_decades_back() -> None:
    monday_29_february = crontab(minute=0, hour=0, day_of_month=29, month_of_year=2, day_of_week=1)
    found = latest_due(monday_29_february, UTC, datetime(2015, 1, 1, tzinfo=UTC))
    assert found == datetime(1988, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0 6 * *", "has 4 fields instead of five"),
        ("60 * * * *", "'60', not in 0-59"),
        ("x * * * *", "'x'"),
        ("0 0 30 2 *", "day_of_month '30' never occurs"),
        ("0 6 * * 7", "7 > 6"),
    ],
)
def test_unreadable_crontab_is_refused_with_its_reason(text: str, says: str) -> None:
    with pytest.raises(CrontabError, match=says):
        Crontab(text).columns()


def test_unknown_time_zone_is_refused() -> None:
    with pytest.raises(CrontabError, match="'Mars/Olympus' is no time zone"):
        Crontab("0 6 * * *", "Mars/Olympus").columns()


@given(st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str, zone: str) -> None:
    try:
        columns = Crontab(text, zone).columns()
    except CrontabError:
        return
    assert text_of(CrontabSchedule(**columns)) == " ".join(text.split())
