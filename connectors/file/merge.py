"""Merge: the rows of the old file with the changes of an export, as the lines of the new one.

In: the old rows, the spooled changes. Out: lines; refused changes go to the spool.
Always: columns, their order and every row nobody changed stay; new objects follow in the order sent; an
object's changes apply in the order sent; the same changes again give the same lines.
"""

from collections.abc import Iterator, Sequence

from connectors.file.cells import RefusedError
from connectors.file.changes import Changes, KeptChange
from connectors.file.layout import Layout, Row
from connectors.file.lines import LineFormat
from connectors.file.spool import Spool
from connectors.file.table import Table, wrong_width


class Merge:
    """One pass over the old rows. changed: whether any line differs from the old file, once all were taken."""

    def __init__(self, old: Table | None, layout: Layout, lines: LineFormat, changes: Changes, spool: Spool) -> None:
        self.changed = False
        self._old = old
        self._layout = layout
        self._format = lines
        self._changes = changes
        self._spool = spool
        # One byte for each change, by its number: whether its object was met in the old file.
        self._met = bytearray(spool.count + 1)

    def lines(self) -> Iterator[str]:
        """The new file's lines, without their ends. Raises: what reading the old file raises."""
        yield self._format.line(self._layout.header)
        for row in self._old.rows if self._old else ():
            new_row = self._changed_row(row)
            if new_row is not None:
                yield self._format.line(new_row)
        for line in self._new_lines():
            self.changed = True
            yield line

    def _changed_row(self, row: Row) -> Row | None:
        object_type, external_id = self._layout.identity(row)
        changes = self._spool.changes_of(object_type, external_id) if external_id else ()
        if not changes:
            return row
        self._mark(changes)
        if len(row) != len(self._layout.header):
            self._refuse_row(row, changes)
            return row
        new_row = self._applied(row, changes)
        self.changed = self.changed or new_row != row
        return new_row

    def _new_lines(self) -> Iterator[str]:
        """Lines of objects the old file does not have."""
        for change in self._spool.in_order(self._met):
            changes = [change]
            if self._spool.repeats:
                changes = self._spool.changes_of(change.object_type, change.external_id)
                self._mark(changes)
            line = self._changes.new_line(change) if len(changes) == 1 else None
            if line is None:
                row = self._applied(None, changes)
                line = None if row is None else self._format.line(row)
            if line is not None:
                yield line

    def _applied(self, row: Row | None, changes: Sequence[KeptChange]) -> Row | None:
        """The row after all changes of its object; None when there is none, before or after."""
        for change in changes:
            try:
                row = self._changes.apply(row, change)
            except RefusedError as exc:
                self._spool.refuse_change(change, str(exc))
        return row

    def _refuse_row(self, row: Row, changes: Sequence[KeptChange]) -> None:
        """A row of the wrong width stays as it is: which value belongs to which column is not known."""
        line = self._old.line if self._old else 0
        for change in changes:
            self._spool.refuse_change(change, wrong_width(line, len(row), len(self._layout.header)))

    def _mark(self, changes: Sequence[KeptChange]) -> None:
        for change in changes:
            self._met[change.number] = 1
