"""Date functions, all in UTC.

In: dates in UTC. Out: dates, text, or a FILETIME: 100-nanosecond steps since 1601-01-01 (MS-DTYP 2.3.3).
Always: a FILETIME of 0 and the greatest one mean "never" and are null.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from synchronisation.expressions.errors import BadValueFailed
from synchronisation.expressions.values import LARGEST_INTEGER, shown

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_STEPS_PER_MICROSECOND = 10
_MICROSECOND = timedelta(microseconds=1)
_NEVER = (0, LARGEST_INTEGER)

_MAX_FORMAT = 200
"""Characters. A format may come from an attribute, and formats that were read are kept."""

_FORMAT_PART = re.compile(r"(yyyy|MM|dd|HH|mm|ss)|'([^']*)'|([^A-Za-z']|[TZ])|(.)", re.DOTALL)
"""Letters that stand for a part of the date; quoted text; what stands for itself; anything else."""

_FIELD_BY_LETTERS = {
    "yyyy": "{0.year:04}",
    "MM": "{0.month:02}",
    "dd": "{0.day:02}",
    "HH": "{0.hour:02}",
    "mm": "{0.minute:02}",
    "ss": "{0.second:02}",
}


def format_date(moment: datetime, pattern: str) -> str:
    """moment written as pattern says: yyyy MM dd HH mm ss, and whatever is no letter, T, Z or in 'quotes'."""
    if len(pattern) > _MAX_FORMAT:
        raise BadValueFailed(f"takes a format of at most {_MAX_FORMAT} characters, not {len(pattern):,}")
    return _template(pattern).format(moment)


def to_file_time(moment: datetime) -> int:
    steps = (moment - _EPOCH) // _MICROSECOND * _STEPS_PER_MICROSECOND
    if steps < 0:
        raise BadValueFailed("cannot write a date before 1601 as a FILETIME")
    return steps


def from_file_time(steps: int) -> datetime | None:
    """The date, cut to microseconds; null for the two values that mean never."""
    if steps in _NEVER:
        return None
    if steps < 0:
        raise BadValueFailed(f"needs a FILETIME of 0 or more, not {steps}")
    try:
        return _EPOCH + timedelta(microseconds=steps // _STEPS_PER_MICROSECOND)
    except OverflowError:
        raise BadValueFailed(f"meets the FILETIME {steps}, which lies after the year 9999") from None


@lru_cache(maxsize=256)
def _template(pattern: str) -> str:
    """pattern as a template of str.format that reads nothing but the six fields of a date."""
    return "".join(_template_part(part, pattern) for part in _FORMAT_PART.finditer(pattern))


def _template_part(part: re.Match[str], pattern: str) -> str:
    letters, quoted, itself, unknown = part.groups()
    if unknown:
        raise BadValueFailed(
            f"cannot use '{unknown}' in the format {shown(pattern)}; it knows yyyy MM dd HH mm ss, "
            "and other letters stand in single quotes"
        )
    if letters:
        return _FIELD_BY_LETTERS[letters]
    return (quoted or itself or "").replace("{", "{{").replace("}", "}}")
