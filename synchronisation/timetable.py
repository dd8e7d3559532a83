"""Timetables: at which times of which days a schedule is due.

In: days, times of day and intervals as the contract writes them. Out: the next instant, or a crontab that says the
same. Always: clock times are UTC; no days mean every day; an interval is counted anew each day from its window's start.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

DAY = timedelta(days=1)
MINUTES_OF_UNIT = {"Minutes": 1, "Hours": 60}
LAST_MINUTE = 24 * 60 - 1


class TimetableError(ValueError):
    """What was written is never due; the message says what to write."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """minutes: of the day, in order. days: of the week from Sunday, 0, to 6; empty for every day."""

    minutes: tuple[int, ...]
    days: frozenset[int] = frozenset()

    def next_after(self, moment: datetime) -> datetime:
        return next(due for due in self._dues_from(moment.astimezone(UTC)) if due > moment)

    def _dues_from(self, moment: datetime) -> Iterator[datetime]:
        """Without end, from the start of the moment's day."""
        day = datetime.combine(moment.date(), time(), UTC)
        while True:
            if not self.days or day.isoweekday() % 7 in self.days:
                yield from (day + timedelta(minutes=minute) for minute in self.minutes)
            day += DAY

    def crontab(self) -> str | None:
        """Five fields; None when one crontab would be due at more times than these."""
        hours = sorted({minute // 60 for minute in self.minutes})
        minutes = sorted({minute % 60 for minute in self.minutes})
        if len(hours) * len(minutes) != len(self.minutes):
            return None
        days = "*" if not self.days else _field(sorted(self.days), 7)
        return f"{_field(minutes, 60)} {_field(hours, 24)} * * {days}"


def at_times(texts: Collection[str], days: Collection[int] = ()) -> Timetable:
    """texts: each `HH:mm`. Raises: TimetableError."""
    if not texts:
        raise TimetableError("Write at least one time of day, such as 06:00.")
    return Timetable(tuple(sorted({minute_of(text) for text in texts})), frozenset(days))


def at_intervals(
    value: int, unit: str, start: str | None = None, end: str | None = None, days: Collection[int] = ()
) -> Timetable:
    """From start up to and with end, each `HH:mm`; the whole day without them. Raises: TimetableError."""
    first = 0 if start is None else minute_of(start)
    last = LAST_MINUTE if end is None else minute_of(end)
    if last < first:
        raise TimetableError("The window must end after it starts, on the same day.")
    return Timetable(tuple(range(first, last + 1, value * MINUTES_OF_UNIT[unit])), frozenset(days))


def minute_of(text: str) -> int:
    """Of the day. Raises: ValueError."""
    clock = time.fromisoformat(text)
    return clock.hour * 60 + clock.minute


def _field(values: list[int], size: int) -> str:
    """One field of a crontab, in its shortest form."""
    if len(values) == size:
        return "*"
    step = values[1] - values[0] if len(values) > 1 else 0
    if step > 1 and values == list(range(0, size, step)):
        return f"*/{step}"
    return ",".join(map(str, values))
