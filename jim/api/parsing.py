"""Text to values, as strict as the contract: query parameters and text fields share these.

In: text from a client. Out: the value. Raises: ValueError, whose text says what is expected.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
INTEGER = re.compile(r"-?[0-9]{1,10}")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
TIME_SPAN = re.compile(r"(-?)(?:(\d{1,8})\.)?([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,7}))?", re.ASCII)


def parse_int32(text: str) -> int:
    if INTEGER.fullmatch(text) is None or not INT32_MIN <= int(text) <= INT32_MAX:
        raise ValueError("Write a whole number of at most 32 bits.")
    return int(text)


def parse_uuid(text: str) -> UUID:
    if UUID_TEXT.fullmatch(text) is None:
        raise ValueError("Write a UUID such as 0190c2a4-5f6e-7d80-9abc-0123456789ab.")
    return UUID(text)


def parse_date_time(text: str) -> datetime:
    """An aware UTC date-time; text without an offset is read as UTC."""
    if DATE_TIME.fullmatch(text) is None:
        raise ValueError("Write a date-time such as 2026-01-31T09:30:00Z.")
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise ValueError(f"There is no such date-time: {exc}.") from exc


def parse_bound(text: str, *, end_of_day: bool) -> datetime:
    """A date-time, or a plain date that stands for its first or its last moment."""
    if DATE.fullmatch(text) is None:
        return parse_date_time(text)
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise ValueError(f"There is no such date: {exc}.") from exc
    return datetime.combine(day, time.max if end_of_day else time.min, UTC)


def parse_time_span(text: str) -> timedelta:
    """`hh:mm:ss` or `d.hh:mm:ss`, with up to seven decimals of which six are kept."""
    match = TIME_SPAN.fullmatch(text)
    if match is None:
        raise ValueError("Write a duration as hh:mm:ss, or as d.hh:mm:ss from one day up.")
    sign, days, hours, minutes, seconds, fraction = match.groups()
    span = timedelta(
        days=int(days or 0),
        hours=int(hours),
        minutes=int(minutes),
        seconds=int(seconds),
        microseconds=int((fraction or "").ljust(7, "0")[:6]),
    )
    return -span if sign else span


def format_time_span(span: timedelta) -> str:
    """The inverse of `parse_time_span`; a fraction only when there is one."""
    sign, size = ("-", -span) if span < timedelta(0) else ("", span)
    hours, rest = divmod(size.seconds, 3600)
    days = f"{size.days}." if size.days else ""
    fraction = f".{size.microseconds:06d}" if size.microseconds else ""
    return f"{sign}{days}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}{fraction}"
