"""Lanes: pages of one run that are under way at once, and commit in their order.

In: functions that each work one page. Out: the same, done by threads with a database connection each. Always: a page
takes its ordinals, and commits, after the page before it; when one fails, those behind it end with
AbandonedError and nothing of theirs is kept; what failed first is raised where the next is handed over, or at the end.

PostgreSQL works for one page while Python decides the next, or for two pages on two cores: see docs/performance.md.
While lanes are open, Python's threads take turns every SWITCH_SECONDS: a lane that PostgreSQL answered would otherwise
wait 5 ms for the thread that decides, at each of hundreds of waits a page, with PostgreSQL idle.
"""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle
from threading import Event
from types import TracebackType
from typing import Self

from django.db import connection

from .errors import AbandonedError

SWITCH_SECONDS = 0.0005
"""Python's own is 0.005: an unchanged import then takes 1.3 times as long, a full synchronisation 1.2 times."""


class Turn:
    """One page's place behind the one before it, in two steps."""

    def __init__(self, before: "Turn | None" = None) -> None:
        self._before = before
        self._numbered = Event()
        self._ended = Event()
        self._failed = False

    def wait_to_number(self) -> None:
        """Until the page before has taken its ordinals. Raises: AbandonedError."""
        if self._before is not None:
            self._before._numbered.wait()
            self._before._check()

    def numbered(self) -> None:
        """This page has its ordinals."""
        self._numbered.set()

    def wait_to_commit(self) -> None:
        """Until the page before has committed. Raises: AbandonedError."""
        if self._before is not None:
            self._before._ended.wait()
            self._before._check()
            self._before = None

    def end(self, *, failed: bool) -> None:
        """This page has committed, or never will."""
        self._failed = failed
        self._numbered.set()
        self._ended.set()

    def _check(self) -> None:
        if self._failed:
            raise AbandonedError


Work = Callable[[Turn], None]


class Lanes:
    """The threads, as many as pages may be under way; leaving the block waits for them."""

    def __init__(self, count: int) -> None:
        self._lanes = [_Lane() for _ in range(count)]
        self._next = cycle(self._lanes)
        self._last_turn: Turn | None = None

    def __enter__(self) -> Self:
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failures = [failure for lane in self._lanes if (failure := lane.close()) is not None]
        sys.setswitchinterval(self._switch_interval)
        first = next((failure for failure in failures if not isinstance(failure, AbandonedError)), None)
        if first is not None and error is None:
            raise first

    def submit(self, work: Work) -> None:
        """Hand the next page over, when its lane is free. Raises: what the page there raised."""
        lane = next(self._next)
        lane.wait()
        turn = self._last_turn = Turn(self._last_turn)
        lane.start(work, turn)


class _Lane:
    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lane")
        self._under_way: Future[None] | None = None

    def start(self, work: Work, turn: Turn) -> None:
        self._under_way = self._thread.submit(_carry_out, work, turn)

    def wait(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()

    def close(self) -> BaseException | None:
        """Wait, give the connection back; what the last page raised."""
        failure = self._under_way.exception() if self._under_way is not None else None
        self._thread.submit(_close_connection)
        self._thread.shutdown()
        return failure


def _carry_out(work: Work, turn: Turn) -> None:
    try:
        work(turn)
    except BaseException:
        turn.end(failed=True)
        raise
    turn.end(failed=False)


def _close_connection() -> None:
    """Of the thread that calls this: Django keeps one for each."""
    connection.close()
