import pytest
from django.test import RequestFactory
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from jim.api.pagination import Pagination, PaginationOf50, Window


def _request(query: str) -> Request:
    return Request(RequestFactory().get(f"/?{query}"))


@pytest.mark.parametrize(
    ("window", "total", "pages", "has_next", "has_previous"),
    [
        (Window(1, 25), 0, 0, False, False),
        (Window(1, 25), 25, 1, False, False),
        (Window(1, 25), 26, 2, True, False),
        (Window(2, 25), 26, 2, False, True),
        (Window(9, 25), 26, 2, False, True),
    ],
    ids=["empty", "exactly one page", "first of two", "last", "past the end"],
)
def test_envelope(window: Window, total: int, pages: int, has_next: bool, has_previous: bool) -> None:
    assert window.envelope([], total) == {
        "items": [],
        "totalCount": total,
        "page": window.page,
        "pageSize": 25,
        "totalPages": pages,
        "hasNextPage": has_next,
        "hasPreviousPage": has_previous,
    }


@pytest.mark.parametrize(
    ("query", "window"),
    [("", Window(1, 25)), ("page=3&pageSize=100", Window(3, 100)), ("page=2147483647", Window(2147483647, 25))],
)
def test_window_reads_page_and_size(query: str, window: Window) -> None:
    assert Pagination().window(_request(query)) == window


def test_window_takes_the_default_size_of_the_list() -> None:
    assert PaginationOf50().window(_request("")) == Window(1, 50)


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ("page=0", {"page"}),
        ("page=-1&pageSize=0", {"page", "pageSize"}),
        ("pageSize=101", {"pageSize"}),
        ("page=", {"page"}),
        ("page=1.0", {"page"}),
        ("page=abc&pageSize=ten", {"page", "pageSize"}),
        ("page=2147483648", {"page"}),
        ("page=1%00", {"page"}),
    ],
)
def test_window_refuses_what_is_out_of_range_or_no_number(query: str, refused: set[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        Pagination().window(_request(query))
    assert set(caught.value.detail) == refused
