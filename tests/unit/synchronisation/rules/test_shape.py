"""Shape: what becomes of one imported object, and each way in which it cannot be taken."""

from typing import Any
from uuid import UUID

import orjson
import pytest

from connectors.contract import AttributeType, Change, Given, ImportObject, ObjectFault, Row
from synchronisation.rules.shape import Rejection, Shaped, shaper_for
from synchronisation.rules.specification import Attribute, ObjectType
from synchronisation.rules.values import fingerprint, hash_name, hash_text, reference_fingerprint

ATTRIBUTES = (
    Attribute(1, "id", AttributeType.TEXT, external_id=True, selected=False),
    Attribute(2, "dn", AttributeType.TEXT, secondary_external_id=True),
    Attribute(3, "displayName", AttributeType.TEXT),
    Attribute(4, "age", AttributeType.NUMBER),
    Attribute(5, "phones", AttributeType.TEXT, multi_valued=True),
    Attribute(6, "notes", AttributeType.TEXT, selected=False),
    Attribute(7, "manager", AttributeType.REFERENCE),
    Attribute(8, "members", AttributeType.REFERENCE, multi_valued=True),
)
shape = shaper_for(ObjectType(1, 1, "person", selected=True, recall=True, attributes=ATTRIBUTES))
by_number = shaper_for(
    ObjectType(
        2, 1, "row", selected=True, recall=True, attributes=(Attribute(1, "id", AttributeType.GUID, external_id=True),)
    )
)


def shaped(**attributes: Given) -> Shaped | Rejection:
    return shape(ImportObject("person", {"id": ["7"]} | attributes))


def document(found: Shaped | Rejection) -> dict[str, Any]:
    assert isinstance(found, Shaped)
    read: dict[str, Any] = orjson.loads(found.serialised)
    return read


def test_object_becomes_a_document_in_schema_order() -> None:
    attributes: dict[str, Given] = {
        "members": ["b"], "phones": ["2", "1", "2"], "age": "30", "displayName": "Zoë", "dn": ["CN=Zoë, O=x"],
        "notes": ["ignored"], "id": "7",
    }  # fmt: skip
    serialised = orjson.dumps({"1": "7", "2": "CN=Zoë, O=x", "3": "Zoë", "4": 30, "5": ["1", "2"]})

    assert shape(ImportObject("person", attributes, 12, Change.DELETE)) == Shaped(
        object_type_id=1,
        row=12,
        is_delete=True,
        external_id="7",
        external_id_hash=hash_text("7"),
        secondary_hash=hash_name("cn=zoë,o=x"),
        display_name="Zoë",
        serialised=serialised,
        fingerprint=fingerprint(serialised),
        references={8: {"b": None}},
        reference_fingerprint=reference_fingerprint([(8, "b")]),
    )


def test_value_alone_is_as_good_as_a_sequence_of_one() -> None:
    alone = shaped(displayName="Zoë", age=30, phones="1", manager="CN=Boss", members="b")
    assert alone == shaped(displayName=["Zoë"], age=["30"], phones=["1"], manager=["CN=Boss"], members=("b",))


def test_row_is_as_good_as_a_dictionary_whatever_the_order_of_its_names() -> None:
    names = ("id", "dn", "displayName", "age", "phones", "manager", "members")
    fields = ("7", "CN=x", "Zoë", "30", ["1", "2"], "", ["b", "a"])
    expected = shape(ImportObject("person", dict(zip(names, fields, strict=True))))
    assert isinstance(expected, Shaped)
    assert shape(ImportObject("person", Row(names, fields))) == expected
    assert shape(ImportObject("person", Row(names[::-1], fields[::-1]))) == expected


def test_equal_objects_serialise_equally_whatever_their_order() -> None:
    one = shape(ImportObject("person", {"id": ["7"], "phones": ["1", "2"], "displayName": ["a"]}))
    other = shape(ImportObject("person", {"displayName": ["a"], "phones": ["2", "1"], "id": ["7"]}))
    assert isinstance(one, Shaped)
    assert isinstance(other, Shaped)
    assert one.serialised == other.serialised


def test_empty_values_are_no_values() -> None:
    found = shaped(displayName="", dn=[""], phones=["", ""], age=[], manager=[""], members="")
    assert isinstance(found, Shaped)
    assert (document(found), found.references) == ({"1": "7"}, {})


def test_references_are_taken_once_and_stay_out_of_the_document() -> None:
    found = shaped(members=["b", "a", "b"], manager=["CN=Boss"])
    assert isinstance(found, Shaped)
    assert found.references == {7: {"CN=Boss": None}, 8: {"b": None, "a": None}}
    assert document(found) == {"1": "7"}


