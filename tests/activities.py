"""Rows of activities that tests begin with."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from activities.items import item_id, month_of
from activities.models import Activity, ActivityProgress, ExecutionItem, OperationType, RunType, TargetType

RUN = {"target_type": TargetType.RUN_PROFILE, "operation_type": OperationType.EXECUTE, "run_type": RunType.FULL_IMPORT}


def create_activity(*, created: datetime | None = None, **fields: Any) -> Activity:
    """An activity of a schedule, which is no run, unless fields say otherwise."""
    defaults = {"target_type": TargetType.SCHEDULE, "operation_type": OperationType.EXECUTE}
    return Activity.objects.create(created=created or timezone.now(), **defaults | fields)


def create_run(*, progress: dict[str, Any] | None = None, **fields: Any) -> Activity:
    """A run with its progress row."""
    run = create_activity(**RUN | fields)
    ActivityProgress.objects.create(activity=run, **progress or {})
    return run


def create_items(run: Activity, *items: dict[str, Any]) -> None:
    """Store items with ordinals from 0, and count them."""
    ensure_partitions(run)
    ExecutionItem.objects.bulk_create(
        ExecutionItem(
            **{"id": item_id(run.pk, ordinal), "month": month_of(run), "activity": run, "ordinal": ordinal}
            | {"change_type": "Add"}
            | item
        )
        for ordinal, item in enumerate(items)
    )
    ActivityProgress.objects.filter(activity=run).update(item_count=len(items))


def create_many_items(run: Activity, number: int) -> None:
    """Store `number` items by one statement: user 0 to number - 1, all added."""
    ensure_partitions(run)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO execution_item (id, month, activity_id, ordinal, external_id, display_name, object_type,
                change_type, outcome_summary)
            SELECT execution_item_id(%(run)s, ordinal), %(month)s, %(run)s, ordinal, ordinal::text,
                'User ' || ordinal, 'user', 'Add', 'CsoAdded:1'
            FROM generate_series(0, %(number)s - 1) AS ordinal
            """,
            {"run": run.pk, "month": month_of(run), "number": number},
        )
    ActivityProgress.objects.filter(activity=run).update(item_count=number)


def ensure_partitions(run: Activity) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT ensure_item_partitions(%s)", (month_of(run),))
