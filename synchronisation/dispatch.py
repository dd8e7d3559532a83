"""Dispatch: every queued run finds a worker, whatever happened to its message.

In: the queue and the leases, as rows. Out: messages, which are wake-ups only.
Always: each call can be repeated and run at the same time as another; a message too many changes nothing.
"""

from collections.abc import Sequence
from uuid import UUID

from celery import current_app
from kombu.exceptions import OperationalError as BrokerError

from activities.models import Activity
from jim import conf
from synchronisation.engine import leases
from synchronisation.engine.precedence import HeldLease, QueuedRun, may_start
from synchronisation.errors import QueueUnavailableError

RUN_TASK = "synchronisation.tasks.run"


def publish(activity_id: UUID, task_id: UUID) -> None:
    """Wake a worker up for one run. Raises: QueueUnavailableError, within seconds."""
    try:
        current_app.send_task(RUN_TASK, args=[str(activity_id)], task_id=str(task_id))
    except BrokerError as exc:
        raise _unavailable(exc, activity_id) from exc


def dispatch() -> int:
    """Publish the queued runs that could start now, oldest first; how many. Raises: QueueUnavailableError.

    None, while the queue holds a message for each: when every worker is busy for hours, messages must not pile up.
    """
    held = leases.held_leases()
    runs = _startable(leases.queued_runs(held), held)
    if not runs or _messages_waiting() >= len(runs):
        return 0
    activities = Activity.objects.in_bulk([run.place.activity_id for run in runs])
    for run in runs:
        activity = activities[run.place.activity_id]
        publish(activity.id, activity.task_id or activity.id)
    return len(runs)


def _startable(queue: Sequence[QueuedRun], held: Sequence[HeldLease]) -> list[QueuedRun]:
    """Those that may start together, oldest first: each one's leases count as held for the next."""
    granted = list(held)
    runs = []
    for run in queue:
        if may_start(run, granted, queue):
            runs.append(run)
            granted += [HeldLease(need.resource, need.mode, run.place) for need in run.needs]
    return runs


def _messages_waiting() -> int:
    """Messages that no worker has fetched. Raises: QueueUnavailableError."""
    with current_app.connection_for_write() as connection:
        try:
            connection.ensure_connection(**current_app.conf.task_publish_retry_policy)
            with connection.channel() as channel:
                return int(channel.queue_declare(conf.runs_queue(), passive=True).message_count)
        except connection.channel_errors:
            return 0  # nothing was ever published, or the last message was fetched
        except (BrokerError, *connection.connection_errors) as exc:
            raise _unavailable(exc) from exc


def _unavailable(cause: Exception, activity_id: UUID | None = None) -> QueueUnavailableError:
    message = f"The work queue cannot be reached ({cause}). Check that the server of REDIS_URL is up, then try again."
    return QueueUnavailableError(message, activity_id=activity_id)