def test_external_id_of_another_type_is_its_stored_form_as_text() -> None:
    guid = UUID(int=10)
    found = by_number(ImportObject("row", {"id": [str(guid).upper()]}))
    assert isinstance(found, Shaped)
    assert found.external_id == str(guid)


def test_text_that_only_looks_like_an_escaped_nul_is_taken() -> None:
    found = shaped(displayName=["a\\u0000b"])
    assert document(found)["3"] == "a\\u0000b"


INVALID = "InvalidAttributeValue"
REJECTIONS: dict[str, tuple[dict[str, Given], Rejection]] = {
    "no external ID": (
        {"id": []},
        Rejection("MissingExternalIdAttributeValue", "the external ID attribute id has no value in this object"),
    ),
    "empty external ID": (
        {"id": [""], "displayName": ["Zoë"]},
        Rejection(
            "MissingExternalIdAttributeValue", "the external ID attribute id has no value in this object", None, "Zoë"
        ),
    ),
    "too long an external ID": (
        {"id": ["x" * 1001]},
        Rejection(INVALID, "id is longer than 1000 characters"),
    ),
    "NUL in the external ID": (
        {"id": ["a\0b"]},
        Rejection(INVALID, "id: text with a NUL character or half a surrogate pair cannot be stored"),
    ),
    "two external IDs": (
        {"id": ["1", "2"]},
        Rejection("DuplicateImportedAttributes", "id holds one value, but 2 came in one object"),
    ),
    "NUL in a text": (
        {"displayName": ["a\0b"]},
        Rejection(INVALID, "displayName: text with a NUL character or half a surrogate pair cannot be stored", "7"),
    ),
    "NUL in one of several texts": (
        {"phones": ["1", "a\0b"]},
        Rejection(INVALID, "phones: text with a NUL character or half a surrogate pair cannot be stored", "7"),
    ),
    "half a surrogate pair": (
        {"displayName": ["a\ud800"]},
        Rejection(INVALID, "displayName: text with a NUL character or half a surrogate pair cannot be stored", "7"),
    ),
    "half a surrogate pair in a reference": (
        {"manager": ["a\ud800"]},
        Rejection(INVALID, "manager: text with half a surrogate pair cannot be stored", "7"),
    ),
    "a text for a number": (
        {"displayName": ["Zoë"], "age": ["old"]},
        Rejection(INVALID, "age: 'old' is not a whole number", "7", "Zoë"),
    ),
    "a number out of range": (
        {"age": ["2147483648"]},
        Rejection(INVALID, "age: 2147483648 is outside the range of a Number (-2147483648 to 2147483647)", "7"),
    ),
    "two values of a single-valued attribute": (
        {"displayName": ["a", "b"]},
        Rejection("DuplicateImportedAttributes", "displayName holds one value, but 2 came in one object", "7"),
    ),
    "two values of a single-valued reference": (
        {"manager": ["a", "b"]},
        Rejection("DuplicateImportedAttributes", "manager holds one value, but 2 came in one object", "7"),
    ),
}


@pytest.mark.parametrize(("attributes", "rejection"), REJECTIONS.values(), ids=REJECTIONS.keys())
def test_object_is_rejected(attributes: dict[str, Given], rejection: Rejection) -> None:
    assert shaped(**attributes) == rejection


def test_fault_that_the_connector_found_is_the_rejection() -> None:
    fault = ObjectFault("UnhandledError", "line 3 has 2 values instead of 4")
    found = shape(ImportObject("person", {"id": ["7"], "displayName": ["Zoë"]}, error=fault))
    assert found == Rejection("UnhandledError", "line 3 has 2 values instead of 4", "7", "Zoë")


def test_same_value_twice_in_a_single_valued_attribute_is_two_values() -> None:
    found = shaped(displayName=["a", "a"])
    assert isinstance(found, Rejection)
    assert found.error_type == "DuplicateImportedAttributes"


def test_rejection_names_the_object_wherever_in_the_schema_the_fault_is() -> None:
    attributes = (Attribute(1, "age", AttributeType.NUMBER), Attribute(2, "id", AttributeType.TEXT, external_id=True))
    late = shaper_for(ObjectType(3, 1, "late", selected=True, recall=True, attributes=attributes))
    assert late(ImportObject("late", {"age": "old", "id": "7"})) == Rejection(
        INVALID, "age: 'old' is not a whole number", "7"
    )
