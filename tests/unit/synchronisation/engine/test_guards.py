"""Guards: when objects that were not read may become obsolete, and how many deletes may leave at once."""

import msgspec
import pytest

from synchronisation.engine.judge import TypeCounts, guard, over_threshold
from synchronisation.rules.specification import System

DEFAULTS = System(1, "HR", False, 20, 50, 5)
WITHOUT = msgspec.structs.replace(DEFAULTS, deletion_threshold_percent=None)
STRICT = msgspec.structs.replace(DEFAULTS, deletion_threshold_percent=0, deletion_threshold_minimum=0)


@pytest.mark.parametrize(
    ("leaving", "in_scope", "system", "reason"),
    [
        (0, 0, DEFAULTS, None),
        (49, 100, DEFAULTS, None),
        (50, 100, DEFAULTS, "50 of 100 objects is more than the deletion threshold of 20 %"),
        (50, 250, DEFAULTS, None),
        (51, 250, DEFAULTS, "51 of 250 objects is more than the deletion threshold of 20 %"),
        (100_000, 500_000, DEFAULTS, None),
        (5, 5, DEFAULTS, None),
        (6, 6, DEFAULTS, "all 6 objects would go"),
        (5, 6, DEFAULTS, None),
        (500, 500, WITHOUT, None),
        (1, 1000, STRICT, "1 of 1000 objects is more than the deletion threshold of 0 %"),
        (0, 1000, STRICT, None),
    ],
)
def test_threshold(leaving: int, in_scope: int, system: System, reason: str | None) -> None:
    assert over_threshold(leaving, in_scope, system) == reason


NOBODY = "no object of this type was read"
UNKNOWN = "2 rows had no readable external ID, so nobody knows which objects they meant"
TOO_MANY = "60 of 100 objects is more than the deletion threshold of 20 %"

VERDICTS = {
    "nothing is missing": (TypeCounts(accepted=0, in_scope=0, missing=0, unidentified=2), None, None),
    "some are missing": (TypeCounts(accepted=90, in_scope=100, missing=10, unidentified=0), None, None),
    "nothing was read": (TypeCounts(accepted=0, in_scope=3, missing=3, unidentified=0), NOBODY, NOBODY),
    "rows without an external ID": (TypeCounts(accepted=98, in_scope=100, missing=1, unidentified=2), UNKNOWN, UNKNOWN),
    "nothing but such rows": (TypeCounts(accepted=0, in_scope=3, missing=3, unidentified=2), NOBODY, NOBODY),
    "too many are missing": (TypeCounts(accepted=40, in_scope=100, missing=60, unidentified=0), TOO_MANY, None),
    "all are missing": (TypeCounts(accepted=9, in_scope=9, missing=9, unidentified=0), "all 9 objects would go", None),
}


@pytest.mark.parametrize(("counts", "reason", "_overridden"), VERDICTS.values(), ids=VERDICTS.keys())
def test_missing_objects_stay_when_a_guard_speaks(
    counts: TypeCounts, reason: str | None, _overridden: str | None
) -> None:
    assert guard(counts, DEFAULTS, override=False) == reason


@pytest.mark.parametrize(("counts", "_reason", "overridden"), VERDICTS.values(), ids=VERDICTS.keys())
def test_override_lifts_the_threshold_and_only_that(
    counts: TypeCounts, _reason: str | None, overridden: str | None
) -> None:
    assert guard(counts, DEFAULTS, override=True) == overridden
