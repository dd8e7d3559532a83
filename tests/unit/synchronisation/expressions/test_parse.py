"""Text to syntax tree: what is accepted, and what is said about the rest."""

import pytest

from synchronisation.expressions.errors import ExpressionSyntaxError, ExpressionTooLargeError
from synchronisation.expressions.parse import MAX_DEPTH, MAX_LENGTH, parse
from tests.unit.synchronisation.expressions.trial import evaluate


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("", 1, 1, ("a value",)),
        (" \n ", 1, 1, ("a value",)),
        ("1 +", 1, 4, ("a value",)),
        ("1 2", 1, 3, ("an operator", "the end")),
        ("1 )", 1, 3, ("the end",)),
        ("(1", 1, 3, ('")"',)),
        ('Lower("a"\n  2)', 2, 3, ("an operator", '")"', '","')),
        ("Lower(", 1, 7, ("a value", '")"')),
        ('Lower("a",)', 1, 11, ("a value",)),
        ("true ? 1", 1, 9, ('":"',)),
        ("FirstName", 1, 10, ('"("',)),
        ("mv.Name", 1, 3, ('"["',)),
        ("mv[Name]", 1, 4, ("text in double quotes",)),
        ('mv["Name"', 1, 10, ('"]"',)),
        ('mv["a" + "b"]', 1, 8, ('"]"',)),
        ('"open', 1, 1, ("a value",)),
        ('"a\nb"', 1, 1, ("a value",)),
        (r'"\x41"', 1, 1, ("a value",)),
        ("'a'", 1, 1, ("a value",)),
        ("1 = 1", 1, 3, ("an operator", "the end")),
        ("1 & 1", 1, 3, ("an operator", "the end")),
        (".5", 1, 1, ("a value",)),
        ("5.", 1, 2, ("an operator", "the end")),
        ("0x10", 1, 2, ("an operator", "the end")),
        ("a => a", 1, 3, ('"("',)),
    ],
)
def test_text_that_is_no_expression_is_refused_with_place_and_expectation(
    text: str, line: int, column: int, expected: tuple[str, ...]
) -> None:
    with pytest.raises(ExpressionSyntaxError) as refused:
        parse(text)

    assert (refused.value.line, refused.value.column, refused.value.expected) == (line, column, expected)


def test_syntax_error_is_a_sentence_with_a_hint() -> None:
    with pytest.raises(ExpressionSyntaxError) as refused:
        parse('mv["Status"] = "Active"')

    assert str(refused.value) == (
        "Found '=' where an operator or the end was expected: \"==\" compares; expressions assign nothing "
        "(line 1, column 14)"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"a\"b\\c\nd\te"', 'a"b\\c\nd\te'),
        (r'"\\n"', r"\n"),
        ('"“Zoë” 😀"', "“Zoë” 😀"),
        ("\n 1\n\t+ 1\u00a0", 2),
        ("9223372036854775807", 2**63 - 1),
        ("((((((1))))))", 1),
    ],
)
def test_literals_and_white_space_mean_what_they_say(text: str, value: object) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize("number", ["9223372036854775808", "9" * 3_000, "0." + "1" * 40])
def test_number_too_large_for_its_kind_is_refused(number: str) -> None:
    with pytest.raises(ExpressionSyntaxError, match="The number"):
        evaluate(number)


def test_text_longer_than_an_expression_may_be_is_refused() -> None:
    longest = f'"{"a" * (MAX_LENGTH - 2)}"'

    assert evaluate(longest) == "a" * (MAX_LENGTH - 2)
    with pytest.raises(ExpressionTooLargeError, match="has 4,001 characters, at most 4,000 are allowed"):
        parse(longest + " ")


@pytest.mark.parametrize(
    ("opening", "closing"), [("!", ""), ("Trim(", ")"), ("(null ?? ", ")"), ("true ? 1 : ", ""), ('(""+', ")")]
)
def test_nesting_deeper_than_allowed_is_refused(opening: str, closing: str) -> None:
    deepest = MAX_DEPTH - 1

    parse(opening * deepest + "null" + closing * deepest)
    with pytest.raises(ExpressionTooLargeError, match="nests more than 64 levels"):
        parse(opening * (deepest + 1) + "null" + closing * (deepest + 1))


@pytest.mark.parametrize("text", ["!" * 3_999 + "1", "(" * 1_999 + "1" + ")" * 1_999, "[" * 4_000, "-" * 4_000])
def test_absurd_nesting_is_refused_or_taken_without_exhausting_the_stack(text: str) -> None:
    try:
        evaluate(text)
    except (ExpressionTooLargeError, ExpressionSyntaxError):
        return
    assert text.startswith("(")
