"""Leases: who may work on a connected system and on the metaverse, as rows (engine.md section 3).

In: an activity and what it needs. Out: a fence, a number under which its pages may commit, or None.
Always: all leases of a run are taken and given back together and carry one fence; rows that a takeover deleted
make the next page fail. Exclusion is a lock of one short transaction, so that PgBouncer in transaction mode works.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Now
from psycopg import Cursor

from activities.models import Activity, ActivityStatus, OperationType, TargetType
from synchronisation.errors import LeaseLostError
from synchronisation.models import LeaseMode, RunLease

from .precedence import METAVERSE, HeldLease, LeaseNeed, Place, QueuedRun, is_blocked, may_start, needs_of
from .pulse import Pulse, Signals, heartbeat, read_signals
from .statements import sql

__all__ = [
    "METAVERSE",
    "LeaseMode",
    "LeaseNeed",
    "Pulse",
    "Signals",
    "end_unstarted",
    "exclusively",
    "extend",
    "heartbeat",
    "held_leases",
    "hold",
    "needs_of",
    "queued_runs",
    "release",
    "take",
]

RUNS = (
    Q(target_type=TargetType.RUN_PROFILE, run_type__isnull=False, connected_system_id__isnull=False)
    | Q(target_type=TargetType.METAVERSE_OBJECT, operation_type=OperationType.DELETE, task_id__isnull=False)
    | Q(
        target_type=TargetType.CONNECTED_SYSTEM,
        operation_type__in=(OperationType.CLEAR, OperationType.DELETE),
        task_id__isnull=False,
    )
)
"""Activities that a worker carries out: run profiles that were executed, housekeeping, and systems that are cleared or
deleted."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def take(activity_id: UUID, needs: Sequence[LeaseNeed], owner: str) -> int | None:
    """Take all of `needs` for an open, unleased activity; its new fence, or None when it may not start now.

    The first taking sets the activity's `executed`. owner: who works on it, for the administrator's eyes.
    """
    with exclusively():
        activity = Activity.objects.filter(id=activity_id, status=ActivityStatus.IN_PROGRESS).first()
        held = held_leases()
        if activity is None or any(lease.holder.activity_id == activity_id for lease in held):
            return None
        run = QueuedRun(Place(activity.created, activity_id), tuple(needs))
        if not may_start(run, held, queued_runs(held)):
            return None
        fence = _next_fence()
        _insert(activity_id, fence, owner, needs, len(needs))
        Activity.objects.filter(id=activity_id).update(executed=Coalesce("executed", Now()))
        return fence


def extend(activity_id: UUID, fence: int, need: LeaseNeed) -> bool:
    """Add a shared lease under the same fence; False when the caller has to ask again a little later.

    The caller waits in place, and its first refusal leaves a row that keeps younger exclusive takers from
    overtaking it. It does not give way to runs that only wait: they may need the worker that it keeps busy.
    Raises: LeaseLostError.
    """
    with exclusively():
        mine = list(RunLease.objects.filter(activity_id=activity_id, fence=fence))
        if not mine:
            raise LeaseLostError(activity_id, fence)
        held = held_leases()
        place = next(lease.holder for lease in held if lease.holder.activity_id == activity_id)
        blocked = is_blocked(need, place, held)
        mode = LeaseMode.WAITING if blocked else need.mode
        if any(lease.resource == need.resource for lease in mine):
            RunLease.objects.filter(activity_id=activity_id, fence=fence, resource=need.resource).update(mode=mode)
        else:
            count = len(mine) + 1
            _insert(activity_id, fence, mine[0].owner, [LeaseNeed(need.resource, mode)], count)
            RunLease.objects.filter(activity_id=activity_id, fence=fence).update(lease_count=count)
        return not blocked


def release(activity_id: UUID, fence: int) -> None:
    """Give all leases of this fence back; nothing happens when they are gone."""
    RunLease.objects.filter(activity_id=activity_id, fence=fence).delete()


def hold(cursor: Cursor[Any], activity_id: UUID, fence: int) -> Signals:
    """Keep the run from being taken over until the cursor's transaction ends; what it is asked to do.

    The first statement of each page transaction, one round trip. cursor: one that gives rows as tuples.
    Raises: LeaseLostError.
    """
    cursor.execute(sql("hold_leases"), {"activity": activity_id, "fence": fence})
    return read_signals(cursor.fetchall(), activity_id, fence)


@contextmanager
def exclusively() -> Iterator[None]:
    """A short transaction in which nobody else takes or ends a run: keep it to a few statements."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(sql("lock_leases"))
        yield


def end_unstarted(activity_id: UUID, status: ActivityStatus, error_message: str | None = None) -> bool:
    """End an open activity that no worker has ever taken; False when one has, or when it had ended."""
    with exclusively():
        waiting = Activity.objects.filter(id=activity_id, status=ActivityStatus.IN_PROGRESS, executed=None)
        return bool(waiting.update(status=status, ended=Now(), error_message=error_message))


def held_leases() -> list[HeldLease]:
    """Every lease there is, with its holder's place in the queue: the first, if its activity is gone."""
    rows = list(RunLease.objects.values_list("resource", "mode", "activity_id"))
    holders = {holder for _, _, holder in rows}
    created_by_id = dict(Activity.objects.filter(id__in=holders).values_list("id", "created"))
    return [
        HeldLease(resource, LeaseMode(mode), Place(created_by_id.get(holder, LONG_AGO), holder))
        for resource, mode, holder in rows
    ]


def queued_runs(held: Sequence[HeldLease]) -> list[QueuedRun]:
    """The open runs without leases, oldest first."""
    rows = (
        Activity.objects.filter(RUNS, status=ActivityStatus.IN_PROGRESS)
        .exclude(id__in={lease.holder.activity_id for lease in held})
        .order_by("created", "id")
        .values_list("id", "created", "run_type", "connected_system_id")
    )
    return [
        QueuedRun(Place(created, activity_id), needs_of(run_type, system_id))
        for activity_id, created, run_type, system_id in rows
    ]


def _next_fence() -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql("next_fence"))
        row: tuple[int] = cursor.fetchone()
        return row[0]


def _insert(activity_id: UUID, fence: int, owner: str, needs: Sequence[LeaseNeed], count: int) -> None:
    """count: how many leases the fence has with these."""
    RunLease.objects.bulk_create(
        RunLease(
            resource=need.resource,
            activity_id=activity_id,
            mode=need.mode,
            fence=fence,
            owner=owner,
            heartbeat=Now(),
            lease_count=count,
        )
        for need in needs
    )
