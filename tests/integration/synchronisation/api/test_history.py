from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from activities.models import Activity, ActivityProgress, ActivityStatus, ExecutionItem, RunType
from activities.retention import drop_months
from synchronisation.models import DeletedCso, DeletedMvo
from synchronisation.services import history
from synchronisation.tasks import history as clean_up
from tests.activities import create_items, create_run
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import V1, call, create_system

HISTORY = f"{V1}/history"
CSOS, MVOS = f"{HISTORY}/deleted-objects/cso", f"{HISTORY}/deleted-objects/mvo"


class TestCsoAccess(EndpointTests):
    path = CSOS


class TestCleanupAccess(EndpointTests):
    method = "post"
    path = f"{HISTORY}/cleanup"


class TestCountAccess(EndpointTests):
    path = f"{HISTORY}/connected-systems/1/count"
    missing = (f"{HISTORY}/connected-systems/999999/count", f"{HISTORY}/connected-systems/x/count")


def days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)


def deleted_cso(number: int, **fields: Any) -> DeletedCso:
    defaults = {
        "system_id": 1,
        "system_name": "HR",
        "object_type": "person",
        "external_id": f"e{number}",
        "display_name": f"Person {number}",
        "deleted": days_ago(number),
        "initiated_by_type": "System",
    }
    return DeletedCso.objects.create(id=UUID(int=number), **defaults | fields)


def deleted_mvo(number: int, **fields: Any) -> DeletedMvo:
    defaults = {"type_id": 1, "display_name": f"Person {number}", "deleted": days_ago(number)}
    return DeletedMvo.objects.create(id=UUID(int=number), initiated_by_type="System", **defaults | fields)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["e1", "e2", "x3"]),
        ("?connectedSystemId=2", ["x3"]),
        ("?externalIdSearch=E", ["e1", "e2"]),
        ("?pageSize=2&page=2", ["x3"]),
        ("?fromDate={two_days_ago}", ["e1", "e2"]),
        ("?toDate={two_days_ago}", ["e2", "x3"]),
        ("?fromDate=2020-01-01&toDate=2020-01-31", []),
    ],
)
def test_deleted_csos_are_listed_newest_first(administrator: APIClient, query: str, found: list[str]) -> None:
    """A plain date is its whole day, in UTC."""
    deleted_cso(1)
    deleted_cso(3, external_id="x3", system_id=2)
    deleted_cso(2)
    two_days_ago = days_ago(2).astimezone(UTC).date()
    page = call(administrator, "get", CSOS + query.format(two_days_ago=two_days_ago))
    assert [item["externalId"] for item in page["items"]] == found


@pytest.mark.parametrize(
    ("query", "found"),
    [("", ["Person 1", "Person 2"]), ("?objectTypeId=7", []), ("?displayNameSearch=ON 2", ["Person 2"])],
)
def test_deleted_mvos_are_those_that_are_gone(administrator: APIClient, query: str, found: list[str]) -> None:
    deleted_mvo(2)
    deleted_mvo(1)
    deleted_mvo(3, deleted=None)
    page = call(administrator, "get", MVOS + query)
    assert [item["displayName"] for item in page["items"]] == found


@pytest.mark.parametrize(
    ("query", "field"),
    [("pageSize=1001", "pageSize"), ("fromDate=yesterday", "fromDate"), ("connectedSystemId=x", "connectedSystemId")],
)
def test_parameter_that_cannot_be_read_is_refused_by_name(administrator: APIClient, query: str, field: str) -> None:
    assert_error(administrator.get(f"{CSOS}?{query}"), 400, "VALIDATION_ERROR", {field: ...})


@pytest.mark.parametrize("path", [CSOS, MVOS])
def test_list_costs_the_same_however_long_it_is(administrator: APIClient, path: str) -> None:
    for number in range(1, 4):
        deleted_cso(number)
        deleted_mvo(number)
    assert query_count(administrator, f"{path}?pageSize=1") == query_count(administrator, f"{path}?pageSize=1000") == 2


