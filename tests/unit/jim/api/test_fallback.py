import orjson
from django.test import RequestFactory

from jim.api.fallback import server_error


def test_fault_outside_any_view_of_the_api_has_the_error_body() -> None:
    response = server_error(RequestFactory().get("/api/v1/activities"))
    body = orjson.loads(response.content)
    assert (response.status_code, response.headers["Content-Type"]) == (500, "application/json")
    assert body.pop("timestamp").endswith("Z")
    assert body == {
        "code": "INTERNAL_ERROR",
        "message": "An unexpected error occurred. The log of the server says what happened.",
        "details": None,
        "validationErrors": None,
    }


def test_fault_beside_the_api_keeps_django_s_page() -> None:
    response = server_error(RequestFactory().get("/admin/"))
    assert response.status_code == 500
    assert response.headers["Content-Type"].startswith("text/html")
