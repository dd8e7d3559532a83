"""The contract's own helpers: what stands for the values of an attribute, and rows as attributes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.contract import Given, ImportObject, Row, Value, values_of


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (None, ()),
        ("Zoë", ("Zoë",)),
        ("", ("",)),
        (b"\xff", (b"\xff",)),
        (0, (0,)),
        (False, (False,)),
        (Decimal("1.5"), (Decimal("1.5"),)),
        (datetime(2024, 2, 29, tzinfo=UTC), (datetime(2024, 2, 29, tzinfo=UTC),)),
        ([], []),
        (["a", "b"], ["a", "b"]),
        (("a",), ("a",)),
        (range(2), range(2)),
    ],
)
def test_values_of_what_was_given(given: Given | None, values: Sequence[Value]) -> None:
    assert values_of(given) == values


def test_row_is_a_mapping_from_names_to_fields() -> None:
    row = Row(("id", "mail"), ("7", ["a", "b"]))
    assert row == {"id": "7", "mail": ["a", "b"]}
    assert list(row.items()) == [("id", "7"), ("mail", ["a", "b"])]
    assert (row.get("name"), "mail" in row, len(row)) == (None, True, 2)
    with pytest.raises(KeyError, match="name"):
        row["name"]


def test_object_with_a_row_equals_one_with_a_dictionary() -> None:
    assert ImportObject("person", Row(("id",), ("7",)), 2) == ImportObject("person", {"id": "7"}, 2)
    assert ImportObject("person", Row(("id",), ("7",))) != ImportObject("person", {"id": "8"})
