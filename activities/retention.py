"""Retention: execution items and their details leave by month, as partitions; activities leave by row.

Always: a partition goes when all of its month is too old and no open run belongs to it; where a run holds the table
just now, the next cleanup comes again.
"""

import re
from datetime import UTC, date, datetime
from typing import Literal

import structlog
from django.db import OperationalError, connection, transaction
from psycopg import sql
from psycopg.errors import LockNotAvailable

from .models import Activity, ActivityStatus

logger = structlog.get_logger(__name__)

ItemTable = Literal["execution_item", "execution_item_detail"]

LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
"""Dropping a partition locks the table: runs must not queue up behind a drop that waits for one of them."""

PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1"


def drop_months(table: ItemTable, before: datetime) -> list[date]:
    """Drop the partitions of months that were over at `before`; their first days."""
    dropped = []
    for partition, month in _partitions(table):
        if _next_month(month) <= _earliest_needed(before) and _drop(partition):
            dropped.append(month)
    return dropped


def _partitions(table: ItemTable) -> list[tuple[str, date]]:
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS, [table])
        names = [name for (name,) in cursor.fetchall()]
    suffixes = [(name, re.search(r"_(\d{4})_(\d{2})$", name)) for name in names]
    return [(name, date(int(found[1]), int(found[2]), 1)) for name, found in suffixes if found]


def _next_month(month: date) -> datetime:
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime(following.year, following.month, 1, tzinfo=UTC)


def _earliest_needed(before: datetime) -> datetime:
    """Nothing goes that an open run still writes."""
    oldest_open = Activity.objects.filter(status=ActivityStatus.IN_PROGRESS).order_by("created").first()
    return before if oldest_open is None else min(before, oldest_open.created)


def _drop(partition: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK_TIMEOUT)
            cursor.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(partition)))
    except OperationalError as exc:
        if isinstance(exc.__cause__, LockNotAvailable):
            logger.warning("partition kept: a run holds its table", partition=partition)
            return False
        raise
    return True
