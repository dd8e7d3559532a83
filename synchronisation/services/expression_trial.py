"""Try out an expression on sample data, as a mapping would evaluate it.

In: the text, and sample values by casefolded attribute name. Out: its value, or what is wrong with it.
Always: valid is what could be saved, so an expression that only fails on these samples is valid, with a message;
secrets are never made here (expressions.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from connectors.contract import AttributeType
from synchronisation.expressions import (
    AnyNames,
    Clock,
    ExpressionError,
    ExpressionFailed,
    Result,
    compile_expression,
    to_document,
)

SECRET_NOT_MADE = "The expression makes a secret, which is done only when an account is created: it was not evaluated."
INT32 = range(-(2**31), 2**31)
TYPE_BY_CLASS = {
    str: AttributeType.TEXT,
    bool: AttributeType.BOOLEAN,
    Decimal: AttributeType.DECIMAL,
    datetime: AttributeType.DATE_TIME,
    UUID: AttributeType.GUID,
    bytes: AttributeType.BINARY,
}


@dataclass(frozen=True, slots=True)
class ExpressionTrial:
    """result: in document form. error_position: characters from 0."""

    is_valid: bool
    result: object = None
    result_type: str | None = None
    error_message: str | None = None
    error_position: int | None = None


def try_expression(text: str, mv: Mapping[str, object], cs: Mapping[str, object], now: datetime) -> ExpressionTrial:
    try:
        compiled = compile_expression(text, mv=AnyNames(), cs=AnyNames())
    except ExpressionError as error:
        return ExpressionTrial(is_valid=False, error_message=str(error), error_position=error.offset)
    if compiled.uses_random:
        return ExpressionTrial(is_valid=True, error_message=SECRET_NOT_MADE)
    try:
        value = compiled.evaluate(mv, cs, Clock(now))
    except ExpressionFailed as failure:
        return ExpressionTrial(is_valid=True, error_message=str(failure), error_position=failure.offset)
    return ExpressionTrial(is_valid=True, result=to_document(value), result_type=type_of(value))


def type_of(value: Result) -> str | None:
    """The attribute type that holds the value, None for null; that of a list is that of its first value."""
    if value is None:
        return None
    if isinstance(value, list):
        return f"{type_of(value[0])}[]"
    if type(value) is int:
        return str(AttributeType.NUMBER if value in INT32 else AttributeType.LONG_NUMBER)
    return str(TYPE_BY_CLASS[type(value)])
