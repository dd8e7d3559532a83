"""The reference page: the served document, readable and callable in a browser.

Always: everything it needs comes from this server, so that it works offline and tells nobody who reads it; a key that
is typed in stays in the page.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

# Swagger UI writes style attributes, and has its icons in its style sheet.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class ReferenceView(View):
    """For anyone, as the document itself."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = render(request, "reference.html")
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response
