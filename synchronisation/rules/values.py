"""Values: from what a connector gave to document form, and the hashes that identify and compare them.

A document holds JSON values: Text str; Number and LongNumber int; Boolean bool; Decimal text; DateTime ISO 8601
text in UTC ending in Z; Guid lower-case text; Binary base64 text. Multi-valued attributes hold a sorted list.
Hashes are 128 bits (BLAKE2b, RFC 7693) as 32 hex digits, which PostgreSQL keeps as uuid.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

import orjson

from connectors.contract import AttributeType, Value

JsonValue = str | int | bool
Document = dict[str, JsonValue | list[JsonValue]]
Converter = Callable[[Value], JsonValue]

FINGERPRINT_VERSION = b"1"
"""Goes into every fingerprint: a new version makes the next import compare everything once."""

EXTERNAL_ID_LENGTH = 1_000
"""Characters; longer ones are InvalidAttributeValue (engine.md section 4)."""

NUMBER_RANGE = range(-(2**31), 2**31)
LONG_NUMBER_RANGE = range(-(2**63), 2**63)
DECIMAL_DIGITS = 38

DATES_CACHED = 20_000
"""The same days come again and again in a file of people, and reading one takes 6 us."""

MATCH_KEYS_CACHED = 20_000
"""Within a page, an object's key is asked for on look-up, on matching and for the MVO that it becomes."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_SEPARATORS = re.compile(r"(\\.)|\s*([,+=])\s*", re.DOTALL)
_ESCAPES = re.compile(r"((?:\\[0-9a-f]{2})+)|\\(.)", re.DOTALL)
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


class InvalidValueError(ValueError):
    """A value that cannot be read as its attribute's type; str(error) says what was expected."""


def convert_text(value: Value) -> str:
    """Text is taken as it is; only what cannot be stored is refused (NUL, lone surrogates)."""
    text = value if isinstance(value, str) else to_text(value)
    if "\0" in text:
        raise InvalidValueError("text with a NUL character cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidValueError("text with half a surrogate pair cannot be stored") from None
    return text


def _convert_integer(value: Value, bounds: range, name: str) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not _INTEGER.fullmatch(text):
        raise InvalidValueError(f"{_quoted(value)} is not a whole number")
    number = int(text)
    if number not in bounds:
        raise InvalidValueError(f"{text} is outside the range of a {name} ({bounds.start} to {bounds.stop - 1})")
    return number


def convert_number(value: Value) -> int:
    return _convert_integer(value, NUMBER_RANGE, "Number")


def convert_long_number(value: Value) -> int:
    return _convert_integer(value, LONG_NUMBER_RANGE, "LongNumber")


def convert_decimal(value: Value) -> str:
    """Plain notation without trailing zeros, so that 1.50 and 1.5 are one value."""
    try:
        # Python's underscores between digits are nobody's notation for data.
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip().replace("_", "?"))
    except InvalidOperation:
        raise InvalidValueError(f"{_quoted(value)} is not a decimal number") from None
    if not number.is_finite():
        raise InvalidValueError("NaN and infinity cannot be stored")
    if len(number.as_tuple().digits) > DECIMAL_DIGITS or abs(number.adjusted()) > DECIMAL_DIGITS:
        raise InvalidValueError(f"a Decimal has at most {DECIMAL_DIGITS} digits")
    text = format(number, "f") if number else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text


def convert_boolean(value: Value) -> bool:
    found = value if isinstance(value, bool) else _BOOLEANS.get(str(value).strip().casefold())
    if found is None:
        raise InvalidValueError(f"{_quoted(value)} is not true or false")
    return found


def convert_date_time(value: Value) -> str:
    """ISO 8601; without an offset it is UTC, a date alone is midnight."""
    return _date_time_text(value if isinstance(value, datetime) else str(value))


@lru_cache(maxsize=DATES_CACHED)
def _date_time_text(value: datetime | str) -> str:
    try:
        if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
            date.fromisoformat(value)
            return f"{value}T00:00:00Z"
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip())
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise InvalidValueError(f"{_quoted(value)} is not an ISO 8601 date or date-time") from None
    return f"{moment.isoformat()}Z"


def convert_guid(value: Value) -> str:
    try:
        return str(value if isinstance(value, UUID) else UUID(str(value).strip()))
    except ValueError:
        raise InvalidValueError(f"{_quoted(value)} is not a GUID") from None


def convert_binary(value: Value) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    try:
        return base64.b64encode(base64.b64decode(str(value), validate=True)).decode()
    except (binascii.Error, ValueError):
        raise InvalidValueError("the value is not base64") from None


CONVERTERS: dict[AttributeType, Converter] = {
    AttributeType.TEXT: convert_text,
    AttributeType.NUMBER: convert_number,
    AttributeType.LONG_NUMBER: convert_long_number,
    AttributeType.DECIMAL: convert_decimal,
    AttributeType.DATE_TIME: convert_date_time,
    AttributeType.BOOLEAN: convert_boolean,
    AttributeType.GUID: convert_guid,
    AttributeType.REFERENCE: convert_text,
    AttributeType.BINARY: convert_binary,
}


