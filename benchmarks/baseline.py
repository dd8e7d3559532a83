"""Baselines: what the same rows cost without us.

COPY: the rows a phase added, copied bare into empty tables with the same indexes, in pages and transactions like the
engine's, best of three. bulk_create: Django's way of writing them, for scale.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, LiteralString

import psycopg
from psycopg import sql

ROWS_PER_PAGE = 2_000
ROUNDS = 3
BULK_CREATE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that a phase added: a table, and the condition that tells them from others."""

    table: LiteralString
    condition: LiteralString = "true"


def copy_seconds(database_url: str, added: Sequence[Rows], activity_id: str) -> float:
    """The best of three bare COPYs of all these rows. `%(activity)s` in conditions is the phase's activity."""
    with psycopg.connect(database_url) as connection, tempfile.TemporaryDirectory() as folder:
        files = [_save(connection, rows, activity_id, f"{folder}/{rows.table}") for rows in added]
        connection.commit()
        return min(sum(_copy(connection, *pair) for pair in zip(added, files, strict=True)) for _ in range(ROUNDS))


def _save(connection: psycopg.Connection, rows: Rows, activity_id: str, path: str) -> str:
    query = sql.SQL("COPY (SELECT * FROM {} WHERE " + rows.condition + ") TO STDOUT").format(sql.Identifier(rows.table))
    text = query.as_string(connection).replace("%(activity)s", f"'{activity_id}'")
    with open(path, "wb") as file, connection.cursor().copy(text.encode()) as copy:
        for block in copy:
            file.write(block)
    return path


def _copy(connection: psycopg.Connection, rows: Rows, path: str) -> float:
    """Seconds to copy a file's rows into an empty twin of the table."""
    twin = sql.Identifier(f"baseline_{rows.table}")
    with connection.transaction():
        connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(twin, sql.Identifier(rows.table)))
    started = time.perf_counter()
    with open(path, "rb") as file:
        for page in _pages(file):
            statement = sql.SQL("COPY {} FROM STDIN").format(twin)
            with connection.transaction(), connection.cursor().copy(statement) as copy:
                copy.write(page)
    seconds = time.perf_counter() - started
    with connection.transaction():
        connection.execute(sql.SQL("DROP TABLE {}").format(twin))
    return seconds


def _pages(file: BinaryIO) -> Iterator[bytes]:
    page: list[bytes] = []
    for line in file:
        page.append(line)
        if len(page) == ROWS_PER_PAGE:
            yield b"".join(page)
            page = []
    if page:
        yield b"".join(page)


def bulk_create_rate() -> float:
    """Objects a second that Django's `bulk_create(update_conflicts=True)` writes into the connector space."""
    from django.db import transaction

    from synchronisation.models import ConnectorSpaceObject

    sample = list(ConnectorSpaceObject.objects.order_by("id")[:BULK_CREATE_ROWS])
    with transaction.atomic():
        ConnectorSpaceObject.objects.filter(pk__in=[cso.pk for cso in sample]).delete()
        started = time.perf_counter()
        ConnectorSpaceObject.objects.bulk_create(
            sample,
            batch_size=ROWS_PER_PAGE,
            update_conflicts=True,
            unique_fields=["object_type", "external_id_hash"],
            update_fields=["document", "fingerprint", "display_name", "last_updated"],
        )
        seconds = time.perf_counter() - started
        transaction.set_rollback(True)
    return len(sample) / seconds
