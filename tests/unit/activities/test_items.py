from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from activities.items import item_id, month_of, ordinal_of
from activities.models import Activity


def test_item_id_replaces_the_last_32_bits_by_the_ordinal() -> None:
    activity_id = UUID("0190c2a4-5f6e-7d80-9abc-0123456789ab")
    assert item_id(activity_id, 255) == UUID("0190c2a4-5f6e-7d80-9abc-0123000000ff")


@given(st.uuids(), st.integers(min_value=0, max_value=2**32 - 1))
def test_ordinal_of_is_the_inverse_of_item_id(activity_id: UUID, ordinal: int) -> None:
    assert ordinal_of(item_id(activity_id, ordinal)) == ordinal


def test_month_of_is_the_month_in_utc() -> None:
    created = datetime(2026, 2, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert month_of(Activity(created=created)) == date(2026, 1, 1)
    assert month_of(Activity(created=datetime(2026, 2, 1, tzinfo=UTC))) == date(2026, 2, 1)
