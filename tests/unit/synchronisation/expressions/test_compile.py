"""Compiled expressions: strictness, clock, threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from synchronisation.expressions import Clock
from synchronisation.expressions.errors import NullOperandFailed
from tests.unit.synchronisation.expressions.trial import CLOCK, compiled, evaluate


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('"CN=" + mv["First Name"] + ",OU=Staff"', 9),
        ('"CN=" + Lower(mv["First Name"])', 9),
        ('mv["First Name"] + mv["Last Name"]', 18),
        ('1 + 1 - mv["Age"] + 2', 19),
        ('"CN=" + (mv["First Name"] + ",OU=Staff")', 10),
        ('Lower("a" + null)', 13),
        ('"a" + (mv["Age"] - 1) + "b"', 18),
    ],
)
def test_strict_evaluation_refuses_null_beside_plus(text: str, column: int) -> None:
    compiled(text).evaluate({}, {}, CLOCK)

    with pytest.raises(NullOperandFailed) as failed:
        evaluate(text, strict=True)

    assert (failed.value.operation, failed.value.column) == ("'+'", column)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"CN=" + "Ada" + 1', "CN=Ada1"),
        ('"CN=" + ""', "CN="),
        ('mv["First Name"]', None),
        ('"CN=" + (mv["First Name"] ?? "nobody")', "CN=nobody"),
        ('mv["First Name"] == null ? null : "CN=" + mv["First Name"]', None),
        ("null - 1", None),
    ],
)
def test_strict_evaluation_leaves_everything_else_alone(text: str, value: object) -> None:
    assert evaluate(text, strict=True) == value


def test_both_sides_are_read_from_their_own_document() -> None:
    assert evaluate('mv["Age"] + 10 * cs["Age"]', mv={"Age": 1}, cs={"Age": 2}) == 21


def test_today_is_the_utc_day_of_now() -> None:
    east = timezone(timedelta(hours=5))

    assert Clock(datetime(2024, 2, 1, 3, tzinfo=east)).today == datetime(2024, 1, 31, tzinfo=UTC)
    with pytest.raises(ValueError, match="time zone"):
        Clock(datetime(2024, 2, 1))  # noqa: DTZ001  # the point of the test


def test_threads_compile_and_evaluate_at_once() -> None:
    def greet(number: int) -> object:
        text = f'mv["First Name"] + "-{number}" + (mv["Age"] ?? {number})'
        return [evaluate(text, mv={"First Name": "Ada"}) for _ in range(20)]

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(greet, range(40)))

    assert results == [[f"Ada-{number}{number}"] * 20 for number in range(40)]


def test_compiled_code_works_below_a_deep_stack() -> None:
    deepest = 'null ?? Trim("" + ' * 20 + "null" + ")" * 20

    def below(depth: int, act: Callable[[], object]) -> object:
        return below(depth - 1, act) if depth else act()

    assert below(400, lambda: evaluate(deepest)) == ""
