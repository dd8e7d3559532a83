"""Carry out: one run in this process, if it may start now. Workers do it, and requests that wait for a short one.

In: an open activity. Out: whether it was this process's turn. Always: what goes wrong stands in the activity, except
that the database went away: then the leases run out, and the sweep counts it as it counts a dead worker.
"""

from uuid import UUID

import psycopg
import structlog

from activities.models import Activity
from synchronisation import worker
from synchronisation.engine import leases
from synchronisation.engine import run as engine
from synchronisation.engine.errors import StopRequestedError
from synchronisation.errors import LeaseLostError

logger = structlog.get_logger(__name__)

INTERRUPTIONS = ("08", "25P03", "40", "53300", "55P03", "57")
"""SQLSTATE prefixes after which the same may succeed when tried again: connection lost, ended for being idle in a
page, serialisation and deadlock, too many connections, lock not available in time, shut down or cancelled by an
operator. Others (a full disk, a schema that is not migrated) would only fail again: they end the run at once, with
the database's own words."""


def carry_out(activity_id: UUID) -> bool:
    """Carry a run out, or go on with it; False when it has ended, is at work elsewhere or has to wait."""
    activity = Activity.objects.filter(leases.RUNS, id=activity_id).first()
    if activity is None:
        return False
    needs = leases.needs_of(activity.run_type, activity.connected_system_id)
    fence = leases.take(activity_id, needs, worker.owner())
    if fence is None:
        return False
    _perform_and_release(activity_id, fence)
    return True


def is_interruption(error: Exception) -> bool:
    """Whether the database, or the way to it, failed in a manner that passes."""
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is None:
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)
    return cause.sqlstate.startswith(INTERRUPTIONS)


def _perform_and_release(activity_id: UUID, fence: int) -> None:
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
    except Exception as exc:  # the edge: whatever it was, the administrator reads it
        if is_interruption(exc):
            raise
        logger.exception("run failed")
        engine.fail(activity_id, fence, exc)
