"""Retry: what a store that is away for a moment makes of a run.

In: an attempt that may meet `TransientConnectorError`. Out: the attempt made, or after several failures its error.
Always: a cancel and a stop are heard while the run pauses; an attempt goes on where the run stands, and one that got
further than the one before it begins the pauses anew.
"""

import time
from collections.abc import Callable

import structlog

from connectors.errors import TransientConnectorError

from .pages import Run

logger = structlog.get_logger(__name__)

PAUSES_SECONDS = (2, 8, 30)
"""Between attempts: long enough for a restart or a failover, and no longer than an administrator would wait."""

LISTENING_SECONDS = 1
"""How long a pause goes on before it looks for a cancel or a stop again."""


def keep_trying(run: Run, attempt: Callable[[], None]) -> None:
    """Call `attempt`, and again after each pause while the store is away. Raises: TransientConnectorError."""
    failures = 0
    while True:
        position = dict(run.position)
        try:
            return attempt()
        except TransientConnectorError as error:
            failures = failures + 1 if run.position == position else 1
            if failures > len(PAUSES_SECONDS):
                raise
            logger.warning("connected system away", attempt=failures, error=str(error))
            run.warn(f"{error} It was tried again.")
        _pause(run, PAUSES_SECONDS[failures - 1])


def _pause(run: Run, seconds: float) -> None:
    """Raises: StopRequestedError, LeaseLostError."""
    end = time.monotonic() + seconds
    while True:
        with run.page():
            pass  # a page boundary: a cancel or a stop is heard here
        left = end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(left, LISTENING_SECONDS))
