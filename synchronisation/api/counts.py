"""Counts of related rows as part of the query that reads a page: one query, whatever the page's length."""

from typing import Any

from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def count_by(queryset: QuerySet[Model], key: str, outer: str = "pk") -> Coalesce:
    """How many rows of `queryset` have `key` equal to the outer row's `outer`."""
    counted: Any = (
        queryset.filter(**{key: OuterRef(outer)}).order_by().values(key).annotate(number=Count("*")).values("number")
    )
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
