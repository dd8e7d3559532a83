"""Paging by key: every row once, forwards and backwards, whatever the page size."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import QuerySet

from activities.models import Activity
from jim.admin.keyset import CursorError, Keyset, KeysetPage, read_page
from tests.activities import create_activity

pytestmark = pytest.mark.django_db

START = datetime(2026, 1, 1, tzinfo=UTC)
BY_TIME = Keyset(("created", "id"))
BY_ID = Keyset(("id",), descending=False)


@pytest.fixture
def rows() -> QuerySet[Activity]:
    """Seven rows; three of them have one time, as rows of one page of a run have."""
    for minutes in (0, 1, 1, 1, 2, 3, 4):
        create_activity(created=START + timedelta(minutes=minutes))
    return Activity.objects.all()


def pages(rows: QuerySet[Activity], keyset: Keyset, size: int) -> list[KeysetPage]:
    found = [read_page(rows, keyset, size)]
    while found[-1].next is not None:
        found.append(read_page(rows, keyset, size, after=found[-1].next))
    return found


@pytest.mark.parametrize("keyset", [BY_TIME, BY_ID])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_walk_shows_every_row_once_in_order(rows: QuerySet[Activity], keyset: Keyset, size: int) -> None:
    shown = [row for page in pages(rows, keyset, size) for row in page.rows]
    assert shown == list(rows.order_by(*keyset.order()))


@pytest.mark.parametrize("keyset", [BY_TIME, BY_ID])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_way_back_shows_the_same_pages(rows: QuerySet[Activity], keyset: Keyset, size: int) -> None:
    forwards = pages(rows, keyset, size)
    backwards = [forwards[-1]]
    while backwards[-1].previous is not None:
        backwards.append(read_page(rows, keyset, size, before=backwards[-1].previous))
    assert [page.rows for page in reversed(backwards)] == [page.rows for page in forwards]


def test_rows_that_come_meanwhile_shift_no_page(rows: QuerySet[Activity]) -> None:
    first = read_page(rows, BY_TIME, 3)
    expected = read_page(rows, BY_TIME, 3, after=first.next).rows
    create_activity(created=START + timedelta(days=1))
    assert read_page(rows, BY_TIME, 3, after=first.next).rows == expected


def test_empty_table_is_one_page_without_neighbours() -> None:
    assert read_page(Activity.objects.all(), BY_TIME, 3) == KeysetPage([], None, None)


@pytest.mark.parametrize(
    "cursor", ["", "x", "7", '["2026-01-01"]', '["soon", "x"]', "[1, 2]", '["\\u0000", "x"]', '{"a": 1}']
)
def test_cursor_that_was_not_made_here_is_refused(cursor: str) -> None:
    with pytest.raises(CursorError):
        read_page(Activity.objects.all(), BY_TIME, 3, after=cursor)
