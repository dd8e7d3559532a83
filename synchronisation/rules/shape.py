"""Shape: one imported object to its document and references.

In: `ImportObject`s of one object type. Out: `Shaped`, or a `Rejection` that says why the object cannot be taken.
Always: attributes in schema order, so that equal objects serialise equally; nothing here knows the database.

This runs for every object of every import. The documents of a type are msgspec structs with a field for each
attribute: making one and writing it as JSON takes half of what a dictionary takes, and the JSON is the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter
from typing import Any

from msgspec import Struct, defstruct
from msgspec.json import Encoder

from connectors.contract import AttributeType, Change, Given, ImportObject, Row, values_of

from .naming import display_name_of
from .specification import Attribute, ObjectType
from .values import (
    CONVERTERS,
    EXTERNAL_ID_LENGTH,
    InvalidValueError,
    JsonValue,
    as_set,
    convert_text,
    fingerprint,
    hash_name,
    hash_text,
    reference_fingerprint,
    to_text,
)

INVALID = "InvalidAttributeValue"
DUPLICATE_ATTRIBUTE = "DuplicateImportedAttributes"
MISSING_EXTERNAL_ID = "MissingExternalIdAttributeValue"

DELETE = Change.DELETE
"""Python 3.11 takes 0.8 us to look a member of an enumeration up."""

NO_VALUE = ""
EMPTY = ("", b"")
"""What was given, but is no value."""

encode = Encoder().encode

References = dict[int, dict[str, None]]
"""Attribute id -> its texts, each once; 20 bytes of a value's 70, and so half of what pairs of both would take."""

Taken = JsonValue | list[JsonValue]
"""What a document holds of one attribute."""


class Shaped(Struct, gc=False):
    """A taken object. row: of the source; serialised: its document as JSON bytes; references: each once.

    The fingerprints of document and references decide "unchanged". The document itself goes: kept for a page, it and
    its values would double what memory holds, and touching new memory takes longer than making them.
    """

    object_type_id: int
    row: int
    is_delete: bool
    external_id: str
    external_id_hash: str
    secondary_hash: str | None
    display_name: str | None
    serialised: bytes
    fingerprint: str
    references: References
    reference_fingerprint: str | None


class Rejection(Struct):
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
    """Compile the shaper of one type, which must have an external ID attribute."""
    external_id, secondary = object_type.external_id, object_type.secondary_external_id
    assert external_id is not None
    type_id, attributes = object_type.id, object_type.imported
    names = tuple(a.name for a in attributes)
    scalars = [a for a in attributes if a.type is not AttributeType.REFERENCE]
    new_document = _document_type(scalars)
    document_of = _compiled(attributes, new_document)
    external_of, secondary_of = _value_of(external_id, scalars), _value_of(secondary, scalars)
    display_name = display_name_of(scalars, key_of=_field, value_of=getattr)

    def shape(source: ImportObject) -> Shaped | Rejection:
        given = source.attributes
        references: References = {}
        try:
            fields = given.fields if type(given) is Row and given.names == names else map(given.get, names)
            document = document_of(fields, references)
            try:
                serialised = encode(document)
            except UnicodeEncodeError:  # half a surrogate pair
                _refuse_unstorable(document, scalars)
                raise
            if serialised.find(b"\\u0000") >= 0:  # a NUL, or a text of these six characters
                _refuse_unstorable(document, scalars)
            if source.error is not None:
                raise RejectedValueError(source.error.error_type, source.error.message)
            external = external_of(document) if external_of else NO_VALUE
            if type(external) is not str or not 0 < len(external) <= EXTERNAL_ID_LENGTH:
                external = external_id_text(external, external_id)
        except RejectedValueError as error:
            return _rejection(given, error)
        other = secondary_of(document) if secondary_of else NO_VALUE
        return Shaped(
            type_id,
            source.row,
            source.change is DELETE,
            external,
            hash_text(external),
            None if other == NO_VALUE else hash_name(to_text(other)),
            display_name(document),
            serialised,
            fingerprint(serialised),
            references,
            reference_fingerprint(pairs_of(references)) if references else None,
        )

    def _rejection(given: Mapping[str, Given], error: RejectedValueError) -> Rejection:
        """It tells whom the object meant, where that can be read."""
        known = _readable(given, scalars, new_document)
        try:
            external = external_id_text(external_of(known) if external_of else NO_VALUE, external_id)
        except RejectedValueError:
            return Rejection(error.error_type, str(error), None, display_name(known))
        return Rejection(error.error_type, str(error), external, display_name(known))

    return shape


def _field(attribute: Attribute) -> str:
    return f"value_{attribute.key}"


def _document_type(scalars: Sequence[Attribute]) -> type[Struct]:
    """The documents of one object type; attributes without a value are left out of their JSON."""
    return defstruct(
        "Document",
        [(_field(a), Any, NO_VALUE) for a in scalars],
        rename={_field(a): a.key for a in scalars},
        omit_defaults=True,
        gc=False,
    )


