"""That any page of a large run's items is a range of the partition's key."""

from typing import Any

import orjson
import pytest
from django.db import connection

from activities.api.items import items_of, page_of_items
from activities.models import Activity
from jim.api.pagination import Window
from tests.activities import create_many_items, create_run

pytestmark = pytest.mark.django_db
PAGE_SIZE = 25
LAST_PAGE = 10_000


@pytest.fixture
def large_run() -> Activity:
    """Two runs of the same month; the one returned has ten thousand pages."""
    create_many_items(create_run(), 1_000)
    run = create_run()
    create_many_items(run, LAST_PAGE * PAGE_SIZE)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE execution_item")
    return run


def _plan(run: Activity, page: int) -> dict[str, Any]:
    """The executed plan; the second time, so that both pages are in the cache and commit states are known."""
    for _ in range(2):
        text = page_of_items(run, Window(page, PAGE_SIZE)).explain(analyze=True, buffers=True, format="json")
    return orjson.loads(text)[0]["Plan"]


def test_first_and_last_page_read_an_index_range_of_one_partition_at_the_same_cost(large_run: Activity) -> None:
    first, last = _plan(large_run, 1), _plan(large_run, LAST_PAGE)
    partition = large_run.created.strftime("execution_item_%Y_%m")
    for plan in (first, last):
        assert (plan["Node Type"], plan["Relation Name"]) == ("Index Scan", partition)
        assert plan["Actual Rows"] == PAGE_SIZE
        assert "Rows Removed by Filter" not in plan
    assert last["Shared Read Blocks"] == 0
    assert abs(last["Shared Hit Blocks"] - first["Shared Hit Blocks"]) <= 1


def test_failed_items_are_found_without_reading_the_others(large_run: Activity) -> None:
    items_of(large_run).filter(ordinal__in=range(0, LAST_PAGE * PAGE_SIZE, 10_000)).update(error_type="UnhandledError")
    failed = items_of(large_run).filter(error_type__isnull=False).order_by("ordinal")
    plan = orjson.loads(failed.explain(analyze=True, buffers=True, format="json"))[0]["Plan"]
    assert plan["Actual Rows"] == PAGE_SIZE
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 100
