from uuid import UUID

import pytest

from synchronisation.api.values import NO_VALUE, row_shows, typed_fields, value_id

OBJECT = UUID("a4f2e8c1-3b7d-4e9a-b5c6-d8f0e1a2b3c4")


@pytest.mark.parametrize(
    ("attribute_type", "value", "field"),
    [
        ("Text", "x", "string_value"),
        ("Number", 0, "int_value"),
        ("LongNumber", 2**40, "long_value"),
        ("Decimal", "1.5", "decimal_value"),
        ("DateTime", "2026-01-31T00:00:00Z", "date_time_value"),
        ("Boolean", False, "bool_value"),
        ("Guid", str(OBJECT), "guid_value"),
        ("Binary", "AAE=", "binary_value"),
        ("Reference", "cn=x", "unresolved_reference_value"),
    ],
)
def test_value_stands_in_the_field_of_its_type_and_in_no_other(attribute_type: str, value: object, field: str) -> None:
    assert typed_fields(attribute_type, value) == NO_VALUE | {field: value}


@pytest.mark.parametrize(("attribute_type", "value"), [("Number", "x"), ("Number", True), ("Boolean", 1), ("Guid", 5)])
def test_value_of_another_type_is_shown_as_text(attribute_type: str, value: object) -> None:
    shown = typed_fields(attribute_type, value)
    assert [name for name, each in shown.items() if each is not None] == ["string_value"]


def test_ids_of_values_are_stable_and_differ_by_object_attribute_and_place() -> None:
    assert value_id(OBJECT, 1, 0) == value_id(OBJECT, 1, 0)
    assert (
        len({value_id(OBJECT, 1, 0), value_id(OBJECT, 1, 1), value_id(OBJECT, 2, 0), value_id(UUID(int=1), 1, 0)}) == 4
    )


@pytest.mark.parametrize(("search", "found"), [("", True), ("ZO", True), ("zoë", True), ("x", False)])
def test_search_looks_at_the_value_in_any_case(search: str, found: bool) -> None:
    assert row_shows(NO_VALUE | {"string_value": "Zoë", "attribute_name": "x"}, search) is found
