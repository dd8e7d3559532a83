"""Values while an expression runs: their kinds, what each kind can be read as, and how large one may grow.

In and out: None, text, whole numbers, decimals, booleans, dates, bytes, GUIDs, and lists of those.
Always: a value that an expression makes is bounded (MAX_TEXT, MAX_LIST, 64-bit whole numbers, 28-digit
decimals, UTC dates); reading a value as another kind either succeeds exactly or raises an ExpressionFailed.
"""

import base64
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation, Overflow
from enum import Enum
from uuid import UUID

from connectors.contract import Value
from synchronisation.expressions.errors import BadValueFailed, LimitFailed, WrongKindFailed

Result = Value | list[Value] | None
"""What an expression evaluates to; None is null."""

MAX_TEXT = 1_000_000
"""Characters of a text an expression makes: far above any attribute, far below what harms a worker of 300 MiB."""

MAX_LIST = 100_000
"""Values of a list an expression makes."""

LARGEST_INTEGER = 2**63 - 1
SMALLEST_INTEGER = -(2**63)

DECIMALS = Context(prec=28, Emax=27, Emin=-28, traps=[InvalidOperation, Overflow])
"""28 digits and below 10^28, as .NET's decimal. Only its flags change, and nobody reads those: safe to share."""


class Kind(Enum):
    """What a value is, in words that fit "needs ..." and "not ..."."""

    NULL = "null"
    TEXT = "text"
    NUMBER = "a number"
    BOOLEAN = "true or false"
    DATE = "a date"
    LIST = "a list"
    BINARY = "binary data"
    UNKNOWN = "a value that no attribute can hold"


_KIND_BY_TYPE = {
    type(None): Kind.NULL,
    str: Kind.TEXT,
    UUID: Kind.TEXT,
    bool: Kind.BOOLEAN,
    int: Kind.NUMBER,
    Decimal: Kind.NUMBER,
    datetime: Kind.DATE,
    list: Kind.LIST,
    bytes: Kind.BINARY,
}
_UNKNOWN = Kind.UNKNOWN
"""Bound once: CPython 3.11 takes longer to look up an enumeration's member than to call a function."""


def kind_of(value: object) -> Kind:
    return _KIND_BY_TYPE.get(type(value), _UNKNOWN)


def capped(text: str) -> str:
    """text, unless it is longer than a result may be."""
    if len(text) > MAX_TEXT:
        check_text_length(len(text))
    return text


def check_text_length(length: int) -> None:
    """Called before a text of this many characters is made."""
    if length > MAX_TEXT:
        raise LimitFailed(f"would make a text of {length:,} characters, at most {MAX_TEXT:,} are allowed")


def in_64_bits(number: int) -> int:
    if not SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        raise LimitFailed("meets or makes a whole number that does not fit in 64 bits")
    return number


def bounded_decimal(value: Decimal | str | int) -> Decimal:
    """value as a finite decimal of at most 28 digits, rounded where it has more behind the point."""
    try:
        number = DECIMALS.create_decimal(value)
    except Overflow:
        raise LimitFailed("meets or makes a decimal number of more than 28 digits") from None
    except InvalidOperation:
        raise BadValueFailed(f"cannot read {shown(value)} as a decimal number") from None
    if not number.is_finite():
        raise BadValueFailed(f"cannot use {shown(value)} as a decimal number")
    return number


def decimal_text(number: Decimal) -> str:
    """Plain notation without exponent or trailing zeros: 1.50 -> "1.5", 1E+2 -> "100", -0.0 -> "0"."""
    number = bounded_decimal(number)
    return format(number.normalize(DECIMALS), "f") if number else "0"


def date_text(moment: datetime) -> str:
    """ISO 8601 in UTC: "2024-01-31T08:00:00Z", with microseconds only where there are any."""
    return in_utc(moment).isoformat().replace("+00:00", "Z")


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC; one without a time zone is taken for UTC."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadValueFailed("meets a date that lies outside the years 1 to 9999 in UTC") from None


def as_text(value: object) -> str:
    """A single value as text: true, 42, 1.5, 2024-01-31T08:00:00Z, binary as base64."""
    if type(value) is str:
        return value
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(in_64_bits(value))
        case Decimal():
            return decimal_text(value)
        case datetime():
            return date_text(value)
        case UUID():
            return str(value)
        case bytes():
            check_text_length(len(value) * 4 // 3)
            return base64.b64encode(value).decode("ascii")
        case _:
            raise WrongKindFailed(f"needs text, not {kind_of(value).value}")


def as_text_or_empty(value: object) -> str:
    return "" if value is None else as_text(value)


def as_number(value: object) -> int | Decimal:
    if type(value) is int:
        return in_64_bits(value)
    if isinstance(value, Decimal):
        return bounded_decimal(value)
    hint = "; ToInt turns text into one" if kind_of(value) is Kind.TEXT else ""
    raise WrongKindFailed(f"needs a number, not {kind_of(value).value}{hint}")


def as_integer(value: object) -> int:
    if type(value) is int:
        return in_64_bits(value)
    number = as_number(value)
    if number != int(number):
        raise WrongKindFailed(f"needs a whole number, not {decimal_text(Decimal(number))}")
    return in_64_bits(int(number))


def as_count(value: object) -> int:
    if type(value) is int and 0 <= value <= LARGEST_INTEGER:
        return value
    count = as_integer(value)
    if count < 0:
        raise BadValueFailed(f"needs a number of 0 or more, not {count}")
    return count


def as_condition(value: object) -> bool:
    """Truth where a condition is needed: null counts as false, and only booleans are anything else."""
    if value is True or value is False:
        return value
    if value is None:
        return False
    raise WrongKindFailed(f"needs true or false, not {kind_of(value).value}")


def as_date(value: object) -> datetime:
    """A date as it is, or the ISO 8601 text of one."""
    if isinstance(value, datetime):
        return in_utc(value)
    if kind_of(value) is not Kind.TEXT:
        raise WrongKindFailed(f"needs a date, not {kind_of(value).value}")
    try:
        return in_utc(datetime.fromisoformat(as_text(value).strip()))
    except ValueError:
        raise BadValueFailed(f"cannot read {shown(value)} as a date; write it like 2024-01-31T08:00:00Z") from None


def as_list(value: object) -> list[object]:
    """A list as it is, a single value as a list of one."""
    return value if isinstance(value, list) else [value]


def shown(value: object) -> str:
    """value for a message: quoted and never long."""
    text = str(value) if not isinstance(value, int) else str(in_64_bits(value))
    return f'"{text[:40]}{"..." if len(text) > 40 else ""}"'
