"""What ends a run's work before its end, from inside the engine.

RunError
├── RunFailedError       the run cannot go on; its message is for the administrator
├── AbandonedError       the page before this one failed, so this one must not commit
└── StopRequestedError   the worker was told to stop, or somebody cancelled: not a failure
"""


class RunError(Exception):
    """Base of all."""


class RunFailedError(RunError):
    """str(error) says what to do; the activity shows it without a stack trace."""


class AbandonedError(RunError):
    """Only between pages that are under way at once; the run ends with what the first of them raised."""


class StopRequestedError(RunError):
    """At a page boundary: give the lease back and go on elsewhere or, when cancelled, end the activity."""

    def __init__(self, *, cancelled: bool) -> None:
        super().__init__("cancelled" if cancelled else "stopped")
        self.cancelled = cancelled
