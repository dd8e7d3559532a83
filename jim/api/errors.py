"""Errors: whatever an endpoint raises becomes the one error body of the contract.

In: any exception. Out: a response with `code`, `message`, `details`, `validationErrors`, `timestamp`.
Always: no stack trace and no text of an unexpected fault leaves the server; such faults are logged.

    APIException (DRF)
    ├── ValidationError     400 VALIDATION_ERROR     a field or parameter is refused
    ├── BadRequest          400 BAD_REQUEST          the action does not fit the resource now
    ├── Conflict            409 CONFLICT
    └── ServiceUnavailable  503 SERVICE_UNAVAILABLE  database or work queue unreachable

`describe` knows Django's and the broker's exceptions besides. An app teaches it its own error families, in its
`api/errors.py`, which its `api/urls.py` imports:

    @describe.register
    def _(exc: RunConflictError) -> Failure:
        return Failure(409, ErrorCode.CONFLICT, str(exc))
"""

import logging
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import singledispatch
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from jim.api.names import camel_case

logger = logging.getLogger(__name__)


class ErrorCode(StrEnum):
    VALIDATION_ERROR = "VALIDATION_ERROR"
    BAD_REQUEST = "BAD_REQUEST"
    UNAUTHORISED = "UNAUTHORISED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"


CODE_BY_STATUS: Mapping[int, ErrorCode] = {
    401: ErrorCode.UNAUTHORISED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    409: ErrorCode.CONFLICT,
    429: ErrorCode.TOO_MANY_REQUESTS,
    500: ErrorCode.INTERNAL_ERROR,
    503: ErrorCode.SERVICE_UNAVAILABLE,
}


class BadRequest(APIException):
    """The action does not fit the resource as it is now."""

    status_code = 400
    default_detail = "The request does not fit the resource."


class Conflict(APIException):
    """The action clashes with another, or with what was done before."""

    status_code = 409
    default_detail = "The request clashes with the current state."


class ServiceUnavailable(APIException):
    """The database or the work queue cannot be reached."""

    status_code = 503
    default_detail = "The service is not available at the moment: try again later."


@dataclass(frozen=True, slots=True)
class Failure:
    """What the caller is told. validation_errors: messages by camelCase field name."""

    status: int
    code: ErrorCode
    message: str
    details: str | None = None
    validation_errors: Mapping[str, list[str]] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        return {
            "code": self.code.value,
            "message": self.message,
            "details": self.details,
            "validationErrors": self.validation_errors,
            "timestamp": timezone.now(),
        }


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER setting."""
    failure = describe(exc)
    if failure.status == 500:
        logger.error("%s %s failed", context["request"].method, context["request"].path, exc_info=exc)
    if failure is UNEXPECTED:
        # What Django sends when it answers 500 itself; its test client raises the exception on it.
        got_request_exception.send(sender=None, request=context["request"])
    return Response(failure.body(), failure.status, headers=dict(failure.headers))


UNEXPECTED = Failure(
    500, ErrorCode.INTERNAL_ERROR, "An unexpected error occurred. The log of the server says what happened."
)


@singledispatch
def describe(exc: Exception) -> Failure:
    """Failure for an exception, by its class; an app adds its own with `describe.register`."""
    return UNEXPECTED


@describe.register
def _(exc: APIException) -> Failure:
    status = exc.status_code
    headers = {}
    if scheme := getattr(exc, "auth_header", None):  # set by DRF on a 401
        headers["WWW-Authenticate"] = scheme
    if wait := getattr(exc, "wait", None):  # set by DRF on a 429, in seconds
        headers["Retry-After"] = str(math.ceil(wait))
    return Failure(status, CODE_BY_STATUS.get(status, ErrorCode.BAD_REQUEST), str(exc.detail), headers=headers)


@describe.register
def _(exc: ValidationError) -> Failure:
    by_field: dict[str, list[str]] = {}
    for name, message in _messages(exc.detail):
        by_field.setdefault(name, []).append(message)
    general = " ".join(by_field.pop("", ()))
    message = general or f"The request is not valid: {', '.join(by_field)}."
    return Failure(400, ErrorCode.VALIDATION_ERROR, message, validation_errors=by_field or None)


@describe.register
def _(exc: Http404) -> Failure:
    return Failure(404, ErrorCode.NOT_FOUND, str(exc) or "The addressed resource does not exist.")


@describe.register
def _(exc: PermissionDenied) -> Failure:
    return Failure(403, ErrorCode.FORBIDDEN, str(exc) or "The caller may not do this.")


@describe.register(OperationalError)
@describe.register(InterfaceError)
def _(exc: Exception) -> Failure:
    logger.warning("database unavailable: %s", exc)
    return Failure(503, ErrorCode.SERVICE_UNAVAILABLE, "The database is not available: try again later.")


@describe.register(BrokerError)
@describe.register(RedisError)
def _(exc: Exception) -> Failure:
    logger.warning("work queue unavailable: %s", exc)
    return Failure(
        503, ErrorCode.SERVICE_UNAVAILABLE, "The work queue is not available at the moment: try again later."
    )


def _messages(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(field as the client sent it, message) of each message in DRF's nested error detail; "" is the whole body."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _messages(inner, _join(path, key))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            is_message = isinstance(inner, str)
            yield from _messages(inner, path if is_message else f"{path}[{index}]")
    else:
        yield path, str(detail)


def _join(path: str, key: str | int) -> str:
    if key == api_settings.NON_FIELD_ERRORS_KEY:
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    # Deeper keys may be the client's own (a setting's name), which are repeated as they came.
    return f"{path}.{key}" if path else camel_case(key)
