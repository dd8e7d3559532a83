"""Existence: what a path names is found or is a 404."""

from typing import Any, TypeVar

from django.db.models import Manager, Model, QuerySet
from rest_framework.exceptions import NotFound

ModelT = TypeVar("ModelT", bound=Model)


def find_or_404(source: QuerySet[ModelT] | Manager[ModelT], **lookup: Any) -> ModelT:
    """The one row of `source` that `lookup` names. Raises: NotFound, saying what was looked for."""
    found = source.filter(**lookup).first()
    if found is None:
        name = str(source.model._meta.verbose_name)
        raise NotFound(f"There is no {name} {' '.join(str(value) for value in lookup.values())}.")
    return found
