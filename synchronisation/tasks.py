"""The Celery tasks: thin entries that take, call and give back.

A message is only a wake-up: what there is to do stands in rows. So a task that finds the database or the broker
away just ends; the dispatcher or the sweep comes to the same rows again within seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import structlog
from celery import shared_task
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from activities.models import Activity
from synchronisation import dispatch as dispatching
from synchronisation import scheduling, worker
from synchronisation import sweep as sweeping
from synchronisation.engine import leases
from synchronisation.engine import run as engine
from synchronisation.engine.errors import StopRequestedError
from synchronisation.engine.precedence import HOUSEKEEPING
from synchronisation.errors import LeaseLostError, QueueUnavailableError
from synchronisation.housekeeping import start_housekeeping
from synchronisation.services import schedule_executions

logger = structlog.get_logger(__name__)

INTERRUPTIONS = ("08", "25P03", "40", "53300", "55P03", "57")
"""SQLSTATE prefixes after which the same may succeed when tried again: connection lost, ended for being idle in a
page, serialisation and deadlock, too many connections, lock not available in time, shut down or cancelled by an
operator. Others (a full disk, a schema that is not migrated) would only fail again: they end the run at once, with
the database's own words."""


@shared_task(name=dispatching.RUN_TASK)
def run(activity_id: str) -> None:
    """Carry a run out, or go on with it; nothing when it has ended, is at work elsewhere or has to wait."""
    identifier = UUID(activity_id)
    with structlog.contextvars.bound_contextvars(activity_id=activity_id), tolerating_outages("run"):
        fence = _take(identifier)
        if fence is not None:
            _carry_out(identifier, fence)
            dispatching.dispatch()
            schedule_executions.advance_all()


@shared_task(name="synchronisation.tasks.dispatch")
def dispatch() -> None:
    with tolerating_outages("dispatch"):
        dispatching.dispatch()


@shared_task(name="synchronisation.tasks.sweep")
def sweep() -> None:
    with tolerating_outages("sweep"):
        sweeping.sweep()


@shared_task(name="synchronisation.tasks.housekeeping")
def housekeeping() -> None:
    with tolerating_outages("housekeeping"):
        start_housekeeping()


@shared_task(name="synchronisation.tasks.schedules")
def schedules() -> None:
    """Start the schedules that are due, and take the executions of all further."""
    with tolerating_outages("schedules"):
        schedule_executions.start_due(timezone.now())
        schedule_executions.advance_all()


@contextmanager
def tolerating_outages(doing: str) -> Iterator[None]:
    """A database or broker that is away ends the task with a warning."""
    try:
        yield
    except QueueUnavailableError as exc:
        logger.warning("work queue away", doing=doing, error=str(exc))
    except (DatabaseError, InterfaceError, psycopg.Error) as exc:
        if not is_interruption(exc):
            raise
        logger.warning("interrupted by the database", doing=doing, error=str(exc))
        connection.close()


def is_interruption(error: Exception) -> bool:
    """Whether the database, or the way to it, failed in a manner that passes."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is None:
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return cause.sqlstate.startswith(INTERRUPTIONS)


def _take(activity_id: UUID) -> int | None:
    activity = Activity.objects.filter(leases.RUNS, id=activity_id).first()
    if activity is None:
        return None
    needs = leases.needs_of(activity.run_type or HOUSEKEEPING, activity.connected_system_id)
    return leases.take(activity_id, needs, worker.owner())


def _carry_out(activity_id: UUID, fence: int) -> None:
    """Perform under a heartbeat, then give the leases back.

    Not after an interruption: the leases run out, and the sweep counts it as it counts a dead worker. So a page
    that breaks its connection each time ends after the fourth, and waiting for the sweep is the backoff.
    """
    with leases.heartbeat(activity_id, fence):
        try:
            _perform(activity_id, fence)
        except LeaseLostError as exc:
            logger.warning("run lost to another worker", error=str(exc))
        except StopRequestedError:
            logger.info("run given back: this worker was told to stop")
    leases.release(activity_id, fence)


def _perform(activity_id: UUID, fence: int) -> None:
    try:
        engine.perform(activity_id, fence)
    except (LeaseLostError, StopRequestedError):
        raise
    except Exception as exc:  # the task's edge: whatever it was, the administrator reads it
        if is_interruption(exc):
            raise
        logger.exception("run failed")
        engine.fail(activity_id, fence, exc)


@shared_task(
    bind=True,
    name=scheduling.TASK,
    base=scheduling.FiredTask,
    autoretry_for=(OperationalError, InterfaceError),
    retry_backoff=True,
    retry_backoff_max=60,
    max_retries=None,
)
def start_scheduled_run(self: scheduling.FiredTask, run_profile_id: int) -> None:
    """Start what is due; tried again while the database is away, since no row says yet that there is anything."""
    scheduling.start_occurrence(run_profile_id, scheduling.fired_at(self.request), again=self.request.retries > 0)
