"""Attribute values between documents and expressions."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from synchronisation.expressions import ExpressionFailed, Result, to_document
from tests.unit.synchronisation.expressions.trial import evaluate

GUID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
MOMENT = datetime(2024, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "stored", "value"),
    [
        ("First Name", "Ada", "Ada"),
        ("First Name", None, None),
        ("Age", 36, 36),
        ("Active", False, False),
        ("Salary", "12.50", Decimal("12.50")),
        ("Salary", Decimal("12.5"), Decimal("12.5")),
        ("Salary", 12, Decimal(12)),
        ("Start", "2024-01-31T08:00:00Z", MOMENT),
        ("Start", MOMENT, MOMENT),
        ("Start", datetime(2024, 1, 31, 10, tzinfo=timezone(timedelta(hours=2))), MOMENT),
        ("Object GUID", GUID, GUID),
        ("Object GUID", UUID(GUID), GUID),
        ("Photo", "AAE=", b"\x00\x01"),
        ("Photo", b"\x00\x01", b"\x00\x01"),
        ("Proxy Addresses", ["a", "b"], ["a", "b"]),
        ("Proxy Addresses", "a", ["a"]),
        ("Proxy Addresses", [], None),
        ("Raises", ["1.0", "2"], [Decimal("1.0"), Decimal(2)]),
        ("Raises", [], None),
    ],
)
def test_attribute_reads_as_its_type_from_stored_and_typed_form(name: str, stored: object, value: object) -> None:
    result = evaluate(f'mv["{name}"]', mv={name: stored})

    assert (type(result), result) == (type(value), value)


def test_attribute_without_a_value_is_null() -> None:
    assert evaluate('IsNullOrEmpty(mv["First Name"]) && cs["Salary"] == null')


@pytest.mark.parametrize(
    ("name", "stored", "message"),
    [
        ("Salary", "much", 'mv["Salary"] cannot read "much" as a decimal number (line 1, column 1)'),
        ("Salary", "NaN", 'mv["Salary"] cannot use "NaN" as a decimal number (line 1, column 1)'),
        ("Salary", "1e99", 'mv["Salary"] meets or makes a decimal number of more than 28 digits (line 1, column 1)'),
        ("Salary", [1.5], 'mv["Salary"] holds a value that no attribute can hold, which cannot be read as a decimal'),
        ("Start", 5, 'mv["Start"] needs a date, not a number (line 1, column 1)'),
        ("Photo", "?", 'mv["Photo"] holds "?", which is not base64 (line 1, column 1)'),
    ],
)
def test_value_that_is_not_of_its_type_fails_and_names_the_attribute(name: str, stored: object, message: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        evaluate(f'mv["{name}"]', mv={name: stored})

    assert str(failed.value).startswith(message)


@pytest.mark.parametrize(
    ("result", "stored"),
    [
        (None, None),
        ("Ada", "Ada"),
        (36, 36),
        (True, True),
        (Decimal("12.50"), "12.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (MOMENT, "2024-01-31T08:00:00Z"),
        (MOMENT.replace(microsecond=5), "2024-01-31T08:00:00.000005Z"),
        (UUID(GUID), GUID),
        (b"\x00\x01", "AAE="),
        (["a", Decimal("1.0")], ["a", "1"]),
    ],
)
def test_result_goes_back_into_the_stored_form(result: Result, stored: object) -> None:
    assert (type(to_document(result)), to_document(result)) == (type(stored), stored)


def test_list_that_an_expression_returns_is_not_the_documents_own() -> None:
    addresses = ["a", "b"]

    result = evaluate('mv["Proxy Addresses"]', mv={"Proxy Addresses": addresses})

    assert result == addresses
    assert result is not addresses
