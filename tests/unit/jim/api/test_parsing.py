from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jim.api.parsing import (
    format_time_span,
    parse_bound,
    parse_date_time,
    parse_int32,
    parse_time_span,
    parse_uuid,
)

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("text", ["0", "7", "-1", "2147483647", "-2147483648"])
def test_parse_int32_reads_whole_numbers_of_32_bits(text: str) -> None:
    assert parse_int32(text) == int(text)


@pytest.mark.parametrize("text", ["", " 1", "+1", "1.0", "1e3", "0x1", "２", "2147483648", "-2147483649", "9" * 400])
def test_parse_int32_refuses_anything_else(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        parse_int32(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00Z",
        "2026-01-31t12:00:00.000z",
        "2026-01-31T12:00",
        "2026-01-31 12:00:00.0000000",
        "2026-01-31T14:00:00+02:00",
    ],
)
def test_parse_date_time_converts_offsets_and_reads_none_as_utc(text: str) -> None:
    assert parse_date_time(text) == NOON
    assert parse_date_time(text).tzinfo == UTC


@pytest.mark.parametrize(
    "text", ["", "2026-01-31", "20260131T120000", "2026-W05-6", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_parse_date_time_refuses_other_forms_and_days_that_are_not(text: str) -> None:
    with pytest.raises(ValueError, match="date-time"):
        parse_date_time(text)


def test_parse_bound_reads_a_date_as_its_first_or_last_moment() -> None:
    assert parse_bound("2026-01-31", end_of_day=False) == datetime(2026, 1, 31, tzinfo=UTC)
    assert parse_bound("2026-01-31", end_of_day=True) == datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
    assert parse_bound("2026-01-31T12:00:00Z", end_of_day=True) == NOON


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("00:00:00", timedelta(0)),
        ("23:59:59.5", timedelta(hours=23, minutes=59, seconds=59.5)),
        ("7.00:00:00", timedelta(days=7)),
        ("-1.02:03:04.0000009", -timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_parse_time_span_reads_days_and_fractions(text: str, span: timedelta) -> None:
    assert parse_time_span(text) == span


@pytest.mark.parametrize("text", ["", "24:00:00", "1:00:00", "00:60:00", "00:00", "7", "P7D", "00:00:00.12345678"])
def test_parse_time_span_refuses_other_forms(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_time_span(text)


@given(st.timedeltas(min_value=timedelta(days=-99999999), max_value=timedelta(days=99999999)))
def test_format_time_span_is_the_inverse_of_parse(span: timedelta) -> None:
    assert parse_time_span(format_time_span(span)) == span


@given(st.text())
def test_parsers_answer_or_raise_value_error(text: str) -> None:
    parsers: tuple[Callable[[str], Any], ...] = (parse_int32, parse_uuid, parse_date_time, parse_time_span)
    for parse in parsers:
        with suppress(ValueError):
            parse(text)
