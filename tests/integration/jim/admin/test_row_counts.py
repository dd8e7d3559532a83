"""Row counts: exact for small tables, the planner's estimate for large ones."""

import pytest
from django.db import connection

from activities.models import Activity
from jim.admin import row_counts
from jim.admin.row_counts import RowCount, row_count
from tests.activities import create_activity

pytestmark = pytest.mark.django_db


def test_small_table_is_counted() -> None:
    for _ in range(3):
        create_activity()
    assert row_count(Activity) == RowCount(3, exact=True)


def test_large_table_is_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_counts, "EXACT_UP_TO", 2)
    for _ in range(5):
        create_activity()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE activity")
    assert row_count(Activity) == RowCount(5, exact=False)


def test_table_that_was_never_analysed_has_at_least_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_counts, "EXACT_UP_TO", 2)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE activity CASCADE")  # forgets the statistics too
    for _ in range(5):
        create_activity()
    assert row_count(Activity) == RowCount(2, exact=False)