def test_count_of_a_system_without_history_is_nought(administrator: APIClient) -> None:
    system = create_system(administrator)
    assert call(administrator, "get", f"{HISTORY}/connected-systems/{system['id']}/count") == {
        "connectedSystemId": system["id"],
        "connectedSystemName": "HR",
        "changeRecordCount": 0,
    }


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'execution_item'::regclass")
        return {name for (name,) in cursor.fetchall()}


def test_cleanup_removes_what_is_older_than_its_retention(administrator: APIClient, settings: Any) -> None:
    settings.JIM_HISTORY_RETENTION = 90 * 86_400
    old = create_run(created=days_ago(200), run_type=RunType.FULL_IMPORT, status="Complete")
    create_items(old, {}, {})
    merged = create_run(created=days_ago(100), run_type=RunType.FULL_SYNCHRONISATION, status="Complete")
    ActivityProgress.objects.filter(activity=merged).update(item_count=3)
    recent = create_run(created=days_ago(80), status="Complete")
    create_items(recent, {})
    for number in (1, 91):
        deleted_cso(number)
        deleted_mvo(number)
    result = call(administrator, "post", f"{HISTORY}/cleanup")
    times = (result.pop("oldestRecordDeleted"), result.pop("newestRecordDeleted"), result.pop("cutoffDate"))
    assert result == {
        "csoChangesDeleted": 3,
        "mvoChangesDeleted": 4,
        "activitiesDeleted": 2,
        "retentionPeriodDays": 90,
        "batchSize": history.BATCH_SIZE,
    }
    assert times[0][:10] == str(old.created.date())
    assert times[1][:10] == str(days_ago(91).date())
    assert times[2][:10] == str(days_ago(90).date())
    assert old.created.strftime("execution_item_%Y_%m") not in partitions()
    assert recent.created.strftime("execution_item_%Y_%m") in partitions()
    assert list(ExecutionItem.objects.values_list("activity", flat=True)) == [recent.pk]
    assert set(Activity.objects.values_list("pk", flat=True)) > {recent.pk}
    assert not Activity.objects.filter(pk__in=[old.pk, merged.pk]).exists()
    (activity,) = Activity.objects.filter(target_type="HistoryRetentionCleanup")
    assert "2 activities" in (activity.message or "")


def test_cleanup_takes_a_batch_at_a_time_and_housekeeping_all(
    administrator: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "BATCH_SIZE", 2)
    for number in range(100, 107):
        deleted_cso(number)
    results = [call(administrator, "post", f"{HISTORY}/cleanup")["csoChangesDeleted"] for _ in range(2)]
    assert (results, DeletedCso.objects.count()) == ([2, 2], 3)
    assert DeletedCso.objects.order_by("-deleted").first() == DeletedCso.objects.get(pk=UUID(int=100))
    clean_up()
    assert not DeletedCso.objects.exists()
    by_housekeeping = Activity.objects.filter(target_type="HistoryRetentionCleanup", initiated_by_type="System")
    assert by_housekeeping.count() == 2
    clean_up()
    assert by_housekeeping.count() == 2


def test_month_of_an_open_run_stays(administrator: APIClient) -> None:
    run = create_run(created=days_ago(200), status=ActivityStatus.IN_PROGRESS)
    create_items(run, {})
    assert drop_months("execution_item", timezone.now()) == []
    Activity.objects.filter(pk=run.pk).update(status=ActivityStatus.COMPLETE)
    assert drop_months("execution_item", timezone.now()) == [run.created.date().replace(day=1)]


def test_details_go_sooner_than_items(administrator: APIClient, settings: Any) -> None:
    settings.JIM_HISTORY_RETENTION, settings.JIM_HISTORY_DETAIL_RETENTION = 900 * 86_400, 30 * 86_400
    run = create_run(created=days_ago(100), status=ActivityStatus.COMPLETE)
    create_items(run, {})
    call(administrator, "post", f"{HISTORY}/cleanup")
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [run.created.strftime("execution_item_detail_%Y_%m")])
        assert cursor.fetchone() == (None,)
    assert ExecutionItem.objects.filter(activity=run).count() == 1
