"""Order of lists: `sortBy` and `sortDirection`, each from an exact list of names.

A view says `sort_fields = {"created": "created", "type": "target_type"}` (served name -> expression) and, for requests
without `sortBy`, `default_order`. Two resources have `sortDescending` instead of `sortDirection`. Always: the order is
total, ties break by id; values that are absent come last.
"""

from typing import Any

from django.db.models import F, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

DIRECTIONS = ("asc", "desc")


class SortBackend(BaseFilterBackend):
    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        sort_fields = getattr(view, "sort_fields", {})
        if not sort_fields:
            return queryset.order_by(*view.default_order)
        name = one_of(request, "sortBy", tuple(sort_fields))
        direction = one_of(request, "sortDirection", DIRECTIONS)
        if name is None:
            return queryset.order_by(*view.default_order)
        value = F(sort_fields[name])
        order = value.desc(nulls_last=True) if direction == "desc" else value.asc(nulls_last=True)
        return queryset.order_by(order, "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        sort_fields = getattr(view, "sort_fields", {})
        if not sort_fields:
            return []
        by = {"type": "string", "enum": list(sort_fields)}
        direction = {"type": "string", "enum": list(DIRECTIONS), "default": "asc"}
        return [
            {"name": "sortBy", "in": "query", "required": False, "schema": by},
            {"name": "sortDirection", "in": "query", "required": False, "schema": direction},
        ]


class DescendingSortBackend(BaseFilterBackend):
    """`sortBy` and `sortDescending`. The view says `default_sort`, what orders a request without `sortBy`, and
    `sorts_descending`, the default."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        name = one_of(request, "sortBy", tuple(view.sort_fields))
        descends = one_of(request, "sortDescending", ("true", "false")) or str(view.sorts_descending).lower()
        value = F(view.default_sort if name is None else view.sort_fields[name])
        if descends == "true":
            return queryset.order_by(value.desc(nulls_last=True), "-pk")
        return queryset.order_by(value.asc(nulls_last=True), "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        by = {"type": "string", "enum": list(view.sort_fields)}
        descends = {"type": "boolean", "default": view.sorts_descending}
        return [
            {"name": "sortBy", "in": "query", "required": False, "schema": by},
            {"name": "sortDescending", "in": "query", "required": False, "schema": descends},
        ]


def one_of(request: Request, parameter: str, names: tuple[str, ...]) -> str | None:
    """The parameter's value, None when absent. Raises: ValidationError naming what is allowed."""
    value = request.query_params.get(parameter)
    if value is not None and value not in names:
        raise ValidationError({parameter: [f"Write one of {', '.join(names)}."]})
    return value
