"""Paths below /api/ that nothing serves, and faults outside any view: answered with the same error body.

An unknown path, or an id of the wrong type in a known one, is a 404 for administrators only: who may not call learns
nothing about what exists.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views import defaults
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from jim.api.encoding import encode
from jim.api.errors import UNEXPECTED, ErrorCode, Failure
from jim.api.views import ApiView

API_PREFIX = "/api/"


class UnknownPathView(ApiView):
    """The last route below /api/; not part of the document."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound("There is nothing at this address.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's handler400: a request it refused before any view saw it."""
    if not request.path.startswith(API_PREFIX):
        return defaults.bad_request(request, exception)
    return _answer(Failure(400, ErrorCode.BAD_REQUEST, "The request is malformed."))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500: a fault outside any view of the API."""
    if not request.path.startswith(API_PREFIX):
        return defaults.server_error(request)
    return _answer(UNEXPECTED)


def _answer(failure: Failure) -> HttpResponse:
    return HttpResponse(encode(failure.body()), "application/json", failure.status)
