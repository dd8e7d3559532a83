"""Sweep: what dead workers leave behind is taken up again, or cleared away.

In: lease rows with their heartbeats. Out: runs without leases, which the dispatcher wakes a worker up for.
Always: recovery is the sweep's alone, so that a run which kills its worker is counted and not tried for ever; each
call can be repeated and run at the same time as another.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from psycopg import sql as psql
from psycopg.errors import LockNotAvailable

from activities.models import Activity, ActivityProgress, ActivityStatus
from jim import conf
from synchronisation.engine.statements import sql
from synchronisation.models import RunLease

from .dispatch import dispatch

logger = structlog.get_logger(__name__)

MAX_TAKEOVERS = 3
"""engine.md section 9: taken over three times without a new checkpoint, the next time ends the run."""


def sweep() -> int:
    """Take every dead run away from its worker, so that another goes on with it; how many.

    Dead: no heartbeat for `conf.lease_seconds()`. Raises: QueueUnavailableError.
    """
    dead = RunLease.objects.filter(heartbeat__lt=_oldest_heartbeat()).values_list("activity_id", flat=True).distinct()
    count = sum(take_over(activity_id) for activity_id in dead)
    drop_abandoned_tables()
    if count:
        dispatch()
    return count


def take_over(activity_id: UUID) -> bool:
    """Delete a dead run's leases and count it; False while its worker's last page is still on its way.

    A page holds its lease rows until the database has finished it, or ended it for being idle: the next sweep comes.
    """
    try:
        with transaction.atomic():
            rows = RunLease.objects.select_for_update(nowait=True).filter(activity_id=activity_id)
            ids = [row.pk for row in rows]
            if not ids or RunLease.objects.filter(pk__in=ids, heartbeat__gte=_oldest_heartbeat()).exists():
                return False  # another sweep was first, or the worker lives after all
            RunLease.objects.filter(pk__in=ids).delete()
            _count_takeover(activity_id)
    except OperationalError as exc:
        if isinstance(exc.__cause__, LockNotAvailable):
            return False
        raise
    logger.warning("run taken over", activity_id=str(activity_id))
    return True


def drop_abandoned_tables() -> None:
    """Drop the tables of runs that have ended without doing it themselves."""
    with connection.cursor() as cursor:
        cursor.execute(sql("abandoned_schemas"))
        for (schema,) in cursor.fetchall():
            cursor.execute(psql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(psql.Identifier(schema)))


def _oldest_heartbeat() -> CombinedExpression:
    return Now() - timedelta(seconds=conf.lease_seconds())


def _count_takeover(activity_id: UUID) -> None:
    progress = ActivityProgress.objects.filter(activity_id=activity_id)
    progress.update(takeovers=F("takeovers") + 1)
    if not progress.filter(takeovers__gt=MAX_TAKEOVERS).exists():
        return
    Activity.objects.filter(id=activity_id, status=ActivityStatus.IN_PROGRESS).update(
        status=ActivityStatus.FAILED_WITH_ERROR,
        ended=Now(),
        error_message=(
            f"The run's worker died, or lost the database, {MAX_TAKEOVERS + 1} times at the same place. "
            f"Look for {activity_id} in the logs of the workers, remove the cause, then execute the run profile again."
        ),
    )
