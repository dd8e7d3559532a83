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

from synchronisation import dispatch as dispatching
from synchronisation import scheduling
from synchronisation import sweep as sweeping
from synchronisation.carrying_out import carry_out, is_interruption
from synchronisation.errors import QueueUnavailableError
from synchronisation.housekeeping import start_housekeeping
from synchronisation.services import schedule_executions
from synchronisation.services.history import clean_up_all

logger = structlog.get_logger(__name__)


@shared_task(name=dispatching.RUN_TASK)
def run(activity_id: str) -> None:
    """Carry a run out, or go on with it; nothing when it has ended, is at work elsewhere or has to wait."""
    identifier = UUID(activity_id)
    with structlog.contextvars.bound_contextvars(activity_id=activity_id), tolerating_outages("run"):
        if carry_out(identifier):
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


@shared_task(name="synchronisation.tasks.history")
def history() -> None:
    with tolerating_outages("history"):
        clean_up_all()


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
