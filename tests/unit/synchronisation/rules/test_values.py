"""Values: what each type takes, the form it is stored in, and what is refused with which words."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import AttributeType, Value
from synchronisation.rules.values import CONVERTERS, READERS, InvalidValueError, JsonValue, as_set, match_key, to_text

CET = timezone(timedelta(hours=1))
GUID = "a4f2e8c1-3b7d-4e9a-b5c6-d8f0e1a2b3c4"

TAKEN: list[tuple[AttributeType, Value, JsonValue]] = [
    (AttributeType.TEXT, "  Zoë ", "  Zoë "),
    (AttributeType.TEXT, 7, "7"),
    (AttributeType.TEXT, True, "true"),
    (AttributeType.TEXT, b"\x00\xff", "AP8="),
    (AttributeType.NUMBER, "-2147483648", -(2**31)),
    (AttributeType.NUMBER, " +2147483647 ", 2**31 - 1),
    (AttributeType.NUMBER, 42, 42),
    (AttributeType.LONG_NUMBER, "9223372036854775807", 2**63 - 1),
    (AttributeType.LONG_NUMBER, str(-(2**63)), -(2**63)),
    (AttributeType.DECIMAL, "1.50", "1.5"),
    (AttributeType.DECIMAL, Decimal("1E+3"), "1000"),
    (AttributeType.DECIMAL, " -0.10 ", "-0.1"),
    (AttributeType.DECIMAL, "-0", "0"),
    (AttributeType.DECIMAL, 12, "12"),
    (AttributeType.BOOLEAN, " TRUE ", True),
    (AttributeType.BOOLEAN, "0", False),
    (AttributeType.BOOLEAN, 1, True),
    (AttributeType.BOOLEAN, False, False),
    (AttributeType.DATE_TIME, "2024-02-29", "2024-02-29T00:00:00Z"),
    (AttributeType.DATE_TIME, "2024-02-29T09:30:00", "2024-02-29T09:30:00Z"),
    (AttributeType.DATE_TIME, "2024-02-29T09:30:00+01:00", "2024-02-29T08:30:00Z"),
    (AttributeType.DATE_TIME, "2024-02-29T09:30:00.5Z", "2024-02-29T09:30:00.500000Z"),
    (AttributeType.DATE_TIME, datetime(2024, 2, 29, 9, 30, tzinfo=CET), "2024-02-29T08:30:00Z"),
    (AttributeType.GUID, GUID.upper(), GUID),
    (AttributeType.GUID, "{" + GUID + "}", GUID),
    (AttributeType.GUID, UUID(GUID), GUID),
    (AttributeType.BINARY, b"\x00\xff", "AP8="),
    (AttributeType.BINARY, "AP8=", "AP8="),
    (AttributeType.REFERENCE, "CN=Zoë, OU=People", "CN=Zoë, OU=People"),
]

REFUSED: list[tuple[AttributeType, Value, str]] = [
    (AttributeType.TEXT, "a\0b", "NUL"),
    (AttributeType.TEXT, "a\ud800", "surrogate"),
    (AttributeType.REFERENCE, "a\0b", "NUL"),
    (AttributeType.NUMBER, "2147483648", "outside the range of a Number (-2147483648 to 2147483647)"),
    (AttributeType.NUMBER, "-2147483649", "outside the range of a Number"),
    (AttributeType.NUMBER, "1.0", "'1.0' is not a whole number"),
    (AttributeType.NUMBER, "1_000", "'1_000' is not a whole number"),
    (AttributeType.NUMBER, "١٢", "is not a whole number"),
    (AttributeType.NUMBER, "", "'' is not a whole number"),
    (AttributeType.NUMBER, True, "'true' is not a whole number"),
    (AttributeType.LONG_NUMBER, "9223372036854775808", "outside the range of a LongNumber"),
    (AttributeType.LONG_NUMBER, "9" * 30, "is not a whole number"),
    (AttributeType.DECIMAL, "NaN", "NaN and infinity"),
    (AttributeType.DECIMAL, "-Infinity", "NaN and infinity"),
    (AttributeType.DECIMAL, "1e99", "at most 38 digits"),
    (AttributeType.DECIMAL, "1" * 39, "at most 38 digits"),
    (AttributeType.DECIMAL, "1,5", "'1,5' is not a decimal number"),
    (AttributeType.DECIMAL, "1_000", "'1_000' is not a decimal number"),
    (AttributeType.BOOLEAN, "yes", "'yes' is not true or false"),
    (AttributeType.BOOLEAN, 2, "'2' is not true or false"),
    (AttributeType.DATE_TIME, "29/02/2024", "is not an ISO 8601 date or date-time"),
    (AttributeType.DATE_TIME, "2023-02-29", "is not an ISO 8601 date or date-time"),
    (AttributeType.DATE_TIME, "0001-01-01T00:00:00+14:00", "is not an ISO 8601 date or date-time"),
    (AttributeType.GUID, "not-a-guid", "'not-a-guid' is not a GUID"),
    (AttributeType.BINARY, "A", "not base64"),
    (AttributeType.BINARY, "é", "not base64"),
]


def label(case: object) -> str:
    return case.value if isinstance(case, AttributeType) else ascii(case)[:40]


@pytest.mark.parametrize(("kind", "given_value", "stored"), TAKEN, ids=label)
def test_value_is_stored_in_one_form(kind: AttributeType, given_value: Value, stored: JsonValue) -> None:
    found = CONVERTERS[kind](given_value)
    assert (found, type(found)) == (stored, type(stored))


@pytest.mark.parametrize(("kind", "given_value", "stored"), TAKEN, ids=label)
def test_stored_form_is_taken_as_it_is(kind: AttributeType, given_value: Value, stored: JsonValue) -> None:
    assert CONVERTERS[kind](stored) == stored


@pytest.mark.parametrize(("kind", "given_value", "words"), REFUSED, ids=label)
def test_value_is_refused_in_words(kind: AttributeType, given_value: Value, words: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        CONVERTERS[kind](given_value)
    assert words in str(refusal.value)


def test_every_type_has_a_converter() -> None:
    assert set(CONVERTERS) == set(AttributeType)


def test_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        CONVERTERS[AttributeType.GUID]("x" * 500)
    assert str(refusal.value) == f"'{'x' * 80}…' is not a GUID"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=10))
def test_equal_decimals_are_stored_alike_and_read_back(number: Decimal) -> None:
    stored = CONVERTERS[AttributeType.DECIMAL](number)
    assert stored == CONVERTERS[AttributeType.DECIMAL](format(number, "f") + "0")
    assert READERS[AttributeType.DECIMAL](stored) == number


@given(st.datetimes(timezones=st.sampled_from([UTC, CET]), min_value=datetime(1900, 1, 1)))  # noqa: DTZ001
def test_moment_is_read_back_whatever_its_zone(moment: datetime) -> None:
    assert READERS[AttributeType.DATE_TIME](CONVERTERS[AttributeType.DATE_TIME](moment)) == moment


@given(st.binary())
def test_binary_is_read_back(content: bytes) -> None:
    assert READERS[AttributeType.BINARY](CONVERTERS[AttributeType.BINARY](content)) == content


@given(st.lists(st.text() | st.integers()))
def test_multi_valued_attribute_is_a_set_in_one_order(values: list[JsonValue]) -> None:
    stored = as_set(values)
    assert stored == as_set(list(reversed(values)))
    assert (set(stored), len(stored)) == (set(values), len(set(values)))


@pytest.mark.parametrize(
    ("one", "other", "case_sensitive", "same"),
    [
        ("Zoë", "zoë", False, True),
        ("Zoë", "zoë", True, False),
        ("Zoë", "Zoe\u0308", True, True),
        ("STRASSE", "straße", False, True),
        ("a", "a ", False, False),
    ],
)
def test_match_key(one: str, other: str, case_sensitive: bool, same: bool) -> None:
    keys = {match_key(text, case_sensitive=case_sensitive) for text in (one, other)}
    assert (len(keys) == 1) is same


def test_text_of_a_moment_is_its_stored_form() -> None:
    assert to_text(datetime(2024, 2, 29, 9, 30, tzinfo=CET)) == "2024-02-29T08:30:00Z"
