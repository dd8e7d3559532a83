"""Expressions that try to do more than return a value."""

import re
import tracemalloc
from pathlib import Path

import pytest

import synchronisation.expressions
from synchronisation.expressions import AnyNames, ExpressionError, ExpressionFailed, compile_expression
from synchronisation.expressions.errors import LimitFailed
from synchronisation.expressions.values import MAX_LIST, MAX_TEXT
from tests.unit.synchronisation.expressions.trial import CLOCK, evaluate

BIG = "x" * MAX_TEXT


def _nested_doubling(times: int) -> str:
    return "Replace(" * times + '"aaaaaaaaaaaaaaaa"' + ', "a", "aaaaaaaaaaaaaaaa")' * times


@pytest.mark.parametrize(
    "text",
    [
        _nested_doubling(30),
        'mv["First Name"] + "x"',
        '"x" + mv["First Name"]',
        'mv["First Name"] + mv["First Name"]',
        " + ".join(['"x"', *['mv["First Name"]'] * 200]),
        " + ".join(['mv["First Name"]'] * 200),
        'Join(cs["Proxy Addresses"], mv["First Name"])',
        'Upper(mv["Last Name"])',
        'EscapeDN("," + Left(mv["First Name"], 999999))',
        'Split(mv["First Name"], "x")',
        'RandomPassphrase(32, mv["First Name"])',
        " * ".join(["9223372036854775807"] * 100),
        " * ".join(["99999999999999999999999.0"] * 100),
    ],
    ids=lambda text: text[:50],
)
def test_result_larger_than_allowed_fails_without_being_made(text: str) -> None:
    tracemalloc.start()
    with pytest.raises(LimitFailed):
        evaluate(text, mv={"First Name": BIG, "Last Name": "ß" * MAX_TEXT}, cs={"Proxy Addresses": ["a", "b", "c"]})
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak_bytes < 64 * 2**20


def test_largest_allowed_list_is_made() -> None:
    text = "a," * (MAX_LIST - 1) + "a"

    assert evaluate('Length(Split(mv["First Name"], ","))', mv={"First Name": text}) == MAX_LIST


@pytest.mark.parametrize(
    "text",
    [
        '__import__("os")',
        "mv.__class__",
        'mv["First Name"].upper()',
        '"".join("a")',
        "Lower.__globals__",
        'eval("1")',
        "lambda: 1",
        '"a" if true else "b"',
        "[1, 2]",
        'f"{1}"',
        "1; 2",
        "kept1 := 2",
        "clock",
        "constant0",
        "as_text(1)",
    ],
)
def test_python_is_not_accepted(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(text, mv=AnyNames(), cs=AnyNames())


@pytest.mark.parametrize("text", ["{0.__class__}", "%s", "${x}", "{", "}}", "'", '\\"', "\\\\", "{mv}"])
def test_literal_text_stays_text_wherever_it_goes(text: str) -> None:
    plain = text.replace('\\"', '"').replace("\\\\", "\\")

    assert evaluate(f'"{text}" + null + "{text}"') == plain * 2
    assert evaluate(f'Replace("a", "a", "{text}")') == plain
    assert evaluate(f'mv["First Name"] + "{text}"', mv={"First Name": text}) == text + plain


@pytest.mark.parametrize(
    "stored",
    [{"a": 1}, [[1]], 10**5_000, float("nan"), float("inf"), object()],
    ids=lambda stored: type(stored).__name__,
)
def test_sample_data_that_is_no_value_fails_and_names_the_attribute(stored: object) -> None:
    expression = compile_expression('"" + mv["x"]', mv=AnyNames(), cs=None)

    with pytest.raises(ExpressionFailed, match=r'^mv\["x"\] '):
        expression.evaluate({"x": stored}, {}, CLOCK)


def test_nothing_in_the_package_evaluates_text_as_python() -> None:
    package = Path(synchronisation.expressions.__file__).parent
    sources = {path.name: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}

    assert [name for name, source in sources.items() if re.search(r"\b(eval|exec|__import__)\(", source)] == []
