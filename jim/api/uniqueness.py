"""Duplicates: the database decides, and its refusal becomes a 400 that names the field.

Asking first and inserting afterwards would let two callers through at once; the constraint lets one through.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError


@contextmanager
def unique_violations(field_by_constraint: Mapping[str, str]) -> Iterator[None]:
    """Run the block in a transaction of its own; a violated constraint of the mapping refuses its field.

    field_by_constraint: constraint name -> field as the client sends it.
    Raises: ValidationError; IntegrityError when the constraint is another one.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as exc:
        field = field_by_constraint.get(_constraint(exc))
        if field is None:
            raise
        raise ValidationError({field: ["This value is already in use: choose another one."]}) from exc


def _constraint(exc: IntegrityError) -> str:
    return getattr(getattr(exc.__cause__, "diag", None), "constraint_name", None) or ""
