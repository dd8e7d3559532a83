"""What starting and keeping a run alive may raise.

    SynchronisationError
    ├── ConfigurationError       an administrator must change something first
    │   └── RunRefusedError      ... before this run can be started; 400 BAD_REQUEST
    ├── RunConflictError         the run is in another state than the caller thinks; 409 CONFLICT
    ├── QueueUnavailableError    the work queue does not answer; 503 SERVICE_UNAVAILABLE
    └── LeaseLostError           another worker has this run now; the one that gets it just stops

What ends a run's own work is in `engine/errors.py`, what a connector raises in `connectors/errors.py`.
"""

from uuid import UUID


class SynchronisationError(Exception):
    """Base of all; str(error) is a sentence for the administrator that says what to do."""


class ConfigurationError(SynchronisationError):
    """The configuration does not allow it."""


class RunRefusedError(ConfigurationError):
    """The run profile cannot be executed as things are configured."""


class RunConflictError(SynchronisationError):
    """activity_id: of the run that is in the way, when it is known."""

    def __init__(self, message: str, *, activity_id: UUID | None = None) -> None:
        super().__init__(message)
        self.activity_id = activity_id


class QueueUnavailableError(SynchronisationError):
    """The broker did not take a message. activity_id: of the run it was for, if it was for one."""

    def __init__(self, message: str, *, activity_id: UUID | None = None) -> None:
        super().__init__(message)
        self.activity_id = activity_id


class LeaseLostError(SynchronisationError):
    """The run was taken over, or it ended: whatever the worker is doing for it must not be committed."""

    def __init__(self, activity_id: UUID, fence: int) -> None:
        super().__init__(f"Run {activity_id} is no longer held under fence {fence}: it was taken over, or it ended.")
        self.activity_id = activity_id
        self.fence = fence
