"""Merge: the rows of the old file with the changes of an export, as the rows of the new one.

In: the old rows, the spooled changes. Out: rows; refused changes go to the spool.
Always: columns, their order and every row nobody changed stay; new objects follow in the order sent; an
object's changes apply in the order sent; the same changes again give the same rows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.contract import ExportOperation, ExportRequest
from connectors.errors import ConfigurationError
from connectors.file.cells import TextChange
from connectors.file.settings import FileSettings
from connectors.file.spool import Spool, SpooledChange
from connectors.file.table import Table, column_position, positions_by_name, wrong_width

Row = list[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column holds what.

    positions: name -> where its columns stand. single: the same, of names that stand there once.
    type_position: the column that names the object type, if there is one.
    identifiers: object type -> position of its external ID column, for the types being changed.
    """

    header: tuple[str, ...]
    positions: Mapping[str, tuple[int, ...]]
    single: Mapping[str, int]
    type_position: int | None
    identifiers: Mapping[str, int]
    settings: FileSettings
    shown: str

    def identity(self, row: Sequence[str]) -> tuple[str, str]:
        """Object type and external ID of a row; "" for what it does not have or nobody changes."""
        object_type = self.settings.object_type or ""
        if self.type_position is not None:
            object_type = row[self.type_position] if self.type_position < len(row) else ""
        position = self.identifiers.get(object_type)
        return object_type, row[position] if position is not None and position < len(row) else ""

    def blank_row(self, change: SpooledChange) -> Row:
        """The row of an object that is not in the file yet."""
        row = [""] * len(self.header)
        row[self.identifiers[change.object_type]] = change.external_id
        if self.type_position is not None:
            row[self.type_position] = change.object_type
        return row

    def write(self, row: Row, attribute: str, change: TextChange) -> None:
        """Change one attribute of a row in place.

        Several columns of one name take one value each, the last one the rest.
        Raises: ConfigurationError when the file has no such column.
        """
        columns = _columns(self.positions, attribute, self.shown)
        values = [change] if isinstance(change, str) else self._values(row, columns, change)
        *own, last = columns
        for at, position in enumerate(own):
            row[position] = values[at] if at < len(values) else ""
        row[last] = self.settings.multi_value_delimiter.join(values[len(own) :])

    def _values(self, row: Row, columns: Sequence[int], change: list[str] | dict[str, list[str]]) -> list[str]:
        if isinstance(change, list):
            return list(dict.fromkeys(change))
        between_values = self.settings.multi_value_delimiter
        values = dict.fromkeys(value for at in columns for value in row[at].split(between_values) if value)
        for value in change["remove"]:
            values.pop(value, None)
        return list(values | dict.fromkeys(change["add"]))


def layout_of(table: Table | None, settings: FileSettings, request: ExportRequest, spool: Spool, shown: str) -> Layout:
    """The columns of the old file, or of a new one. Raises: ConfigurationError when one that identifies is missing."""
    header = _new_header(settings, request) if table is None else table.header
    column = settings.object_type_column
    positions = positions_by_name(header)
    return Layout(
        header,
        positions,
        {name: columns[0] for name, columns in positions.items() if len(columns) == 1},
        None if column is None else column_position(header, column, shown),
        {kind: _columns(positions, name, shown)[0] for kind, name in spool.external_id_attributes.items()},
        settings,
        shown,
    )


def _columns(positions: Mapping[str, tuple[int, ...]], attribute: str, shown: str) -> tuple[int, ...]:
    if attribute in positions:
        return positions[attribute]
    raise ConfigurationError(
        f"The file '{shown}' has no column '{attribute}', which the export writes. Add it to the header, or stop"
        " exporting the attribute."
    )


def _new_header(settings: FileSettings, request: ExportRequest) -> tuple[str, ...]:
    """All attributes in schema order, after the object type column if that is none of them."""
    names = dict.fromkeys(name for attributes in request.object_types.values() for name in attributes)
    column = settings.object_type_column
    return tuple(names) if column is None or column in names else (column, *names)


class Merge:
    """One pass over the old rows. changed: whether any row differs from the old file."""

    def __init__(self, layout: Layout, spool: Spool, old: Table | None) -> None:
        self.changed = False
        self._layout = layout
        self._spool = spool
        self._old = old
        # One byte for each change, by its number: whether its object was met in the old file.
        self._met = bytearray(spool.count + 1)

    def rows(self) -> Iterator[Row]:
        """The new file's rows. Raises: what reading the old one raises."""
        for row in self._old.rows if self._old else ():
            new_row = self._changed_row(row)
            if new_row is not None:
                yield new_row
        yield from self._added_rows()

    def _changed_row(self, row: Row) -> Row | None:
        object_type, external_id = self._layout.identity(row)
        changes = self._spool.changes_of(object_type, external_id) if external_id else ()
        if not changes:
            return row
        self._mark(changes)
        if len(row) != len(self._layout.header):
            self._refuse_row(row, changes)
            return row
        new_row = self._apply(row, changes)
        self.changed = self.changed or new_row != row
        return new_row

    def _added_rows(self) -> Iterator[Row]:
        for change in self._spool.in_order(self._met):
            changes = [change]
            if self._spool.repeats:
                changes = self._spool.changes_of(change.object_type, change.external_id)
                self._mark(changes)
            row = self._apply(None, changes)
            if row is not None:
                self.changed = True
                yield row

    def _mark(self, changes: Sequence[SpooledChange]) -> None:
        for change in changes:
            self._met[change.number] = 1

    def _refuse_row(self, row: Row, changes: Sequence[SpooledChange]) -> None:
        """A row of the wrong width stays as it is: which value belongs to which column is not known."""
        line = self._old.line if self._old else 0
        for change in changes:
            self._spool.refuse(change, wrong_width(line, len(row), len(self._layout.header)))

    def _apply(self, row: Row | None, changes: Sequence[SpooledChange]) -> Row | None:
        """The row after an object's changes; None when there is none, before or after."""
        for change in changes:
            if change.operation is ExportOperation.DELETE:
                row = None
            elif row is None and change.operation is ExportOperation.UPDATE:
                self._refuse_missing(change)
            else:
                row = self._written(row, change)
        return row

    def _written(self, row: Row | None, change: SpooledChange) -> Row:
        new_row = self._layout.blank_row(change) if row is None else row.copy()
        single = self._layout.single
        for attribute, text in change.attributes.items():
            if type(text) is str and attribute in single:
                new_row[single[attribute]] = text
            else:
                self._layout.write(new_row, attribute, text)
        return new_row

    def _refuse_missing(self, change: SpooledChange) -> None:
        self._spool.refuse(
            change,
            f"{change.object_type} '{change.external_id}' was not found in the file, so it cannot be updated. Run a"
            " full import: it finds out what the file holds.",
        )
