from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import TextChoices
from rest_framework.exceptions import ValidationError
from rest_framework.fields import Field

from jim.api.fields import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    LongIntegerField,
    TimeSpanField,
    UniqueListField,
    UUIDField,
)

SOME_UUID = "0190c2a4-5f6e-7d80-9abc-0123456789ab"


class Colour(TextChoices):
    RED = "Red"
    BLUE = "Blue"


@pytest.mark.parametrize(
    ("field", "sent", "value"),
    [
        (BooleanField(), True, True),
        (IntegerField(), 2**31 - 1, 2**31 - 1),
        (LongIntegerField(), 2**63 - 1, 2**63 - 1),
        (CharField(), " é ", "é"),
        (CharField(trim_whitespace=False), "\t", "\t"),
        (ChoiceField(choices=Colour), "Red", "Red"),
        (UUIDField(), SOME_UUID.upper(), UUID(SOME_UUID)),
        (DateTimeField(), "2026-01-31T01:00:00+01:00", datetime(2026, 1, 31, tzinfo=UTC)),
        (TimeSpanField(), "7.00:00:00", timedelta(days=7)),
        (UniqueListField(child=IntegerField()), [2, 1], [2, 1]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Field) else None,
)
def test_field_takes_values_of_its_own_type(field: Field, sent: Any, value: Any) -> None:
    assert field.run_validation(sent) == value


@pytest.mark.parametrize(
    ("field", "refused"),
    [
        (BooleanField(), ["true", 1, 0, "", [], None]),
        (IntegerField(), ["5", 1.0, True, 2**31, -(2**31) - 1, None]),
        (LongIntegerField(), [2**63, "1", 1.5]),
        (CharField(), [5, True, [], {}, "", "  ", "a\x00b", "\ud800", None]),
        (ChoiceField(choices=Colour), ["red", "RED", "", 0, "0", None, ["Red"]]),
        (UUIDField(), [5, SOME_UUID.replace("-", ""), f"{{{SOME_UUID}}}", f"urn:uuid:{SOME_UUID}", "x"]),
        (DateTimeField(), ["2026-01-31", 1769817600, "yesterday", "2026-13-01T00:00:00Z"]),
        (TimeSpanField(), [7, "24:00:00", "1 day"]),
        (UniqueListField(child=IntegerField()), [[1, 1], [1, "2"], "12", {"1": 2}, 5]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Field) else None,
)
def test_field_refuses_what_is_nearly_its_type(field: Field, refused: list[Any]) -> None:
    for sent in refused:
        with pytest.raises(ValidationError):
            field.run_validation(sent)


def test_times_are_answered_in_utc_and_spans_as_clock_text() -> None:
    moment = datetime.fromisoformat("2026-01-31T13:30:00.25+01:00")
    assert DateTimeField().to_representation(moment) == "2026-01-31T12:30:00.250000Z"
    assert TimeSpanField().to_representation(timedelta(days=1, seconds=5)) == "1.00:00:05"
