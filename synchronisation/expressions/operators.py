"""Operators on values.

In: operands already evaluated. Out: their result. Always: null makes an arithmetic result null and a
comparison false, `==` never fails and never converts (but a date equals the text of its moment), and text
is only ever joined, never counted with.
"""

import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation, Overflow
from typing import Any

from synchronisation.expressions.errors import (
    BadValueFailed,
    ExpressionFailed,
    LimitFailed,
    NullOperandFailed,
    WrongKindFailed,
)
from synchronisation.expressions.values import (
    DECIMALS,
    Kind,
    as_date,
    as_number,
    as_text,
    as_text_or_empty,
    capped,
    in_64_bits,
    kind_of,
)

Number = int | Decimal

_COMPARABLE_AS_THEY_ARE = frozenset({str, int})
_EQUAL_AS_THEY_ARE = _COMPARABLE_AS_THEY_ARE | {bool, type(None)}
"""Types whose Python comparison is this language's, for two of the same type; they are nearly all there is."""

Operator = Callable[[object, object], object]


def _on_numbers(on_integers: Callable[[int, int], int], on_decimals: Callable[[Number, Number], Decimal]) -> Operator:
    """An arithmetic operator: whole numbers stay whole, a decimal makes the result decimal, null makes it null."""

    def calculate(left: object, right: object) -> object:
        if left is None or right is None:
            return None
        if type(left) is int and type(right) is int:
            return in_64_bits(on_integers(left, right))
        first, second = as_number(left), as_number(right)
        if isinstance(first, int) and isinstance(second, int):
            return in_64_bits(on_integers(first, second))
        try:
            return on_decimals(first, second)
        except (InvalidOperation, Overflow):
            raise LimitFailed("makes a decimal number of more than 28 digits") from None

    return calculate


def _quotient(left: int, right: int) -> int:
    """Truncated toward zero, where Python's own division rounds down."""
    _check_divisor(right)
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int:
    """What the truncated division leaves: it has the sign of the left side."""
    _check_divisor(right)
    remainder = abs(left) % abs(right)
    return -remainder if left < 0 else remainder


def _decimal_quotient(left: Number, right: Number) -> Decimal:
    _check_divisor(right)
    return DECIMALS.divide(left, right)


def _decimal_remainder(left: Number, right: Number) -> Decimal:
    _check_divisor(right)
    return DECIMALS.remainder(left, right)


def _check_divisor(divisor: Number) -> None:
    if not divisor:
        raise BadValueFailed("cannot divide by zero")


_add_numbers = _on_numbers(operator.add, DECIMALS.add)


def add(left: object, right: object) -> object:
    """Text joined when either side is text, null counting as empty; otherwise the sum."""
    if type(left) is str and type(right) is str:
        return capped(left + right)
    if type(left) is int and type(right) is int:
        return in_64_bits(left + right)
    if kind_of(left) is Kind.TEXT or kind_of(right) is Kind.TEXT:
        return capped(as_text_or_empty(left) + as_text_or_empty(right))
    return _add_numbers(left, right)


def add_values_only(left: object, right: object) -> object:
    """`add` where an identifier is built: null is an error, as "CN=,OU=Staff" must not happen."""
    return add(required(left), required(right))


def required(operand: object) -> object:
    if operand is None:
        raise NullOperandFailed("has an operand without a value, and this expression builds an identifier")
    return operand


def required_text(operand: object) -> str:
    return as_text(required(operand))


OPERATOR_BY_SYMBOL: dict[str, Operator] = {
    "+": add,
    "-": _on_numbers(operator.sub, DECIMALS.subtract),
    "*": _on_numbers(operator.mul, DECIMALS.multiply),
    "/": _on_numbers(_quotient, _decimal_quotient),
    "%": _on_numbers(_remainder, _decimal_remainder),
}
OPERATOR_BY_SYMBOL_STRICT = OPERATOR_BY_SYMBOL | {"+": add_values_only}


def calculate(symbols: str, first: object, *others: object) -> object:
    """A flat chain from the left: calculate("+-", a, b, c) is (a + b) - c."""
    return _fold(OPERATOR_BY_SYMBOL, symbols, first, others)


def calculate_strict(symbols: str, first: object, *others: object) -> object:
    """`calculate` in which a null operand of `+` is an error."""
    return _fold(OPERATOR_BY_SYMBOL_STRICT, symbols, first, others)


def _fold(operators: dict[str, Operator], symbols: str, value: object, others: tuple[object, ...]) -> object:
    step = 0
    try:
        for symbol, other in zip(symbols, others, strict=True):
            value = operators[symbol](value, other)
            step += 1
    except ExpressionFailed as failure:
        failure.step = step
        raise
    return value


def negated(value: object) -> object:
    if value is None:
        return None
    number = as_number(value)
    return in_64_bits(-number) if isinstance(number, int) else DECIMALS.minus(number)


def equal(left: object, right: object) -> bool:
    """The same value; text exactly, numbers by amount. Values of different kinds are never equal."""
    if type(left) is type(right) and type(left) in _EQUAL_AS_THEY_ARE:
        return left == right
    if left is None or right is None:
        return False
    kind, other = kind_of(left), kind_of(right)
    if _is_date_and_text(kind, other):
        return _same_moment(left, right)
    if kind is not other:
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return kind is not Kind.UNKNOWN and _plain(left) == _plain(right)


def unequal(left: object, right: object) -> bool:
    return not equal(left, right)


def _is_date_and_text(kind: Kind, other: Kind) -> bool:
    return (kind is Kind.DATE and other is Kind.TEXT) or (kind is Kind.TEXT and other is Kind.DATE)


def _same_moment(left: object, right: object) -> bool:
    try:
        return as_date(left) == as_date(right)
    except ExpressionFailed:
        return False


def _plain(value: object) -> object:
    """value in the one Python form that `==` and `<` compare as this language wants."""
    match kind_of(value):
        case Kind.TEXT:
            return as_text(value)
        case Kind.NUMBER:
            return as_number(value)
        case Kind.DATE:
            return as_date(value)
        case _:
            return value


_ORDERED = (Kind.TEXT, Kind.NUMBER, Kind.DATE)


def _order(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    """A comparison of two texts (by code point), two numbers or two dates; with null it is false."""

    def compared(left: object, right: object) -> bool:
        if left is None or right is None:
            return False
        if type(left) is type(right) and type(left) in _COMPARABLE_AS_THEY_ARE:
            return compare(left, right)
        kind, other = kind_of(left), kind_of(right)
        if kind is other and kind in _ORDERED:
            return compare(_plain(left), _plain(right))
        if _is_date_and_text(kind, other):
            return compare(as_date(left), as_date(right))
        raise WrongKindFailed(f"cannot compare {kind.value} with {other.value}")

    return compared


less = _order(operator.lt)
at_most = _order(operator.le)
more = _order(operator.gt)
at_least = _order(operator.ge)
