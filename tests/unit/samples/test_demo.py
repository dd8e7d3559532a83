"""What makes the demo fail."""

import pytest

from samples.demo import WrongResultError, check


def test_check_of_equal_numbers_says_nothing() -> None:
    check("JIM", {"people": 5}, {"people": 5})


@pytest.mark.parametrize(
    ("found", "problem"),
    [({"people": 4}, "people is 4, not 5"), ({}, "people is None, not 5"), ({"people": 5, "x": 1}, "x is 1, not None")],
    ids=["different", "missing", "too-many"],
)
def test_check_of_a_difference_names_it(found: dict[str, int], problem: str) -> None:
    with pytest.raises(WrongResultError, match=f"^JIM: {problem}$"):
        check("JIM", found, {"people": 5})
