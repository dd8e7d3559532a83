"""Pages: what one transaction commits together, when it must not commit, and where a resumed run goes on."""

from collections.abc import Callable
from typing import Any

import msgspec
import orjson
import pytest
from django.db import connection

from activities.models import Activity, ActivityProgress, ExecutionItem, ExecutionItemDetail, RunType
from synchronisation.engine import leases
from synchronisation.engine.errors import StopRequestedError
from synchronisation.engine.items import Item, Outcome
from synchronisation.engine.pages import Run
from synchronisation.engine.statements import sql
from synchronisation.errors import LeaseLostError
from synchronisation.models import LeftOver, RunLease
from tests.activities import ensure_partitions
from tests.integration.synchronisation.engine.temporary import raw_cursor, use_run_tables
from tests.integration.synchronisation.runs import taken_run
from tests.unit.synchronisation.rules.small_schema import specification

pytestmark = pytest.mark.django_db


def opened(activity: Activity, fence: int) -> Run:
    """The run as its rows have it."""
    return Run(activity, ActivityProgress.objects.get(activity=activity), fence)


@pytest.fixture
def run() -> Run:
    activity, fence = taken_run(RunType.FULL_SYNCHRONISATION)
    configuration = orjson.loads(msgspec.json.encode(specification()))
    ActivityProgress.objects.filter(activity=activity).update(configuration=configuration)
    ensure_partitions(activity)
    return opened(activity, fence)


def reopened(run: Run) -> Run:
    return opened(Activity.objects.get(pk=run.activity_id), run.fence)


def item(number: int, error_type: str | None = None) -> Item:
    return Item(f"E{number}", None, "person", "Add", error_type, outcomes=[Outcome("Projected"), Outcome("Joined", 2)])


def write_page(run: Run, *items: Item, processed: int = 0) -> None:
    """A page that also changes an object."""
    with run.page() as page:
        LeftOver.objects.create(cso_id=run.activity_id, system_id=1, reason="written by the page")
        page.items += items
        page.processed = processed
        run.position["active"] = processed
        run.warn("look out")


def write_failing_page(run: Run) -> None:
    with run.page() as page:
        page.items.append(item(1))
        LeftOver.objects.create(cso_id=run.activity_id, system_id=1, reason="written by the page")
        raise ZeroDivisionError


def written() -> dict[str, Any]:
    progress = ActivityProgress.objects.get()
    items = ExecutionItem.objects.filter(activity=progress.activity_id).order_by("ordinal")
    return {
        "objects": LeftOver.objects.count(),
        "items": list(items.values_list("ordinal", "external_id")),
        "details": ExecutionItemDetail.objects.filter(activity_id=progress.activity_id).count(),
        "progress": (progress.item_count, progress.objects_processed, progress.counters),
        "checkpoint": progress.checkpoint,
    }


def test_page_commits_objects_items_counters_progress_and_checkpoint_together(run: Run) -> None:
    write_page(run, item(1), item(2, "UnhandledError"), processed=5)

    counters = {"objectChanges": 1, "changeType:Add": 1, "objectErrors": 1, "Projected": 2, "Joined": 4}
    assert written() == {
        "objects": 1,
        "items": [(0, "E1"), (1, "E2")],
        "details": 2,
        "progress": (2, 5, counters),
        "checkpoint": {
            "phase": 0,
            "position": {"active": 5},
            "facts": {"warnings": ["look out"], "old_errors": False},
        },
    }


def test_item_is_written_with_its_computed_id_and_summary(run: Run) -> None:
    write_page(run, item(1))
    stored = ExecutionItem.objects.get(activity=run.activity_id)
    assert (str(stored.pk), stored.outcome_summary) == (f"{run.activity_id!s:.28}00000000", "Projected:1,Joined:2")


def test_page_that_fails_leaves_nothing(run: Run) -> None:
    before = written()
    with pytest.raises(ZeroDivisionError):
        write_failing_page(run)
    assert written() == before


def test_page_whose_items_cannot_be_written_leaves_nothing(run: Run) -> None:
    before = written()
    with pytest.raises(UnicodeEncodeError):
        write_page(run, Item("half a pair: \ud800", None, "person", "Add"))
    assert written() == before


def lose(run: Run) -> None:
    leases.release(run.activity_id, run.fence)


def lose_one(run: Run) -> None:
    RunLease.objects.filter(resource="metaverse").delete()


def stop(run: Run) -> None:
    RunLease.objects.update(stop_requested=True)


def cancel(run: Run) -> None:
    Activity.objects.update(cancel_requested=True)


@pytest.mark.parametrize(
    ("interrupt", "error"),
    [(lose, LeaseLostError), (lose_one, LeaseLostError), (stop, StopRequestedError), (cancel, StopRequestedError)],
)
def test_page_does_not_begin(run: Run, interrupt: Callable[[Run], None], error: type[Exception]) -> None:
    write_page(run, item(1))
    before = written()
    interrupt(run)
    with pytest.raises(error) as raised:
        write_page(run, item(2))
    assert getattr(raised.value, "cancelled", False) is (interrupt is cancel)
    assert written() == before


def test_resumed_run_goes_on_behind_its_last_page(run: Run) -> None:
    write_page(run, item(1), processed=5)
    resumed = reopened(run)
    assert (resumed.position, resumed.item_count, resumed.objects_processed) == ({"active": 5}, 1, 5)
    assert (resumed.counters, resumed.facts) == (run.counters, run.facts)

    with resumed.page() as page:
        page.items.append(item(2))
    assert written()["items"] == [(0, "E1"), (1, "E2")]


def test_end_of_a_phase_clears_its_position_and_keeps_the_facts(run: Run) -> None:
    write_page(run, processed=5)
    run.finish_phase(("left_over",))
    resumed = reopened(run)
    assert (resumed.phase_index, resumed.position, resumed.objects_processed) == (1, {}, 0)
    assert resumed.facts["warnings"] == ["look out"]


def test_warning_is_given_once(run: Run) -> None:
    for _ in range(2):
        with run.page():
            run.warn("look out")
    assert reopened(run).facts["warnings"] == ["look out"]


def shape_of(schema: str) -> dict[str, Any]:
    """Columns and indexes of a schema's tables, and what its views read."""
    queries = {
        "columns": """
            SELECT table_name, column_name, data_type, is_nullable, is_identity
            FROM information_schema.columns WHERE table_schema = %(schema)s
        """,
        "indexes": "SELECT tablename, replace(indexdef, schemaname, '') FROM pg_indexes WHERE schemaname = %(schema)s",
        "views": "SELECT viewname, replace(definition, schemaname, '') FROM pg_views WHERE schemaname = %(schema)s",
    }
    cursor = raw_cursor()
    return {name: sorted(cursor.execute(query, {"schema": schema}).fetchall()) for name, query in queries.items()}


def test_tables_of_a_run_are_like_the_template() -> None:
    cursor = raw_cursor()
    cursor.execute("CREATE SCHEMA run_like")
    use_run_tables(cursor, "run_like")
    for _ in range(2):
        cursor.execute(sql("make_run_tables"))
    expected, found = shape_of("run_template"), shape_of("run_like")
    assert found["columns"] == expected["columns"]
    assert len(found["columns"]) > 30
    assert [table for table, _ in found["indexes"]] == [table for table, _ in expected["indexes"]]
    assert [name for name, _ in found["views"]] == [name for name, _ in expected["views"]] == ["seen"]


def test_connection_of_a_run_is_djangos(run: Run) -> None:
    with run.page() as page:
        assert page.cursor.connection is connection.connection
