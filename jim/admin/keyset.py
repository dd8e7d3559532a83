"""Paging by key: one page of a table of any size, at the same cost wherever the page lies.

In: a queryset, the columns that order it, and the cursor of a neighbouring page. Out: the rows and the cursors
of the pages before and after. Always: never an OFFSET and never a count; the last column is unique, and an index
on the columns exists.
"""

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet


class CursorError(ValueError):
    """A cursor in a URL cannot be read: it was not made here, or for another order."""


@dataclass(frozen=True, slots=True)
class Keyset:
    """One or two columns, the last one unique, and their common direction."""

    columns: tuple[str, ...]
    descending: bool = True

    def order(self, *, backwards: bool = False) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [sign + column for column in self.columns]

    def beyond(self, values: list[Any], *, backwards: bool = False) -> Q:
        """Rows after the one with these values in reading order, or before it.

        The first comparison alone is what the index is entered by.
        """
        if len(values) != len(self.columns):
            raise CursorError(f"the cursor has {len(values)} values, the order {len(self.columns)} columns")
        way = "lt" if self.descending != backwards else "gt"
        if len(values) == 1:
            return Q(**{f"{self.columns[0]}__{way}": values[0]})
        first, last = self.columns
        strictly = Q(**{f"{first}__{way}": values[0]}) | Q(**{f"{last}__{way}": values[1]})
        return Q(**{f"{first}__{way}e": values[0]}) & strictly

    def cursor(self, row: Model) -> str:
        return json.dumps([str(getattr(row, column)) for column in self.columns])


@dataclass(frozen=True, slots=True)
class KeysetPage:
    """`previous` and `next` are cursors, None at the respective end."""

    rows: list[Any]
    previous: str | None
    next: str | None


def read_page(
    queryset: QuerySet[Any], keyset: Keyset, size: int, *, after: str | None = None, before: str | None = None
) -> KeysetPage:
    """The page following the row `after`, or leading up to the row `before`, or the first one.

    Reads one row more than it shows, to know whether there is another page. Raises: CursorError.
    """
    backwards = before is not None
    cursor = before if backwards else after
    if cursor is not None:
        queryset = _beyond(queryset, keyset, cursor, backwards=backwards)
    rows = list(queryset.order_by(*keyset.order(backwards=backwards))[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    # Whoever came from a neighbouring page can go back to it.
    has_previous, has_next = (more, True) if backwards else (after is not None, more)
    return KeysetPage(
        rows,
        previous=keyset.cursor(rows[0]) if rows and has_previous else None,
        next=keyset.cursor(rows[-1]) if rows and has_next else None,
    )


def _beyond(queryset: QuerySet[Any], keyset: Keyset, cursor: str, *, backwards: bool) -> QuerySet[Any]:
    """Raises: CursorError; the fields of the columns judge what the cursor says."""
    try:
        return queryset.filter(keyset.beyond(_values(cursor), backwards=backwards))
    except (ValidationError, ValueError, TypeError) as exc:
        raise CursorError(f"{cursor!r} is no cursor for {', '.join(keyset.columns)}") from exc


def _values(cursor: str) -> list[str]:
    values = json.loads(cursor)
    if not isinstance(values, list) or not all(isinstance(value, str) and "\0" not in value for value in values):
        raise CursorError("a cursor is a list of texts")
    return values
