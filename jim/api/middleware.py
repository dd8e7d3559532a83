"""Headers of every answer below /api/: nothing is kept on the way, and a browser runs nothing of it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from jim.api.fallback import API_PREFIX

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}


class ApiHeadersMiddleware:
    """A view that sets one of them itself has its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(API_PREFIX):
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
        return response
