"""Teach the API's error handler what services and connectors raise. Imported once, when the app is ready."""

from connectors.errors import ConfigurationError, ConnectorError, SourceError
from jim.api.errors import ErrorCode, Failure, describe
from jim.api.names import camel_case
from synchronisation.errors import QueueUnavailableError, RunConflictError, RunRefusedError
from synchronisation.services.errors import AlreadyMemberError, NotPossibleError, RefusedError


@describe.register
def _(exc: RefusedError) -> Failure:
    by_field = {camel_case(path): list(sentences) for path, sentences in exc.fields.items()}
    general = " ".join(by_field.pop("", ()))
    message = general or f"The request is not valid: {', '.join(by_field)}."
    return Failure(400, ErrorCode.VALIDATION_ERROR, message, validation_errors=by_field or None)


@describe.register(NotPossibleError)
@describe.register(RunRefusedError)
@describe.register(ConfigurationError)
@describe.register(SourceError)
def _(exc: Exception) -> Failure:
    return Failure(400, ErrorCode.BAD_REQUEST, str(exc))


@describe.register
def _(exc: ConnectorError) -> Failure:
    """The external store cannot be reached: its words are written for the administrator."""
    return Failure(500, ErrorCode.INTERNAL_ERROR, str(exc))


@describe.register(RunConflictError)
@describe.register(AlreadyMemberError)
def _(exc: Exception) -> Failure:
    return Failure(409, ErrorCode.CONFLICT, str(exc))


@describe.register
def _(exc: QueueUnavailableError) -> Failure:
    return Failure(503, ErrorCode.SERVICE_UNAVAILABLE, str(exc))
