"""Shape: the compiled shaper gives for whatever comes what a plain description of it gives."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.contract import AttributeType, Change, Given, ImportObject, ObjectFault, Row, values_of
from synchronisation.rules.naming import display_name_of
from synchronisation.rules.shape import Rejection, Shaped, shaper_for
from synchronisation.rules.specification import Attribute, ObjectType
from synchronisation.rules.values import (
    CONVERTERS,
    InvalidValueError,
    as_set,
    fingerprint,
    hash_name,
    hash_text,
    reference_fingerprint,
    to_text,
)

TYPES = tuple(AttributeType)
ATTRIBUTES = (
    *(Attribute(place, f"single {kind}", kind) for place, kind in enumerate(TYPES, 1)),
    *(Attribute(place, f"several {kind}", kind, multi_valued=True) for place, kind in enumerate(TYPES, 11)),
    Attribute(21, 'it\'s "id"\n', AttributeType.TEXT, external_id=True),
    Attribute(22, "Given Name", AttributeType.TEXT, secondary_external_id=True),
    Attribute(23, "not wanted", AttributeType.TEXT, selected=False),
    Attribute(24, "sn", AttributeType.NUMBER),
)
PERSON = ObjectType(7, 1, "person", selected=True, recall=True, attributes=ATTRIBUTES)
EXTERNAL_ID, SECONDARY = ATTRIBUTES[-4], ATTRIBUTES[-3]
NAMES = tuple(a.name for a in ATTRIBUTES)
shape = shaper_for(PERSON)


class NotTakenError(Exception):
    """(error type, message) of an object that cannot be taken."""


def described(source: ImportObject) -> Shaped | Rejection:
    """What shaping an object means, attribute by attribute."""
    wanted = [a for a in ATTRIBUTES if a.selected or a.external_id]
    try:
        taken = {a.id: take(a, source.attributes) for a in wanted}
        for attribute in wanted:
            if attribute.type is not AttributeType.REFERENCE and not all(map(storable, taken[attribute.id])):
                raise unstorable(attribute)
        if source.error is not None:
            raise NotTakenError(source.error.error_type, source.error.message)
        external_id = external_id_of(taken[EXTERNAL_ID.id])
    except NotTakenError as error:
        return rejection(source, *error.args)
    document = document_of(taken)
    linked = [a for a in wanted if a.type is AttributeType.REFERENCE and taken[a.id]]
    references = {a.id: dict.fromkeys(taken[a.id]) for a in linked}
    return Shaped(
        PERSON.id,
        source.row,
        source.change is Change.DELETE,
        external_id,
        hash_text(external_id),
        hash_name(to_text(document["22"])) if "22" in document else None,
        display_name_of(ATTRIBUTES)(document),
        orjson.dumps(document),
        fingerprint(orjson.dumps(document)),
        references,
        reference_fingerprint([(each, text) for each, texts in references.items() for text in texts]),
    )


def take(attribute: Attribute, attributes: Mapping[str, Given]) -> list[Any]:
    """The values of one attribute, converted."""
    values = []
    for value in values_of(attributes.get(attribute.name)):
        if value not in ("", b""):
            try:
                is_text = attribute.type is AttributeType.TEXT
                values.append(to_text(value) if is_text else CONVERTERS[attribute.type](value))
            except InvalidValueError as error:
                raise NotTakenError("InvalidAttributeValue", f"{attribute.name}: {error}") from None
    if len(values) > 1 and not attribute.multi_valued:
        message = f"{attribute.name} holds one value, but {len(values)} came in one object"
        raise NotTakenError("DuplicateImportedAttributes", message)
    return list(dict.fromkeys(values)) if attribute.type is AttributeType.REFERENCE else values


def storable(value: object) -> bool:
    text = str(value)
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def unstorable(attribute: Attribute) -> NotTakenError:
    message = f"{attribute.name}: text with a NUL character or half a surrogate pair cannot be stored"
    return NotTakenError("InvalidAttributeValue", message)


def document_of(taken: Mapping[int, list[Any]]) -> dict[str, Any]:
    return {
        a.key: as_set(taken[a.id]) if a.multi_valued else taken[a.id][0]
        for a in ATTRIBUTES
        if taken.get(a.id) and a.type is not AttributeType.REFERENCE
    }


def external_id_of(values: list[Any]) -> str:
    if not values:
        message = f"the external ID attribute {EXTERNAL_ID.name} has no value in this object"
        raise NotTakenError("MissingExternalIdAttributeValue", message)
    if len(values[0]) > 1000:
        raise NotTakenError("InvalidAttributeValue", f"{EXTERNAL_ID.name} is longer than 1000 characters")
    text: str = values[0]
    return text


def rejection(source: ImportObject, error_type: str, message: str) -> Rejection:
    """It keeps of the object what can be read."""
    taken: dict[int, list[Any]] = {}
    for attribute in ATTRIBUTES:
        try:
            values = take(attribute, source.attributes) if attribute.selected else []
        except NotTakenError:
            continue
        if all(map(storable, values)):
            taken[attribute.id] = values
    try:
        external_id = external_id_of(taken.get(EXTERNAL_ID.id, []))
    except NotTakenError:
        external_id = None
    return Rejection(error_type, message, external_id, display_name_of(ATTRIBUTES)(document_of(taken)))


TEXTS = st.one_of(
    st.text(max_size=5),
    st.text(st.characters(), max_size=3),  # half surrogate pairs too
    st.sampled_from(["", "\0", "\\u0000", "a\tb\\", "1", "-2", "true", "0", "2024-02-29", "2024-02-29T09:30+01:00"]),
    st.sampled_from(["AP8=", "{a4f2e8c1-3b7d-4e9a-b5c6-d8f0e1a2b3c4}", "1.50", "x" * 1001, "CN=a, O=b"]),
)
ALONE = st.one_of(
    TEXTS,
    st.integers(-(2**33), 2**33),
    st.booleans(),
    st.binary(max_size=4),
    st.decimals(allow_nan=True, places=2),
    st.datetimes(timezones=st.sampled_from([None, UTC])),
    st.uuids(),
)
GIVEN = st.one_of(TEXTS, ALONE, st.lists(ALONE, max_size=3), st.lists(TEXTS, max_size=3).map(tuple))
LIKELY: dict[AttributeType, st.SearchStrategy[Any]] = {
    AttributeType.NUMBER: st.integers(-9, 9).map(str),
    AttributeType.LONG_NUMBER: st.integers(-(2**63), 2**63 - 1),
    AttributeType.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    AttributeType.DATE_TIME: st.datetimes().map(datetime.isoformat),
    AttributeType.BOOLEAN: st.sampled_from(["true", "0", False]),
    AttributeType.GUID: st.uuids().map(str),
    AttributeType.BINARY: st.binary(max_size=4),
}
TAKEN = {
    a.name: st.lists(LIKELY.get(a.type, st.text(max_size=5)), max_size=3)
    if a.multi_valued
    else LIKELY.get(a.type, st.text(max_size=5))
    for a in ATTRIBUTES
    if a is not EXTERNAL_ID
}
"""What most attributes hold, so that most objects are taken."""

OBJECTS = st.builds(
    ImportObject,
    st.just("person"),
    st.fixed_dictionaries({EXTERNAL_ID.name: st.text(min_size=1, max_size=5)}, optional=TAKEN).flatmap(
        lambda taken: st.dictionaries(st.sampled_from(NAMES), GIVEN, max_size=2).map(lambda odd: taken | odd)
    ),
    row=st.integers(0, 9),
    change=st.sampled_from(Change),
    error=st.none() | st.just(ObjectFault("UnhandledError", "the store could not read it")),
)


@given(OBJECTS)
@example(ImportObject("person", {EXTERNAL_ID.name: "7", "single Number": 0, "single Boolean": False, "sn": 0}))
@example(ImportObject("person", {EXTERNAL_ID.name: "7", "single Text": Decimal("1.0"), "single Guid": UUID(int=1)}))
def test_shaper_gives_what_the_description_gives(source: ImportObject) -> None:
    assert shape(source) == described(source)


@given(OBJECTS)
def test_row_in_the_order_asked_for_takes_the_same_shape(source: ImportObject) -> None:
    wanted = tuple(a.name for a in PERSON.imported)
    row = Row(wanted, [source.attributes.get(name, "") for name in wanted])
    assert shape(ImportObject("person", row, source.row, source.change, source.error)) == shape(source)
