"""Bulk: the only COPY, and lists of ids as parameters.

Rows are copied in text form; JSON columns take their text as it is. COPY to a temporary table and a join beats
`unnest` of documents 2.6 times (architecture.md, "Servers and workers"); narrow arrays are the other way round.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import orjson
from psycopg import Cursor, sql

Row = Sequence[Any]

NO_IDS = "{}"
"""The array of no ids."""

NULL = "\\N"
"""No value, in a line of COPY."""

LINES_A_WRITE = 100
"""Some 40 KB: writing each line alone costs 1 us more, and PostgreSQL stores these while the next are made."""


def copy_rows(cursor: Cursor[Any], table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """COPY rows into `table`; each row has a value per column, jsonb as str."""
    with cursor.copy(_copy_into(table, columns)) as copy:
        write_row = copy.write_row
        for row in rows:
            write_row(row)


def copy_lines(cursor: Cursor[Any], table: str, columns: Sequence[str], lines: Iterator[bytes]) -> None:
    """COPY rows that are lines already: values between tabs, `escaped` where they may need it, and a line feed.

    For the widest tables: psycopg takes 8 us to make a line of 13 values, an f-string 1 us.
    """
    with cursor.copy(_copy_into(table, columns)) as copy:
        while written := b"".join(islice(lines, LINES_A_WRITE)):
            copy.write(written)


def escaped(text: str | None) -> str:
    """Text, or its absence, as a value in a line of COPY."""
    if text is None:
        return NULL
    if text.isprintable() and "\\" not in text:  # nearly always, and three times as fast as replacing nothing
        return text
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def as_json(value: object) -> bytes:
    """JSON as a value in a line of COPY: of what COPY needs escaped, JSON has the backslash alone."""
    return orjson.dumps(value).replace(b"\\", b"\\\\")


def array_of(texts: Iterable[str]) -> str:
    """An array parameter as PostgreSQL writes it, of hashes or numbers; psycopg takes ten times as long."""
    return f"{{{','.join(texts)}}}"


def copy_temporary(cursor: Cursor[Any], table: str, columns: dict[str, str], rows: Iterable[Row]) -> None:
    """Make a temporary table that goes with the transaction, fill and ANALYZE it. columns: name -> type."""
    definition = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in columns.items()
    )
    name = sql.Identifier(table)
    cursor.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(name, definition))
    copy_rows(cursor, table, list(columns), rows)
    cursor.execute(sql.SQL("ANALYZE {}").format(name))


def _copy_into(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
