"""Searches that no index serves: they look through all objects, but not for ever.

Always: the limit is the service setting Instance.SearchTimeout; PostgreSQL itself ends what takes longer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled
from rest_framework.exceptions import ValidationError

from synchronisation.service_settings import SEARCH_TIMEOUT, value_of

MILLISECOND = timedelta(milliseconds=1)

SCAN_SETTINGS = "SELECT set_config('statement_timeout', %s, true), set_config('enable_indexscan', 'off', true)"
"""Going through 500,000 objects by the index of names, in the hope of a full page soon, takes six times as long as
reading the table; an index on the attribute itself is still used, by a bitmap."""


@contextmanager
def limited_scan(parameter: str) -> Iterator[None]:
    """Run the block's queries in a transaction that gives each so much time. parameter: what made them scan.

    Raises: ValidationError naming the parameter, when the time was not enough.
    """
    limit = value_of(SEARCH_TIMEOUT)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SCAN_SETTINGS, [str(limit // MILLISECOND)])
            yield
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        message = (
            f"Looking through all objects took longer than {limit.total_seconds():g} s "
            f"({SEARCH_TIMEOUT.key}). Look for the beginning of a display name (namePrefix), filter by an attribute "
            "that is searchable, or make this one so (PUT /api/v1/metaverse/attributes/{id}/searchable)."
        )
        raise ValidationError({parameter: [message]}) from error
