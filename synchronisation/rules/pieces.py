"""Pieces: parts of very large objects, and updates that name some attributes only, until the object can be judged.

In: `ImportObject`s that are not the whole object. Out: pieces, which wait in the run's tables; then, of all the pieces
of an object in the order in which they came, its versions. Always: an object is judged as one: when a piece of a
version cannot be taken, nothing of the version is. References wait beside their piece, as steps of their own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson
from msgspec import Struct, field

from connectors.contract import AttributeType, Change, Given, ImportObject, ValuesChange, values_of

from .exports import Changes, apply_changes
from .naming import display_name_of
from .shape import (
    DUPLICATE_ATTRIBUTE,
    EMPTY,
    INVALID,
    NO_VALUE,
    RejectedValueError,
    Rejection,
    Shaped,
    external_id_text,
    refuse_several,
)
from .specification import Attribute, ObjectType
from .values import (
    CONVERTERS,
    Document,
    InvalidValueError,
    JsonValue,
    as_set,
    fingerprint,
    hash_name,
    hash_text,
    to_text,
)

NOT_KNOWN = Rejection(
    "UnhandledError",
    "the store gave only what changed of an object that was never imported whole: run a full import",
)
TWO_VALUES = Rejection(DUPLICATE_ATTRIBUTE, "the parts of this object give one attribute different single values")


class Kind(StrEnum):
    """What a piece is: the object or its first part, more values of it, some of its attributes, or its end."""

    WHOLE = "Whole"
    MORE = "More"
    UPDATE = "Update"
    DELETE = "Delete"


class Piece(Struct):
    """JSON both ways. changes: of everything but references; replaced: keys of multi-valued attributes that have the
    values given here and no others. rejection: why it cannot be taken.
    """

    kind: Kind
    changes: Changes = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)
    rejection: Rejection | None = None


ReferenceStep = tuple[int, str | None, bool]
"""(attribute id, text, whether it is removed); without a text: whatever the attribute had before counts no more."""

Taken = tuple[str, Piece, list[ReferenceStep]]
"""External ID, and what was given."""

PieceReader = Callable[[ImportObject], Taken | Rejection]
"""A rejection is of an object that nobody can name."""


@dataclass(frozen=True, slots=True)
class Version:
    """What an object is after its last pieces. rows: of the pieces that count, in order.

    is_whole: they give the object whole; otherwise its references are what the connector space has, changed.
    """

    rows: tuple[int, ...]
    is_whole: bool
    is_delete: bool
    document: Document
    rejection: Rejection | None = None


def piece_reader_for(object_type: ObjectType, *, partial: bool) -> PieceReader:
    """A function from an object of this type to a piece. partial: what changed comes as such."""
    external_id = object_type.external_id
    assert external_id is not None
    attributes = object_type.imported

    def read(source: ImportObject) -> Taken | Rejection:
        given = source.attributes
        try:
            value = _external_value(given, external_id)
            external = external_id_text(value, external_id)
        except RejectedValueError as error:
            return Rejection(error.error_type, str(error))
        piece = Piece(_kind(source, partial=partial))
        steps: list[ReferenceStep] = []
        if piece.kind is Kind.DELETE:
            piece.changes[external_id.key] = value
            return external, piece, steps
        try:
            for attribute in attributes:
                if attribute.name in given:
                    _take(piece, steps, attribute, given[attribute.name])
            if source.error is not None:
                raise RejectedValueError(source.error.error_type, source.error.message)
        except RejectedValueError as error:
            piece.rejection = Rejection(error.error_type, str(error), external)
            steps.clear()
        return external, piece, steps

    return read


def _external_value(given: Mapping[str, Given], external_id: Attribute) -> JsonValue:
    converted = _converted(external_id, given.get(external_id.name))
    refuse_several(external_id, converted)
    return converted[0] if converted else NO_VALUE


def _kind(source: ImportObject, *, partial: bool) -> Kind:
    if source.change is Change.DELETE:
        return Kind.DELETE
    if source.part > 1:
        return Kind.MORE
    return Kind.UPDATE if partial and source.change is not Change.ADD else Kind.WHOLE


def _take(piece: Piece, steps: list[ReferenceStep], attribute: Attribute, given: Given) -> None:
    """Add one attribute to a piece. Raises: RejectedValueError."""
    is_change = isinstance(given, ValuesChange)
    if is_change and not (attribute.multi_valued and piece.kind is Kind.UPDATE):
        message = "values can be added and removed only in an update of a multi-valued attribute"
        raise RejectedValueError(INVALID, f"{attribute.name}: {message}")
    gained, lost = (given.add, given.remove) if isinstance(given, ValuesChange) else (given, ())
    added, removed = _converted(attribute, gained), _converted(attribute, lost)
    if not attribute.multi_valued:
        refuse_several(attribute, added)
    replaces = piece.kind is Kind.UPDATE and not is_change
    if attribute.type is AttributeType.REFERENCE:
        if replaces:
            steps.append((attribute.id, None, False))
        steps += [(attribute.id, str(text), True) for text in dict.fromkeys(removed) if text not in added]
        steps += [(attribute.id, str(text), False) for text in dict.fromkeys(added)]
    elif attribute.multi_valued:
        if replaces:
            piece.replaced.append(attribute.key)
        piece.changes[attribute.key] = {"add": as_set(added), "remove": as_set(removed)}
    else:
        piece.changes[attribute.key] = added[0] if added else None


def _converted(attribute: Attribute, given: Given | None) -> list[JsonValue]:
    """Raises: RejectedValueError."""
    convert = CONVERTERS[attribute.type]
    try:
        return [convert(value) for value in values_of(given) if value not in EMPTY]
    except InvalidValueError as error:
        raise RejectedValueError(INVALID, f"{attribute.name}: {error}") from None


def versions_of(pieces: Sequence[tuple[int, Piece]], known: Document | None) -> list[Version]:
    """The versions that the pieces of one object give, in order. pieces: with their row numbers.

    known: the object's document in the connector space, from which updates go on; None: it has none.
    """
    begun: list[list[tuple[int, Piece]]] = []
    for row, piece in pieces:
        if not begun or piece.kind in (Kind.WHOLE, Kind.DELETE) or begun[-1][0][1].kind is Kind.DELETE:
            begun.append([])
        begun[-1].append((row, piece))
    return [_version(parts, known) for parts in begun]


def _version(pieces: Sequence[tuple[int, Piece]], known: Document | None) -> Version:
    """Pieces of which only the first may begin the object anew."""
    rows = tuple(row for row, _ in pieces)
    first = pieces[0][1]
    is_whole, is_delete = first.kind is not Kind.UPDATE, first.kind is Kind.DELETE
    document = {} if is_whole else known or {}
    rejection = next((piece.rejection for _, piece in pieces if piece.rejection is not None), None)
    if known is None and not is_whole:
        rejection = rejection or NOT_KNOWN
    for _, piece in pieces:
        if rejection is None and piece.kind is Kind.MORE and _contradicts(piece, document):
            rejection = TWO_VALUES
        kept = {key: value for key, value in document.items() if key not in piece.replaced}
        document = apply_changes(kept, piece.changes)
    return Version(rows, is_whole, is_delete, document, rejection)


def _contradicts(piece: Piece, document: Document) -> bool:
    """Whether a later part gives a single-valued attribute another value."""
    single = {key: part for key, part in piece.changes.items() if part is not None and not isinstance(part, dict)}
    return any(document.get(key, part) != part for key, part in single.items())


def shaper_of_versions(object_type: ObjectType) -> Callable[[str, int, Version, str | None], Shaped]:
    """A function from (external ID, row of the source, version, fingerprint of its references) to what is staged."""
    secondary = object_type.secondary_external_id
    external_id = object_type.external_id
    assert external_id is not None
    keys = [a.key for a in object_type.imported]
    display_name = display_name_of([a for a in object_type.imported if a.type is not AttributeType.REFERENCE])

    def shape(external: str, row: int, version: Version, references: str | None) -> Shaped:
        document = {key: version.document[key] for key in keys if key in version.document}
        name = document.get(secondary.key) if secondary is not None else None
        serialised = orjson.dumps(document)
        return Shaped(
            object_type.id,
            row,
            version.is_delete,
            external,
            hash_text(external),
            None if name is None else hash_name(to_text(name)),
            display_name(document),
            serialised,
            fingerprint(serialised),
            {},
            references,
        )

    return shape
