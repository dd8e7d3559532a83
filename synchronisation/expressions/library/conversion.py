"""Conversion between kinds.

In: any single value. Out: a whole number of 64 bits.
Always: what is text but no number counts as 0, as administrators know it from spreadsheets.
"""

import re

from synchronisation.expressions.errors import LimitFailed, WrongKindFailed
from synchronisation.expressions.values import Kind, as_number, as_text, in_64_bits, kind_of

_NUMBER = re.compile(r"([+-]?)([0-9]+)(?:\.[0-9]*)?")

_MOST_DIGITS = 19
"""Of a whole number in 64 bits."""


def to_int(value: object) -> int:
    """value as a whole number, decimals cut off; 0 when it is not a number. Null is not a number."""
    match kind_of(value):
        case Kind.NUMBER:
            return in_64_bits(int(as_number(value)))
        case Kind.BOOLEAN:
            return int(bool(value))
        case Kind.TEXT:
            return _whole_part(as_text(value).strip())
        case Kind.LIST:
            raise WrongKindFailed("needs a single value, not a list")
        case _:
            return 0


def _whole_part(text: str) -> int:
    number = _NUMBER.fullmatch(text)
    if number is None:
        return 0
    sign, digits = number[1], number[2].lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        raise LimitFailed("meets or makes a whole number that does not fit in 64 bits")
    return in_64_bits(int(sign + digits))
