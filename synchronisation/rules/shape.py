"""Shape: one imported object to its document and references.

In: `ImportObject`s of one object type. Out: `Shaped`, or a `Rejection` that says why the object cannot be taken.
Always: attributes in schema order, so that equal objects serialise equally; nothing here knows the database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from connectors.contract import AttributeType, ImportObject, Value

from . import values
from .naming import display_name_of
from .specification import Attribute, ObjectType
from .values import CONVERTERS, Document, InvalidValueError

INVALID = "InvalidAttributeValue"
DUPLICATE_ATTRIBUTE = "DuplicateImportedAttributes"
MISSING_EXTERNAL_ID = "MissingExternalIdAttributeValue"


@dataclass(slots=True)
class Shaped:
    """A taken object. serialised: its document as JSON bytes; references: (attribute id, text), each once."""

    external_id: str
    external_id_hash: str
    secondary_hash: str | None
    display_name: str | None
    serialised: bytes
    document: Document
    references: list[tuple[int, str]]


@dataclass(slots=True)
class Rejection:
    """external_id is None when nobody can say whom the object meant."""

    error_type: str
    message: str
    external_id: str | None = None
    display_name: str | None = None


class RejectedValueError(Exception):
    """One attribute's value cannot be taken; the object is rejected with this error type."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


Shaper = Callable[[ImportObject], Shaped | Rejection]


def shaper_for(object_type: ObjectType) -> Shaper:
    """Compile the shaper of one type. The type must have an external ID attribute."""
    external_id = object_type.external_id
    assert external_id is not None
    scalars = [
        (a.name, a.key, a.type is AttributeType.TEXT and not a.multi_valued, a)
        for a in object_type.attributes
        if (a.selected or a.external_id) and a.type is not AttributeType.REFERENCE
    ]
    references = [a for a in object_type.attributes if a.selected and a.type is AttributeType.REFERENCE]
    external_key = external_id.key
    secondary = object_type.secondary_external_id
    name_of = display_name_of(object_type.attributes)

    def shape(source: ImportObject) -> Shaped | Rejection:
        attributes = source.attributes
        document: Document = {}
        try:
            for name, key, is_plain, attribute in scalars:
                given = attributes.get(name)
                if not given:
                    continue
                if is_plain and len(given) == 1 and type(value := given[0]) is str:
                    if value:
                        document[key] = value
                else:
                    _take(document, attribute, given)
            serialised = orjson.dumps(document)
            if b"\\u0000" in serialised:
                _refuse_nul(document, object_type)
            linked = _references(attributes, references) if references else []
            if source.error is not None:
                raise RejectedValueError(source.error.error_type, source.error.message)
            return _shaped(document, serialised, linked)
        except RejectedValueError as error:
            return _rejection(document, error.error_type, str(error))
        except TypeError:  # orjson: a lone surrogate is not UTF-8
            return _rejection(document, INVALID, _unstorable(document, object_type))

    def _shaped(document: Document, serialised: bytes, linked: list[tuple[int, str]]) -> Shaped:
        external = _external_id(document)
        if external is None:
            raise RejectedValueError(
                MISSING_EXTERNAL_ID, f"the external ID attribute {external_id.name} has no value in this object"
            )
        if len(external) > values.EXTERNAL_ID_LENGTH:
            raise RejectedValueError(
                INVALID, f"{external_id.name} is longer than {values.EXTERNAL_ID_LENGTH} characters"
            )
        other = document.get(secondary.key) if secondary else None
        return Shaped(
            external,
            values.hash_text(external),
            values.hash_name(values.to_text(other)) if other is not None else None,
            name_of(document),
            serialised,
            document,
            linked,
        )

    def _external_id(document: Document) -> str | None:
        value = document.get(external_key)
        if isinstance(value, list):
            raise RejectedValueError(INVALID, f"the external ID attribute {external_id.name} has several values")
        return None if value is None else values.to_text(value)

    def _rejection(document: Document, error_type: str, message: str) -> Rejection:
        value = document.get(external_key)
        known = isinstance(value, str | int) and len(str(value)) <= values.EXTERNAL_ID_LENGTH
        text = values.to_text(value) if known else None
        if text is not None and not _storable(text):
            text = None
        name = name_of(document)
        return Rejection(error_type, message, text, name if name is not None and _storable(name) else None)

    return shape


def _take(document: Document, attribute: Attribute, given: Sequence[Value]) -> None:
    """Convert the values of one attribute into the document. Raises: RejectedValueError."""
    convert = CONVERTERS[attribute.type]
    try:
        converted = [convert(value) for value in given if value != ""]
    except InvalidValueError as error:
        raise RejectedValueError(INVALID, f"{attribute.name}: {error}") from None
    if not converted:
        return
    if attribute.multi_valued:
        document[attribute.key] = values.as_set(converted)
    elif len(converted) == 1:
        document[attribute.key] = converted[0]
    else:
        raise RejectedValueError(
            DUPLICATE_ATTRIBUTE, f"{attribute.name} holds one value, but {len(converted)} came in one object"
        )


def _references(attributes: Mapping[str, Sequence[Value]], wanted: list[Attribute]) -> list[tuple[int, str]]:
    """(attribute id, text) of all reference values, each once, in the order given."""
    linked: dict[tuple[int, str], None] = {}
    for attribute in wanted:
        try:
            texts = [values.convert_text(value) for value in attributes.get(attribute.name, ()) if value != ""]
        except InvalidValueError as error:
            raise RejectedValueError(INVALID, f"{attribute.name}: {error}") from None
        if len(texts) > 1 and not attribute.multi_valued:
            raise RejectedValueError(
                DUPLICATE_ATTRIBUTE, f"{attribute.name} holds one value, but {len(texts)} came in one object"
            )
        linked.update(((attribute.id, text), None) for text in texts)
    return list(linked)


def _storable(text: str) -> bool:
    try:
        values.convert_text(text)
    except InvalidValueError:
        return False
    return True


def _refuse_nul(document: Document, object_type: ObjectType) -> None:
    """A serialised document shows \\u0000 for a NUL, and also for the six characters themselves."""
    message = _unstorable(document, object_type)
    if message:
        raise RejectedValueError(INVALID, message)


def _unstorable(document: Document, object_type: ObjectType) -> str:
    """Name the attribute whose text cannot be stored; "" when there is none."""
    for attribute in object_type.attributes:
        value = document.get(attribute.key)
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and not _storable(text):
                return f"{attribute.name}: text with a NUL character or half a surrogate pair cannot be stored"
    return ""
