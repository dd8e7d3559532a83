"""Keeps services running until told to stop.

In: services, in starting order. Out: nothing; returns when SIGTERM, SIGINT or SIGHUP came, after stopping every
service, the last started first. Always: a service that ends is started again with growing pauses; one that everything
needs and that keeps ending ends the whole.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from time import monotonic
from types import TracebackType
from typing import Self

from jim.servers.child import Child, last_log_line
from jim.servers.errors import GaveUpError, ServerError

STOP_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
WAITED_SIGNALS = STOP_SIGNALS | {signal.SIGCHLD}
FIRST_BACKOFF_SECONDS = 1.0
LAST_BACKOFF_SECONDS = 30.0
# A service that ran this long was healthy: its next end counts as the first.
HEALTHY_SECONDS = 60.0
ESSENTIAL_ATTEMPTS = 5


class StopRequested(Exception):
    """A signal told us to stop: no error, but the way out of whatever is being waited for."""


@dataclass(slots=True)
class Service:
    """A child that is started again.

    stage: services of one stage are stopped together, the highest stage first.
    essential: nothing works without it. failures: ends in a row. due: when to start it again.
    """

    name: str
    start: Callable[[], Child]
    child: Child
    stop_seconds: float
    stage: int
    essential: bool = False
    failures: int = 0
    due: float | None = None

    @property
    def backoff_seconds(self) -> float:
        """1, 2, 4 ... 30 seconds."""
        return min(FIRST_BACKOFF_SECONDS * 2.0 ** max(self.failures - 1, 0), LAST_BACKOFF_SECONDS)


class Supervisor:
    """A context manager: signals are held back and waited for inside, services are stopped on leaving."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._services: list[Service] = []

    def __enter__(self) -> Self:
        # Held back, a signal that comes while we do something else is still there when we wait.
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_SIGNALS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._stop_all()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED_SIGNALS)
        return kind is StopRequested

    def add(self, service: Service) -> None:
        """Look after a started service from now on. Services are added in the order of their stages."""
        self._services.append(service)

    def pause(self, seconds: float) -> None:
        """Wait; shorter when a child ends. Raises StopRequested when a signal tells us to stop."""
        received = signal.sigtimedwait(WAITED_SIGNALS, seconds)
        if received is not None and received.si_signo in STOP_SIGNALS:
            raise StopRequested

    def watch(self) -> None:
        """Look after the services until StopRequested or GaveUpError."""
        while True:
            for service in self._services:
                self._look_after(service)
            waiting = [service.due for service in self._services if service.due is not None]
            self.pause(max(min(waiting, default=monotonic() + 60) - monotonic(), 0.01))

    def _look_after(self, service: Service) -> None:
        if service.due is None and service.child.exit_status is not None:
            self._plan_restart(service)
        elif service.due is not None and service.due <= monotonic():
            self._restart(service)

    def _plan_restart(self, service: Service) -> None:
        service.child.kill()  # the rest of its process group
        lived = monotonic() - service.child.started
        service.failures = 1 if lived > HEALTHY_SECONDS else service.failures + 1
        self._schedule(service, f"{service.name} {_how_it_ended(service.child)}")

    def _restart(self, service: Service) -> None:
        service.due = None
        try:
            service.child = service.start()
        except ServerError as exc:
            service.failures += 1
            self._schedule(service, str(exc))

    def _schedule(self, service: Service, what_happened: str) -> None:
        if service.essential and service.failures > ESSENTIAL_ATTEMPTS:
            raise GaveUpError(f"giving up after {ESSENTIAL_ATTEMPTS} new starts: {what_happened}")
        service.due = monotonic() + service.backoff_seconds
        self._say(f"{what_happened}; starting it again in {service.backoff_seconds:.0f} s")

    def _stop_all(self) -> None:
        """Highest stage first. A second signal ends the patience with all but the essential servers."""
        hurried = False
        for _, group in groupby(reversed(self._services), key=lambda service: service.stage):
            services = list(group)
            self._say(f"Stopping {', '.join(service.name for service in services)}")
            for service in services:
                service.child.ask_to_stop()
            for service in services:
                hurried |= not self._wait_for_end(service, hurried=hurried)

    def _wait_for_end(self, service: Service, *, hurried: bool) -> bool:
        """False when a signal interrupted the wait."""
        seconds = 0 if hurried and not service.essential else service.stop_seconds
        try:
            service.child.wait(seconds, self.pause)
        except StopRequested:
            self._wait_for_end(service, hurried=True)
            return False
        return True


def _how_it_ended(child: Child) -> str:
    status = child.exit_status or 0
    how = f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
    return f"{how}: {last_log_line(child.command.log)} (see {child.command.log})"
