"""Operators: precedence, null, mixed kinds, and evaluating only what is needed."""

from decimal import Decimal

import pytest

from synchronisation.expressions import ExpressionFailed
from synchronisation.expressions.errors import BadValueFailed, LimitFailed, WrongKindFailed
from tests.unit.synchronisation.expressions.trial import evaluate

PRECEDENCE = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 4 - 3", 3),
    ("2 * 7 % 4", 2),
    ("-2 + 5", 3),
    ("--2", 2),
    ("1 + 1 == 2", True),
    ("1 < 2 == true", True),
    ("1 == 1 == true", True),
    ("true || true && false", True),
    ("!false && false", False),
    ("null ?? 1 == 1 ? 2 : 3", 2),
    ("false || null ?? true", False),
    ("true ? 1 : true ? 2 : 3", 1),
    ("true ? false ? 1 : 2 : 3", 2),
    ('true ? null ?? "a" : "b"', "a"),
]
ARITHMETIC = [
    ("7 / 2", 3),
    ("-7 / 2", -3),
    ("7 / -2", -3),
    ("7 % 3", 1),
    ("-7 % 3", -1),
    ("7 % -3", 1),
    ("7 / 2.0", Decimal("3.5")),
    ("-7.5 % 2", Decimal("-1.5")),
    ("1 + 0.5", Decimal("1.5")),
    ("0.1 + 0.2 == 0.3", True),
    ("-1.5", Decimal("-1.5")),
    ("null + 1", None),
    ("1 - null", None),
    ("-null", None),
]
JOINING = [
    ('"a" + "b"', "ab"),
    ('"a" + null', "a"),
    ('null + "a"', "a"),
    ('null + null + "a"', "a"),
    ('1 + 2 + "a" + 1 + 2', "3a12"),
    ('3 - 1 + "a"', "2a"),
    ('"a" + 1.50', "a1.5"),
    ('"a" + true', "atrue"),
    ('"at " + Today()', "at 2024-01-31T00:00:00Z"),
    ('"a" + ("b" + 1)', "ab1"),
    ('Lower(null) + ""', ""),
    ("Lower(null) + Lower(null)", None),
    ("null + null", None),
    ('"a" + "b" + "c"' + ' + "d"' * 40, "abc" + "d" * 40),
]
COMPARING = [
    ('"a" == "a"', True),
    ('"a" == "A"', False),
    ('"1" == 1', False),
    ("true == 1", False),
    ("1 == 1.0", True),
    ("null == null", True),
    ('null == ""', False),
    ("null != 1", True),
    ('"a" != "a"', False),
    ('Split("a b", " ") == Split("a,b", ",")', True),
    ('Split("a b", " ") == Split("b a", " ")', False),
    ('"a" < "b"', True),
    ('"Z" < "a"', True),
    ("2 <= 2.0", True),
    ("3 > 2", True),
    ("2 >= 3", False),
    ("Today() < Now()", True),
    ('Today() == "2024-01-31"', True),
    ('Now() >= "2024-02-01"', False),
    ('Now() == "soon"', False),
    ("null < 1", False),
    ("null >= null", False),
]
CONDITIONS = [
    ("!null", True),
    ("null && true", False),
    ("null || true", True),
    ("null || null", False),
    ('null ? "a" : "b"', "b"),
    ('null ?? ""', ""),
    ("null ?? null", None),
    ("null ?? null ?? null ?? 4", 4),
]
LAZY = [
    ("false && 1 / 0 == 1", False),
    ("true || 1 / 0 == 1", True),
    ("true ? 1 : 1 / 0", 1),
    ("false ? 1 / 0 : 2", 2),
    ("IIF(true, 1, 1 / 0)", 1),
    ("IIF(false, 1 / 0, 2)", 2),
    ("1 ?? 1 / 0", 1),
    ("Coalesce(null, 1, 1 / 0)", 1),
]


@pytest.mark.parametrize(
    ("text", "value"),
    PRECEDENCE + ARITHMETIC + JOINING + COMPARING + CONDITIONS + LAZY,
    ids=lambda case: str(case)[:60],
)
def test_operator_gives_the_documented_value(text: str, value: object) -> None:
    result = evaluate(text)

    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "family", "operation", "column"),
    [
        ("1 + 2 / 0", BadValueFailed, "'/'", 7),
        ("1.5 % 0", BadValueFailed, "'%'", 5),
        ('1 + 2 - "b" - 1', WrongKindFailed, "'-'", 7),
        ('"a" - "b"', WrongKindFailed, "'-'", 5),
        ('"a" * 2', WrongKindFailed, "'*'", 5),
        ('"a" + Split("b", ",")', WrongKindFailed, "'+'", 7),
        ("true + 1", WrongKindFailed, "'+'", 6),
        ('1 < "2"', WrongKindFailed, "'<'", 3),
        ("true > false", WrongKindFailed, "'>'", 6),
        ('Now() < "soon"', BadValueFailed, "'<'", 7),
        ('true && "yes"', WrongKindFailed, "'&&'", 6),
        ("!1", WrongKindFailed, "'!'", 1),
        ('-"a"', WrongKindFailed, "'-'", 1),
        ("1 ? 2 : 3", WrongKindFailed, "'?'", 3),
        ("9223372036854775807 + 1", LimitFailed, "'+'", 21),
        ("9999999999999999999999999.0 * 10000", LimitFailed, "'*'", 29),
        ('"x" + Lower("a" + (1 - true))', WrongKindFailed, "'-'", 22),
    ],
)
def test_operator_that_cannot_give_a_value_says_where(
    text: str, family: type[ExpressionFailed], operation: str, column: int
) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        evaluate(text)

    failure = failed.value
    assert (type(failure), failure.operation, failure.line, failure.column, failure.offset) == (
        family,
        operation,
        1,
        column,
        column - 1,
    )
