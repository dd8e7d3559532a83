"""Names in expressions: attributes and functions, known, unknown and not allowed."""

import pytest

from synchronisation.expressions import AnyNames, ExpressionError, compile_expression
from synchronisation.expressions.errors import (
    ArgumentCountError,
    ReferenceAttributeError,
    SideNotAvailableError,
    UnknownAttributeError,
    UnknownFunctionError,
)
from synchronisation.expressions.functions import FUNCTIONS
from tests.unit.synchronisation.expressions.trial import CLOCK, NAMES, compiled

REFUSED = [
    (
        'lower("a")',
        UnknownFunctionError,
        'There is no function "lower", and case matters; did you mean "Lower"? (line 1, column 1)',
        "Lower",
    ),
    (
        '1 +\n  SubString("a", 1)',
        UnknownFunctionError,
        'There is no function "SubString", and case matters; did you mean "Substring"? (line 2, column 3)',
        "Substring",
    ),
    (
        "Capitalize(1)",
        UnknownFunctionError,
        'There is no function "Capitalize"; did you mean "Capitalise"? (line 1, column 1)',
        "Capitalise",
    ),
    ("__import__(1)", UnknownFunctionError, 'There is no function "__import__" (line 1, column 1)', None),
    (
        'mv["Frist Name"]',
        UnknownAttributeError,
        'There is no attribute "Frist Name" in the metaverse object; did you mean "First Name"? (line 1, column 1)',
        "First Name",
    ),
    (
        '"" + cs["sAMAccountName"]',
        UnknownAttributeError,
        'There is no attribute "sAMAccountName" in the connected system\'s object (line 1, column 6)',
        None,
    ),
    (
        'cs["manager"]',
        ReferenceAttributeError,
        '"Manager" is a reference, which expressions do not see; map it directly (line 1, column 1)',
        None,
    ),
    (
        'Left("a")',
        ArgumentCountError,
        "Left is called as Left(value, length), but 1 is given here (line 1, column 1)",
        None,
    ),
    ("Now(1)", ArgumentCountError, "Now is called as Now(), but 1 is given here (line 1, column 1)", None),
    (
        "Substring(1)",
        ArgumentCountError,
        "Substring is called as Substring(value, start[, length]), but 1 is given here (line 1, column 1)",
        None,
    ),
    (
        "Coalesce()",
        ArgumentCountError,
        "Coalesce is called as Coalesce(first, second, ...), but none are given here (line 1, column 1)",
        None,
    ),
    (
        "IIF(1, 2)",
        ArgumentCountError,
        "IIF is called as IIF(condition, then, otherwise), but 2 are given here (line 1, column 1)",
        None,
    ),
]


@pytest.mark.parametrize(("text", "family", "message", "suggestion"), REFUSED, ids=[case[0] for case in REFUSED])
def test_name_that_cannot_be_resolved_is_refused(
    text: str, family: type[ExpressionError], message: str, suggestion: str | None
) -> None:
    with pytest.raises(ExpressionError) as refused:
        compiled(text)

    assert (type(refused.value), str(refused.value), refused.value.suggestion) == (family, message, suggestion)


def test_side_that_a_rule_does_not_have_cannot_be_named() -> None:
    with pytest.raises(SideNotAvailableError, match='"cs", the connected system\'s object, is not available here'):
        compile_expression('cs["First Name"]', mv=NAMES, cs=None)


def test_attribute_names_match_without_regard_to_case() -> None:
    expression = compiled('mv["FIRST name"] + cs["last NAME"] + mv["Age"]')

    assert (expression.reads_mv, expression.reads_cs) == ({"1", "3"}, {"2"})


def test_any_names_takes_every_name_and_any_json() -> None:
    expression = compile_expression('mv["Foo"] + "-" + mv["BAR"] + Join(cs["List"])', mv=AnyNames(), cs=AnyNames())

    value = expression.evaluate({"foo": 1.5, "bar": True}, {"list": [1, "a", None]}, CLOCK)

    assert (value, expression.reads_mv, expression.reads_cs) == ("1.5-true1,a", {"foo", "bar"}, {"list"})


@pytest.mark.parametrize(
    ("text", "uses_random"),
    [
        ("RandomPassword(12)", True),
        ('false ? Upper("a" + RandomPassphrase(4)) : "b"', True),
        ('"RandomPassword(12)"', False),
    ],
)
def test_secret_function_anywhere_marks_the_expression(text: str, uses_random: bool) -> None:
    assert compiled(text).uses_random is uses_random


def test_function_table_is_the_documented_one() -> None:
    documented = """
        Trim Upper Lower Capitalise Left Right Substring Replace Length IsNullOrEmpty IsNullOrWhitespace StartsWith
        EndsWith Contains IIF Coalesce Eq ToString ToInt Now Today FormatDate ToFileTime FromFileTime EscapeDN
        RandomPassword RandomPassphrase CollectionContains Split Join EnableUser DisableUser SetBit ClearBit HasBit
    """

    assert sorted(FUNCTIONS) == sorted(documented.split())
