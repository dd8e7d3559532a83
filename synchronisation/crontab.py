"""Crontabs: reading the five fields an administrator writes, and when a crontab was last due.

In: text and a time zone, or a schedule and a moment. Out: what django-celery-beat stores, or an instant in UTC.
Always: the due instants are the ones Celery's beat fires at (tests compare them), so that a firing can be traced
to its occurrence without asking the beat.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from celery.schedules import crontab
from django.core.exceptions import ValidationError
from django_celery_beat.models import CrontabSchedule

FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
ONE_DAY = timedelta(days=1)


class CrontabError(ValueError):
    """A crontab that cannot be read, or that is never due; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Crontab:
    """minute, hour, day of month, month, day of week (0 is Sunday), in the local time of one zone."""

    text: str
    zone: str = "UTC"

    def columns(self) -> dict[str, Any]:
        """The values of a CrontabSchedule. Raises: CrontabError."""
        parts = self.text.split()
        if len(parts) != len(FIELDS):
            raise CrontabError(
                f"{self.text!r} has {len(parts)} fields instead of five: minute, hour, day of month, month, "
                "day of week; 0 6 * * 1-5 is six o'clock on working days"
            )
        columns = dict(zip(FIELDS, parts, strict=True)) | {"timezone": self._zone_info()}
        try:
            CrontabSchedule(**columns).clean_fields()
            _ = CrontabSchedule(**columns).schedule
        except (ValidationError, ValueError) as exc:
            problem = " ".join(exc.messages) if isinstance(exc, ValidationError) else str(exc)
            raise CrontabError(f"{self.text!r} is no crontab: {problem}") from exc
        return columns

    def _zone_info(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (ValueError, ZoneInfoNotFoundError) as exc:
            raise CrontabError(f"{self.zone!r} is no time zone: write one like Europe/London, or UTC") from exc


def text_of(row: CrontabSchedule) -> str:
    """The five fields as an administrator writes them."""
    return " ".join(getattr(row, field) for field in FIELDS)


def latest_due(schedule: crontab, zone: tzinfo, moment: datetime) -> datetime:
    """The latest instant at or before `moment` at which the crontab was due, in UTC.

    A local time that a clock change repeats counts at its first occurrence; one that the change skips is due as
    long after the change as it lies in the gap.
    """
    for day in _days_back_from(moment.astimezone(zone).date()):
        if _names_day(schedule, day):
            reached = [due for due in _dues_of(schedule, day, zone) if due <= moment]
            if reached:
                return max(reached)
    raise AssertionError("unreachable: the days go back without end, and an impossible crontab is refused when read")


def next_due(schedule: crontab, moment: datetime) -> datetime:
    """The first time after `moment` at which the crontab is due, in its own time zone."""
    start, delta, _ = schedule.remaining_delta(moment)
    due: datetime = start + delta
    return due


def _days_back_from(day: date) -> Iterator[date]:
    """Without end: 29 February on a given weekday may lie 40 years back."""
    return (day - back * ONE_DAY for back in count())


def _names_day(schedule: crontab, day: date) -> bool:
    """Celery wants all three to agree, where crontab(5) is content with one of the two kinds of day."""
    return (
        day.month in schedule.month_of_year
        and day.day in schedule.day_of_month
        and day.isoweekday() % 7 in schedule.day_of_week
    )


def _dues_of(schedule: crontab, day: date, zone: tzinfo) -> Iterator[datetime]:
    for hour in schedule.hour:
        for minute in schedule.minute:
            yield datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
