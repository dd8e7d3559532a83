from datetime import UTC, datetime

import pytest

from synchronisation.services.expression_trial import SECRET_NOT_MADE, ExpressionTrial, try_expression

NOW = datetime(2024, 1, 31, 8, 15, 30, tzinfo=UTC)


def tried(text: str, **mv: object) -> ExpressionTrial:
    return try_expression(text, mv, {}, NOW)


@pytest.mark.parametrize(
    ("text", "result", "kind"),
    [
        ('"a" + 1', "a1", "Text"),
        ("2147483647", 2147483647, "Number"),
        ("2147483648", 2147483648, "LongNumber"),
        ("1.50", "1.5", "Decimal"),
        ("1 < 2", True, "Boolean"),
        ("Now()", "2024-01-31T08:15:30Z", "DateTime"),
        ('Split("a,b", ",")', ["a", "b"], "Text[]"),
        ('mv["nothing"]', None, None),
    ],
)
def test_value_comes_with_its_type(text: str, result: object, kind: str | None) -> None:
    assert tried(text) == ExpressionTrial(is_valid=True, result=result, result_type=kind)


def test_failure_on_the_samples_leaves_the_expression_valid() -> None:
    trial = tried('1 + mv["age"]', age=True)
    assert (trial.is_valid, trial.result, trial.error_position) == (True, None, 2)
    assert trial.error_message is not None


def test_syntax_error_says_where() -> None:
    trial = tried("1 +")
    assert (trial.is_valid, trial.error_position) == (False, 3)


def test_sample_that_no_attribute_can_hold_is_a_failure() -> None:
    assert "structure" in (tried('mv["a"]', a={"b": 1}).error_message or "")


def test_secret_is_not_made() -> None:
    assert tried("RandomPassword(12)") == ExpressionTrial(is_valid=True, error_message=SECRET_NOT_MADE)
