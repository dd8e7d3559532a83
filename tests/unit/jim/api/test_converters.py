from uuid import UUID

import pytest
from django.urls import Resolver404, path
from django.urls.resolvers import RegexPattern, URLResolver
from django.views import View

import jim.urls  # registers them

assert jim.urls.urlpatterns
SOME_UUID = "0190c2a4-5f6e-7d80-9abc-0123456789ab"
ROUTES = URLResolver(
    RegexPattern(r"^/"),
    [
        path("guid/<guid:value>", View.as_view()),
        path("int32/<int32:value>", View.as_view()),
        path("text/<text:value>", View.as_view()),
    ],
)


@pytest.mark.parametrize(
    ("address", "value"),
    [
        (f"/guid/{SOME_UUID}", UUID(SOME_UUID)),
        (f"/guid/{SOME_UUID.upper()}", UUID(SOME_UUID)),
        ("/int32/2147483647", 2147483647),
        ("/text/Display Name", "Display Name"),
    ],
)
def test_converter_reads_an_id_of_its_type(address: str, value: UUID | int | str) -> None:
    assert ROUTES.resolve(address).kwargs == {"value": value}


@pytest.mark.parametrize(
    "address",
    ["/guid/5", f"/guid/{SOME_UUID}0", "/int32/2147483648", "/int32/-1", "/int32/٣", "/int32/1/", "/text/a\x00b"],
)
def test_converter_matches_nothing_else(address: str) -> None:
    with pytest.raises(Resolver404):
        ROUTES.resolve(address)