def _value_of(attribute: Attribute | None, scalars: Sequence[Attribute]) -> Callable[[Struct], Any] | None:
    """A function that takes the value of an attribute out of a document; None if documents have no such attribute."""
    return attrgetter(_field(attribute)) if attribute and attribute in scalars else None


def _compiled(attributes: Sequence[Attribute], new_document: type[Struct]) -> Callable[..., Struct]:
    """A function from what was given for each attribute to a document; references are added to a list that it is given.

    It raises: RejectedValueError. Compiled, because nearly every value is a text alone, and 14 of them in a straight
    line take a third of what a loop takes. Nothing from outside goes into the source: attributes are numbered.
    """
    known: dict[str, Any] = {"__builtins__": {"type": type, "str": str}, "new_document": new_document}
    given, scalars = [f"given{place}" for place in range(len(attributes))], []
    lines = [f"({', '.join(given)},) = fields"]
    for place, attribute in enumerate(attributes):
        if attribute.type is AttributeType.REFERENCE:
            known[f"link{place}"] = _linker(attribute)
            lines.append(f"if given{place} != '': link{place}(references, given{place})")
            continue
        known[f"take{place}"] = _taker(attribute)
        is_plain = attribute.type is AttributeType.TEXT and not attribute.multi_valued
        unless = f"type(given{place}) is not str" if is_plain else f"given{place} != ''"
        lines.append(f"if {unless}: given{place} = take{place}(given{place})")
        scalars.append(given[place])
    lines.append(f"return new_document({', '.join(scalars)})")
    exec("def document_of(fields, references):\n " + "\n ".join(lines), known)
    compiled: Callable[..., Struct] = known["document_of"]
    return compiled


def _taker(attribute: Attribute) -> Callable[[Given | None], Taken]:
    """A function that makes of what was given for an attribute what a document holds. It raises: RejectedValueError."""
    convert, one_at_most = CONVERTERS[attribute.type], not attribute.multi_valued
    if attribute.type is AttributeType.TEXT:
        convert = to_text  # whether it can be stored shows in the serialised document

    def take(given: Given | None) -> Taken:
        try:
            if one_at_most and type(given) is str:
                return convert(given)
            converted = [convert(value) for value in values_of(given) if value not in EMPTY]
        except InvalidValueError as error:
            raise RejectedValueError(INVALID, f"{attribute.name}: {error}") from None
        if one_at_most:
            refuse_several(attribute, converted)
            return converted[0] if converted else NO_VALUE
        return as_set(converted) or NO_VALUE

    return take


def pairs_of(references: References) -> Iterator[tuple[int, str]]:
    """(attribute id, text) of each."""
    return ((attribute_id, text) for attribute_id, texts in references.items() for text in texts)


def _linker(attribute: Attribute) -> Callable[[References, Given | None], None]:
    """A function that adds what was given for an attribute to references. It raises: RejectedValueError."""

    def link(references: References, given: Given | None) -> None:
        try:
            texts = [convert_text(value) for value in values_of(given) if value not in EMPTY]
        except InvalidValueError as error:
            raise RejectedValueError(INVALID, f"{attribute.name}: {error}") from None
        if not attribute.multi_valued:
            refuse_several(attribute, texts)
        if texts:
            references[attribute.id] = dict.fromkeys(texts)

    return link


def refuse_several(attribute: Attribute, converted: Sequence[object]) -> None:
    if len(converted) > 1:
        raise RejectedValueError(
            DUPLICATE_ATTRIBUTE, f"{attribute.name} holds one value, but {len(converted)} came in one object"
        )


def _refuse_unstorable(document: Struct, scalars: Sequence[Attribute]) -> None:
    """Name the attribute whose text cannot be stored. Raises: RejectedValueError."""
    for attribute in scalars:
        if not _is_storable(getattr(document, _field(attribute))):
            raise RejectedValueError(
                INVALID, f"{attribute.name}: text with a NUL character or half a surrogate pair cannot be stored"
            )


def _is_storable(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_is_storable, value))
    try:
        return not isinstance(value, str) or convert_text(value) is value
    except InvalidValueError:
        return False


def external_id_text(value: Taken, attribute: Attribute) -> str:
    """The external ID as text. Raises: RejectedValueError."""
    if value == NO_VALUE:
        raise RejectedValueError(
            MISSING_EXTERNAL_ID, f"the external ID attribute {attribute.name} has no value in this object"
        )
    if isinstance(value, list):
        raise RejectedValueError(INVALID, f"the external ID attribute {attribute.name} has several values")
    text = to_text(value)
    if len(text) > EXTERNAL_ID_LENGTH:
        raise RejectedValueError(INVALID, f"{attribute.name} is longer than {EXTERNAL_ID_LENGTH} characters")
    return text


def _readable(given: Mapping[str, Given], scalars: Sequence[Attribute], new_document: type[Struct]) -> Struct:
    """As much of a rejected object as can be stored."""
    known = {}
    for attribute in scalars:
        with suppress(RejectedValueError):
            value = _taker(attribute)(given.get(attribute.name))
            if _is_storable(value):
                known[_field(attribute)] = value
    return new_document(**known)
