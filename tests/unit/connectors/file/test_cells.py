"""Values become the text of a file, or are refused when they would not read back."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from connectors.file.cells import cell_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("=1+1", "=1+1"),
        (True, "true"),
        (False, "false"),
        (-7, "-7"),
        (2**63 - 1, "9223372036854775807"),
        (Decimal("1.50"), "1.50"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (datetime(2024, 1, 31, 9, 30, tzinfo=UTC), "2024-01-31T09:30:00Z"),
        (datetime(2024, 1, 31, 9, 30, 0, 5000, tzinfo=UTC), "2024-01-31T09:30:00.005000Z"),
        (datetime(2024, 1, 31, 1, 30, tzinfo=timezone(timedelta(hours=2))), "2024-01-30T23:30:00Z"),
        (datetime(2024, 1, 31, 9, 30), "2024-01-31T09:30:00Z"),  # noqa: DTZ001  # without a zone it is UTC
        (UUID("6F9619FF-8B86-D011-B42D-00C04FC964FF"), "6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        (b"\x00\xffab", "AP9hYg=="),
        (b"", ""),
    ],
    ids=repr,
)
def test_value_is_written_in_its_one_form(value, text):
    assert cell_text(value) == text
