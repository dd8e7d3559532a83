"""Bulk: the only COPY, and lists of ids as parameters.

Rows are copied in text form by psycopg; JSON columns take bytes as they are. COPY to a temporary table and a
join beats `unnest` of documents 2.6 times (architecture.md, "Servers and workers").
"""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from psycopg import Cursor, sql

Row = Sequence[Any]

NO_IDS = "{}"
"""The array of no ids."""

LINES_PER_WRITE = 5_000
"""Lines handed over at a time: one call each costs more than making the line."""


def copy_rows(cursor: Cursor[Any], table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """COPY rows into `table`; each row has a value per column, jsonb as str."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with cursor.copy(statement) as copy:
        write_row = copy.write_row
        for row in rows:
            write_row(row)


def copy_lines(cursor: Cursor[Any], table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    """COPY rows that are lines of PostgreSQL's text format already: 0.5 us each instead of 5."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    remaining = iter(lines)
    with cursor.copy(statement) as copy:
        while block := "".join(islice(remaining, LINES_PER_WRITE)):
            copy.write(block)


def copy_text(text: str) -> str:
    """A text as it stands in such a line."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def copy_temporary(cursor: Cursor[Any], table: str, columns: dict[str, str], rows: Iterable[Row]) -> None:
    """Make a temporary table that goes with the transaction, fill and ANALYZE it. columns: name -> type."""
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()
    )
    name = sql.Identifier(table)
    cursor.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(name, definition))
    copy_rows(cursor, table, list(columns), rows)
    cursor.execute(sql.SQL("ANALYZE {}").format(name))


def uuid_array(ids: Iterable[str]) -> str:
    """Ids as the text of one array, for a parameter cast to `uuid[]`.

    psycopg looks through each element of a list for characters to quote: 5,000 ids take it 4 ms, this 0.1 ms.
    """
    return "{" + ",".join(ids) + "}"
