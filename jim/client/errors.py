"""What can go wrong between a client and the server.

ClientError
├── SettingsError            the URL or the API key cannot be used, or there is none
├── ServerUnreachableError   nothing answers at the URL, or not in time
├── UnexpectedAnswerError    something answers, but not JIM
├── UnknownNameError         no connected system or run profile of that name or id
├── RunTimeoutError          the run goes on, the wait is over
└── ApiError                 JIM's error body, whatever the status; by status:
    ├── RefusedError             400 and other 4xx: a field, or the state of things, does not allow it
    ├── UnauthorisedError        401
    ├── ForbiddenError           403
    ├── NotFoundError            404
    ├── ConflictError            409
    ├── TooManyRequestsError     429, still after waiting as told
    └── ServerFaultError         5xx

Always: str() of each is a sentence or two that an administrator can act on.
"""

from collections.abc import Mapping, Sequence


class ClientError(Exception):
    """Base of everything that the client raises on purpose."""


class SettingsError(ClientError):
    pass


class ServerUnreachableError(ClientError):
    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        super().__init__(f"no JIM server answers at {url} ({reason}): check the URL, and that the server runs")


class UnexpectedAnswerError(ClientError):
    def __init__(self, url: str, problem: str) -> None:
        self.url = url
        super().__init__(f"{url} does not answer like a JIM server ({problem}): check the URL")


class UnknownNameError(ClientError):
    """names: those there are, as shown to the user."""

    def __init__(self, kind: str, wanted: str, names: Sequence[str]) -> None:
        self.wanted = wanted
        self.names = tuple(names)
        there_are = f"there are: {', '.join(names)}" if names else "there are none yet"
        super().__init__(f"no {kind} is called {wanted!r} or has that id; {there_are}")


class RunTimeoutError(ClientError):
    def __init__(self, activity_id: str, seconds: float) -> None:
        self.activity_id = activity_id
        self.seconds = seconds
        super().__init__(f"still running after {seconds:g} s; the run goes on as activity {activity_id}")


class ApiError(ClientError):
    """An error body of the API, field by field.

    validation_errors: messages by camelCase field, empty when the error concerns no field.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: str | None = None,
        validation_errors: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.validation_errors = dict(validation_errors or {})
        super().__init__(message)

    def __str__(self) -> str:
        fields = [f"{field}: {' '.join(messages)}" for field, messages in self.validation_errors.items()]
        return "; ".join([self.message, *fields]) + (f" ({self.details})" if self.details else "")


class RefusedError(ApiError):
    pass


class UnauthorisedError(ApiError):
    pass


class ForbiddenError(ApiError):
    pass


class NotFoundError(ApiError):
    pass


class ConflictError(ApiError):
    pass


class TooManyRequestsError(ApiError):
    pass


class ServerFaultError(ApiError):
    pass


ERROR_BY_STATUS: dict[int, type[ApiError]] = {
    401: UnauthorisedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: TooManyRequestsError,
}


def error_for(status: int) -> type[ApiError]:
    """The class for an error status; statuses without one of their own go by their hundreds."""
    return ERROR_BY_STATUS.get(status, ServerFaultError if status >= 500 else RefusedError)
