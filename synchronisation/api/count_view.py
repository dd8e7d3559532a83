"""Endpoints that answer a bare number: how many rows a list with these filters would have."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.views import ResourceViewSet


class CountViewSet(ResourceViewSet):
    """Give it a queryset and, if anything filters it, a filterset; route `get` to `count`."""

    pagination_class = None

    @extend_schema(responses={200: {"type": "integer", "minimum": 0}}, filters=True)
    def count(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.number_of(self.filter_queryset(self.get_queryset())))

    def number_of(self, queryset: QuerySet) -> int:
        return queryset.count()
