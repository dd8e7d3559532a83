"""Pages: `page` and `pageSize`, checked strictly, in the contract's envelope.

Always: a page past the end is 200 without items; out-of-range and non-numeric values are a 400, never corrected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.parsing import INT32_MAX, parse_int32


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is asked for. page counts from 1."""

    page: int
    size: int

    @property
    def first(self) -> int:
        """Position of the first item, from 0."""
        return (self.page - 1) * self.size

    def envelope(self, items: Sequence[Any], total: int) -> dict[str, Any]:
        pages = -(-total // self.size)
        return {
            "items": items,
            "totalCount": total,
            "page": self.page,
            "pageSize": self.size,
            "totalPages": pages,
            "hasNextPage": self.page < pages,
            "hasPreviousPage": self.page > 1,
        }


class Pagination(PageNumberPagination):
    """The contract's paging of a queryset. Subclasses change `page_size` (the default) and `max_page_size`."""

    page_query_param = "page"
    page_size_query_param = "pageSize"
    page_size = 25
    max_page_size = 100

    def window(self, request: Request) -> Window:
        """Raises: ValidationError naming each parameter that is not within its range."""
        errors: dict[str, list[str]] = {}
        page = _read(request, self.page_query_param, 1, INT32_MAX, errors)
        size = _read(request, self.page_size_query_param, self.page_size, self.max_page_size, errors)
        if errors:
            raise ValidationError(errors)
        return Window(page, size)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.asked = self.window(request)
        self.total = queryset.count()
        if self.asked.first >= self.total:
            return []
        return list(queryset[self.asked.first : self.asked.first + self.asked.size])

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        return Response(self.asked.envelope(data, self.total))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        count = {"type": "integer", "format": "int32", "minimum": 0}
        properties = {
            "items": schema,
            "totalCount": count,
            "page": count | {"minimum": 1},
            "pageSize": count | {"minimum": 1},
            "totalPages": count,
            "hasNextPage": {"type": "boolean"},
            "hasPreviousPage": {"type": "boolean"},
        }
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        page = {"type": "integer", "format": "int32", "minimum": 1, "default": 1}
        size = page | {"maximum": self.max_page_size, "default": self.page_size}
        return [
            {"name": self.page_query_param, "in": "query", "required": False, "schema": page},
            {"name": self.page_size_query_param, "in": "query", "required": False, "schema": size},
        ]


class PaginationOf20(Pagination):
    page_size = 20


class PaginationOf50(Pagination):
    page_size = 50


def _read(request: Request, name: str, default: int, maximum: int, errors: dict[str, list[str]]) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        value = parse_int32(text)
    except ValueError:
        value = 0
    if not 1 <= value <= maximum:
        errors[name] = [f"Write a whole number from 1 to {maximum}."]
    return value
