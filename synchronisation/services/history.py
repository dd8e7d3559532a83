"""History: how much is kept, and removing what is older than its retention.

    execution items and their details   by month, details sooner than items (`activities.retention`)
    activities, deleted objects         by row, at most a batch of each in one cleanup

Always: a cleanup that removed something leaves an activity, and so does each one that somebody asked for. Change
records count as removed with the activity that made them: what is left of them in a month that is not over cannot be
reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from activities.models import Activity, ActivityStatus, OperationType, TargetType
from activities.recorder import SYSTEM, Initiator, record
from activities.retention import drop_months
from jim import conf
from synchronisation.engine.precedence import SYNCHRONISATIONS
from synchronisation.engine.statements import sql
from synchronisation.models import ConnectedSystem, DeletedCso, DeletedMvo

BATCH_SIZE = 1_000
"""Rows of each kind that one cleanup removes at most: a request that takes well under a second."""


@dataclass(frozen=True, slots=True)
class ChangeRecordCount:
    connected_system_id: int
    connected_system_name: str | None
    change_record_count: int


@dataclass(slots=True)
class Cleanup:
    """What one cleanup removed; the contract's HistoryCleanupResult. rows: of all kinds; times: when they were made."""

    cutoff_date: datetime
    retention_period_days: int
    batch_size: int = BATCH_SIZE
    cso_changes_deleted: int = 0
    mvo_changes_deleted: int = 0
    activities_deleted: int = 0
    months_dropped: int = 0
    rows: int = 0
    times: list[datetime] = field(default_factory=list)

    @property
    def oldest_record_deleted(self) -> datetime | None:
        return min(self.times, default=None)

    @property
    def newest_record_deleted(self) -> datetime | None:
        return max(self.times, default=None)

    @property
    def removed_anything(self) -> bool:
        return bool(self.rows or self.months_dropped)

    def summary(self) -> str:
        return (
            f"History before {self.cutoff_date:%Y-%m-%d %H:%M} UTC: {self.activities_deleted} activities, "
            f"{self.cso_changes_deleted} changes of connector space objects and {self.mvo_changes_deleted} of "
            f"metaverse objects removed; {self.months_dropped} months of execution items or their details dropped."
        )


def count_change_records(system_id: int) -> ChangeRecordCount | None:
    """What runs changed in objects of a system, and its deleted objects; None when there is no trace of the system."""
    name = ConnectedSystem.objects.filter(pk=system_id).values_list("name", flat=True).first()
    deleted = DeletedCso.objects.filter(system_id=system_id)
    with connection.cursor() as cursor:
        cursor.execute(sql("count_details"), {"system": system_id})
        (details,) = cursor.fetchone()
    count = details + deleted.count()
    if name is None and not count:
        return None
    return ChangeRecordCount(system_id, name or deleted.values_list("system_name", flat=True).first(), count)


def clean_up(initiator: Initiator) -> Cleanup:
    """Remove one batch of what is older than its retention, and leave an activity."""
    cleanup = _remove_expired()
    _record(cleanup, initiator)
    return cleanup


def clean_up_all() -> None:
    """What housekeeping does: batch after batch until nothing is left that is too old."""
    while (cleanup := _remove_expired()).removed_anything:
        _record(cleanup, SYSTEM)


def _record(cleanup: Cleanup, initiator: Initiator) -> None:
    record(
        TargetType.HISTORY_RETENTION_CLEANUP,
        OperationType.DELETE,
        target_name="History",
        initiator=initiator,
        message=cleanup.summary(),
    )


def _remove_expired() -> Cleanup:
    now, retention = timezone.now(), conf.history_retention()
    cleanup = Cleanup(now - retention, retention.days)
    details = now - min(retention, conf.history_detail_retention())
    cleanup.months_dropped = len(drop_months("execution_item_detail", details))
    cleanup.months_dropped += len(drop_months("execution_item", cleanup.cutoff_date))
    _remove_activities(cleanup)
    cleanup.cso_changes_deleted += _remove_deleted(cleanup, DeletedCso)
    cleanup.mvo_changes_deleted += _remove_deleted(cleanup, DeletedMvo)
    return cleanup


@transaction.atomic
def _remove_activities(cleanup: Cleanup) -> None:
    """The oldest; those that are open stay, whatever their age."""
    expired = Activity.objects.filter(created__lt=cleanup.cutoff_date).exclude(status=ActivityStatus.IN_PROGRESS)
    oldest = expired.order_by("created", "pk").values_list("pk", "created", "run_type", "progress__item_count")
    rows = list(oldest[:BATCH_SIZE])
    for _, _, run_type, items in rows:
        if run_type is None or run_type in SYNCHRONISATIONS:
            cleanup.mvo_changes_deleted += items or 0
        else:
            cleanup.cso_changes_deleted += items or 0
    Activity.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
    cleanup.activities_deleted = _count(cleanup, [created for _, created, *_ in rows])


@transaction.atomic
def _remove_deleted(cleanup: Cleanup, model: Any) -> int:
    """How many records of deleted objects went, the oldest first."""
    expired = model.objects.filter(deleted__lt=cleanup.cutoff_date).order_by("deleted", "pk")
    rows = list(expired.values_list("pk", "deleted")[:BATCH_SIZE])
    model.objects.filter(pk__in=[pk for pk, _ in rows]).delete()
    return _count(cleanup, [deleted for _, deleted in rows])


def _count(cleanup: Cleanup, times: Sequence[datetime]) -> int:
    """times: in order; the first and the last of them are the oldest and the newest."""
    if times:
        cleanup.times += (times[0], times[-1])
    cleanup.rows += len(times)
    return len(times)
