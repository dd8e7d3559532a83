from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisConnectionError
from rest_framework import exceptions

from jim.api.errors import BadRequest, Conflict, Failure, ServiceUnavailable, describe


@pytest.mark.parametrize(
    ("exc", "status", "code"),
    [
        (exceptions.ValidationError({"name": ["x"]}), 400, "VALIDATION_ERROR"),
        (exceptions.ParseError(), 400, "BAD_REQUEST"),
        (BadRequest(), 400, "BAD_REQUEST"),
        (exceptions.AuthenticationFailed(), 401, "UNAUTHORISED"),
        (exceptions.NotAuthenticated(), 401, "UNAUTHORISED"),
        (exceptions.PermissionDenied(), 403, "FORBIDDEN"),
        (PermissionDenied(), 403, "FORBIDDEN"),
        (exceptions.NotFound(), 404, "NOT_FOUND"),
        (Http404(), 404, "NOT_FOUND"),
        (exceptions.MethodNotAllowed("PATCH"), 405, "BAD_REQUEST"),
        (exceptions.NotAcceptable(), 406, "BAD_REQUEST"),
        (Conflict(), 409, "CONFLICT"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "BAD_REQUEST"),
        (exceptions.Throttled(), 429, "TOO_MANY_REQUESTS"),
        (RuntimeError("secret"), 500, "INTERNAL_ERROR"),
        (DataError("secret"), 500, "INTERNAL_ERROR"),
        (ServiceUnavailable(), 503, "SERVICE_UNAVAILABLE"),
        (OperationalError("secret"), 503, "SERVICE_UNAVAILABLE"),
        (InterfaceError("secret"), 503, "SERVICE_UNAVAILABLE"),
        (BrokerError("secret"), 503, "SERVICE_UNAVAILABLE"),
        (RedisConnectionError("secret"), 503, "SERVICE_UNAVAILABLE"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_describe_maps_every_exception_to_status_and_code(exc: Exception, status: int, code: str) -> None:
    failure = describe(exc)
    assert (failure.status, failure.code) == (status, code)
    assert failure.message
    assert "secret" not in failure.message


@pytest.mark.parametrize(
    ("detail", "errors"),
    [
        ({"name": ["one", "two"]}, {"name": ["one", "two"]}),
        ({"role_ids": ["x"]}, {"roleIds": ["x"]}),
        ({"roleIds": {1: ["x"]}}, {"roleIds[1]": ["x"]}),
        ({"sources": [{}, {"order": ["x"]}]}, {"sources[1].order": ["x"]}),
        ({"settingValues": {"My_Setting": ["x"]}}, {"settingValues.My_Setting": ["x"]}),
        ({"page": "x"}, {"page": ["x"]}),
    ],
)
def test_describe_keys_messages_by_the_field_the_client_sent(detail: Any, errors: dict[str, list[str]]) -> None:
    failure = describe(exceptions.ValidationError(detail))
    assert failure.validation_errors == errors
    assert failure.message == f"The request is not valid: {', '.join(errors)}."


def test_describe_puts_what_concerns_no_field_into_the_message() -> None:
    failure = describe(exceptions.ValidationError({"non_field_errors": ["Name two of them."]}))
    assert (failure.message, failure.validation_errors) == ("Name two of them.", None)


def test_describe_says_how_long_to_wait_in_whole_seconds() -> None:
    assert describe(exceptions.Throttled(wait=0.2)).headers == {"Retry-After": "1"}


def test_describe_learns_the_families_of_an_app() -> None:
    class LocalError(Exception):
        pass

    conflict = Failure(409, describe(Conflict()).code, "taught")
    describe.register(LocalError)(lambda exc: conflict)
    assert describe(LocalError()) is conflict
