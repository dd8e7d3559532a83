"""Pulse: a run shows that it lives, and hears what it is asked to do.

In: an activity and the fence of its leases. Out: a Pulse whose events are set by a thread.
Always: the thread has a connection of its own and writes only lease rows, in one statement a beat, so that it
waits for no page; it ends with the `with` block, and by itself when the leases are gone.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import Error, connection

from jim import conf
from synchronisation.errors import LeaseLostError

from .statements import sql

logger = structlog.get_logger(__name__)

JOIN_SECONDS = 5
"""How long the end of a run waits for its last beat; a thread that hangs on a dead connection ends with the process."""

SignalRow = tuple[int, bool, bool]
"""lease_count, stop_requested, cancel_requested of one lease row."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What a run is asked to do at its next page boundary. stop: go on elsewhere; cancel: end."""

    stop: bool
    cancel: bool


@dataclass(frozen=True, slots=True)
class Pulse:
    """For what happens between pages, a long read above all; pages learn the same from `leases.hold`.

    lost: the leases are gone. stopping: this worker was told to stop. cancelled: somebody cancelled the run.
    """

    lost: threading.Event = field(default_factory=threading.Event)
    stopping: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)


def read_signals(rows: Sequence[SignalRow], activity_id: UUID, fence: int) -> Signals:
    """The one meaning of a fence's lease rows. Raises: LeaseLostError when any is missing."""
    if not rows or len(rows) < max(count for count, _, _ in rows):
        raise LeaseLostError(activity_id, fence)
    return Signals(stop=any(stop for _, stop, _ in rows), cancel=any(cancel for _, _, cancel in rows))


@contextmanager
def heartbeat(activity_id: UUID, fence: int) -> Iterator[Pulse]:
    """Touch the leases every `conf.heartbeat_seconds()` while the block runs."""
    pulse = Pulse()
    finished = threading.Event()
    thread = threading.Thread(
        target=_beat, args=(activity_id, fence, pulse, finished), name=f"heartbeat-{activity_id}", daemon=True
    )
    thread.start()
    try:
        yield pulse
    finally:
        finished.set()
        thread.join(JOIN_SECONDS)


def _beat(activity_id: UUID, fence: int, pulse: Pulse, finished: threading.Event) -> None:
    try:
        while not pulse.lost.is_set() and not finished.wait(conf.heartbeat_seconds()):
            _touch(activity_id, fence, pulse)
    finally:
        connection.close()


def _touch(activity_id: UUID, fence: int, pulse: Pulse) -> None:
    """One beat. A database that is away is no reason to stop: if it lasts, the sweep decides."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql("touch_leases"), {"activity": activity_id, "fence": fence})
            signals = read_signals(cursor.fetchall(), activity_id, fence)
    except LeaseLostError:
        pulse.lost.set()
    except Error as exc:
        logger.warning("heartbeat failed", activity_id=str(activity_id), error=str(exc))
        connection.close()
    else:
        _tell(pulse, signals)


def _tell(pulse: Pulse, signals: Signals) -> None:
    if signals.stop:
        pulse.stopping.set()
    if signals.cancel:
        pulse.cancelled.set()
