"""Documents: how attribute values are stored as JSON, and back.

In: what a document holds under one key, stored (decimals, dates and GUIDs as text, binary as base64) or
already typed. Out: values of values.py. Always: null and the empty list both read as null; a list read is
a new list, so that nothing an expression returns shares memory with the document.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from connectors.contract import AttributeType
from synchronisation.expressions.attributes import AttributeInfo
from synchronisation.expressions.errors import BadValueFailed, WrongKindFailed
from synchronisation.expressions.values import (
    Kind,
    Result,
    as_date,
    bounded_decimal,
    date_text,
    decimal_text,
    in_64_bits,
    kind_of,
    shown,
)

JsonValue = str | int | bool | list["JsonValue"] | None
Reader = Callable[[object], object]
"""What a document holds under a key -> the value an expression sees."""


def to_document(result: Result) -> JsonValue:
    """A result in the form documents store: decimals, dates and GUIDs as text, binary as base64."""
    match result:
        case list():
            return [to_document(value) for value in result]
        case Decimal():
            return decimal_text(result)
        case datetime():
            return date_text(result)
        case UUID():
            return str(result)
        case bytes():
            return base64.b64encode(result).decode("ascii")
        case _:
            return result


def _reader(read_one: Reader) -> Reader:
    """A reader that applies read_one to a single value or to each value of a list."""

    def read(stored: object) -> object:
        if stored is None:
            return None
        if isinstance(stored, list):
            return [read_one(value) for value in stored] or None
        return read_one(stored)

    return read


def _decimal(stored: object) -> object:
    return bounded_decimal(stored) if isinstance(stored, Decimal | str | int) else _unreadable(stored, "a decimal")


def _binary(stored: object) -> object:
    if isinstance(stored, bytes):
        return stored
    if not isinstance(stored, str):
        return _unreadable(stored, "binary data")
    try:
        return base64.b64decode(stored, validate=True)
    except (binascii.Error, ValueError):
        raise BadValueFailed(f"holds {shown(stored)}, which is not base64") from None


def _guid(stored: object) -> object:
    return str(stored) if isinstance(stored, UUID) else stored


def _sample(stored: object) -> object:
    """Anything JSON can hold, as sample data for trying out an expression."""
    if isinstance(stored, float):
        return bounded_decimal(str(stored))
    if isinstance(stored, Decimal):
        return bounded_decimal(stored)
    if type(stored) is int:
        return in_64_bits(stored)
    if kind_of(stored) in (Kind.UNKNOWN, Kind.LIST):
        raise WrongKindFailed("holds a structure; give a text, a number, true, false, null or a list of those")
    return stored


def _unreadable(stored: object, wanted: str) -> object:
    raise WrongKindFailed(f"holds {kind_of(stored).value}, which cannot be read as {wanted}")


def _values(stored: object) -> object:
    """Values that need no conversion, as a list of their own."""
    if stored is None:
        return None
    return (list(stored) or None) if isinstance(stored, list) else [stored]


read_sample = _reader(_sample)

_READER_BY_TYPE: dict[AttributeType, Reader] = {
    AttributeType.DECIMAL: _reader(_decimal),
    AttributeType.DATE_TIME: _reader(as_date),
    AttributeType.BINARY: _reader(_binary),
    AttributeType.GUID: _reader(_guid),
}


def reader_for(attribute: AttributeInfo) -> Reader | None:
    """What turns the stored form into a value; None where both are the same, which then costs nothing."""
    return _READER_BY_TYPE.get(attribute.type) or (_values if attribute.multi_valued else None)
