"""The worker: its name on the leases it holds, and what happens to them when it is told to stop.

Celery's parent process does no run itself; it alone hears SIGTERM, and waits for its pool processes to finish
their tasks. So it marks their leases, and each run stops at its next page boundary and goes on elsewhere.
"""

import os
import secrets
import socket
import threading
import time
from typing import Any

import structlog
from celery.signals import worker_shutting_down
from django.db import Error, connection

from synchronisation.models import RunLease

logger = structlog.get_logger(__name__)

NAME = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
"""Made in the parent and inherited by the pool's processes; the token tells apart containers that look alike."""

REPEAT_SECONDS = 1
"""A task that the pool took from the parent just before the signal may get its lease just after it."""


def owner() -> str:
    """What a lease taken in this process says of its owner: the worker, then the process."""
    return f"{NAME}/{os.getpid()}"


def request_stop() -> int:
    """Ask every run of this worker to stop at its next page boundary; how many had not been asked before."""
    return RunLease.objects.filter(owner__startswith=f"{NAME}/", stop_requested=False).update(stop_requested=True)


def stop_runs(**_: Any) -> None:
    """In a thread: a signal's receiver must not keep the parent from its loop."""
    threading.Thread(target=_keep_requesting, name="stop-runs", daemon=True).start()


worker_shutting_down.connect(stop_runs)


def _keep_requesting() -> None:
    """Until the process ends, which it does as soon as its pool is idle."""
    while True:
        try:
            request_stop()
        except Error as exc:
            logger.warning("runs could not be asked to stop", error=str(exc))
            connection.close()
        time.sleep(REPEAT_SECONDS)