def to_text(value: object) -> str:
    """A value as text users know: booleans in lower case, date-times in UTC, bytes in base64."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return convert_date_time(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def as_set(values: Sequence[JsonValue]) -> list[JsonValue]:
    """A multi-valued attribute in document form: each value once, in one order."""
    return sorted(set(values), key=lambda value: (str(value), str(type(value))))


def _quoted(value: object, limit: int = 80) -> str:
    text = to_text(value)
    return repr(text if len(text) <= limit else text[:limit] + "…")


_EMPTY_HASH = blake2b(digest_size=16)
_VERSION_HASH = blake2b(FINGERPRINT_VERSION, digest_size=16)
"""Begun once and copied: hashing an external ID takes 0.5 us instead of 0.8."""


def hash_text(text: str) -> str:
    """128 bits of the exact text: what an external ID is looked up by."""
    begun = _EMPTY_HASH.copy()
    begun.update(text.encode("utf-8", "surrogatepass"))
    return begun.hexdigest()


def normalise_name(text: str) -> str:
    """The text references and secondary external IDs are compared by.

    A distinguished name (RFC 4514) without regard to case, spaces around separators and the way a character is
    escaped; anything else without regard to case.
    """
    folded = unicodedata.normalize("NFC", text).casefold().strip()
    if "=" not in folded:
        return folded
    unescaped = _ESCAPES.sub(_decode_escape, folded) if "\\" in folded else folded
    return _SEPARATORS.sub(lambda match: match[1] or match[2], unescaped)


def _decode_escape(match: re.Match[str]) -> str:
    """A run of hex pairs (`\\c3\\a9`), or one escaped character, as what it stands for; separators stay escaped."""
    pairs, character = match.groups()
    decoded = bytes.fromhex(pairs.replace("\\", "")).decode("utf-8", "replace") if pairs else character
    decoded = unicodedata.normalize("NFC", decoded).casefold()
    return "".join(f"\\{c}" if c in ',+="\\<>;' else c for c in decoded)


def hash_name(text: str) -> str:
    return hash_text(normalise_name(text))


def reference_hashes(text: str) -> tuple[str, str]:
    """Which value a reference is, and what it is resolved by: the hashes of its text and of the normalised text."""
    text_hash, name = hash_text(text), normalise_name(text)
    return text_hash, text_hash if name == text else hash_text(name)


def fingerprint(serialised: bytes) -> str:
    """128 bits of a document as `orjson.dumps` wrote it, attributes in schema order."""
    begun = _VERSION_HASH.copy()
    begun.update(serialised)
    return begun.hexdigest()


def reference_fingerprint(references: Iterable[tuple[int, str]]) -> str | None:
    """Sum modulo 2^128 of hash(attribute, text): adding one member needs no look at the others. None when empty."""
    return moved_fingerprint(None, references, ())


def moved_fingerprint(
    fingerprint: str | None, gained: Iterable[tuple[int, str]], lost: Iterable[tuple[int, str]]
) -> str | None:
    """The reference fingerprint of an object after it gained and lost values."""
    total = int(fingerprint.replace("-", ""), 16) if fingerprint else 0
    total = (total + _sum_of(gained) - _sum_of(lost)) % 2**128
    return f"{total:032x}" if total else None


def _sum_of(references: Iterable[tuple[int, str]]) -> int:
    """The hash of an attribute is begun once: half the time, and there may be half a million members."""
    total, last, begun = 0, None, _VERSION_HASH
    for attribute, text in references:
        if attribute != last:
            last, begun = attribute, _VERSION_HASH.copy()
            begun.update(f"{attribute}:".encode())
        whole = begun.copy()
        whole.update(text.encode())
        total += int.from_bytes(whole.digest(), "big")
    return total


@lru_cache(maxsize=MATCH_KEYS_CACHED)
def match_key(text: str, case_sensitive: bool) -> str:
    """The key under which a value's text is found by a matching rule."""
    return hash_text(composed(text) if case_sensitive else caseless(text))


def composed(text: str) -> str:
    """The form in which rules compare text: accents may be written in several ways (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def caseless(text: str) -> str:
    """The form in which rules compare text where case does not matter."""
    return composed(text).casefold()


def dumps(value: object) -> bytes:
    return orjson.dumps(value)


def _read_date_time(value: JsonValue) -> Value:
    return datetime.fromisoformat(str(value))


READERS: dict[AttributeType, Callable[[JsonValue], Value]] = {
    AttributeType.DECIMAL: lambda value: Decimal(str(value)),
    AttributeType.DATE_TIME: _read_date_time,
    AttributeType.GUID: lambda value: UUID(str(value)),
    AttributeType.BINARY: lambda value: base64.b64decode(str(value)),
}
"""Document form -> the Python value that connectors get; types that are not here are the same in both."""
