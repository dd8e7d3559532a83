"""Layout: which column of a file holds what, for those who write it.

In: a header. Out: where to write an attribute, which object a row is.
Always: positions are those of the header, and never change during an export.
"""

from collections.abc import Sequence

from connectors.contract import ExportRequest
from connectors.errors import ConfigurationError
from connectors.file.cells import SetChange, TextChange
from connectors.file.settings import FileSettings
from connectors.file.table import Table, column_position, positions_by_name

Row = list[str]


class Layout:
    """The columns of the old file or, where there is none, of the one to be made.

    header: column names as they stand there. single: name -> position, of the names that stand there once.
    """

    def __init__(self, table: Table | None, settings: FileSettings, request: ExportRequest, shown: str) -> None:
        """Raises: ConfigurationError when the object type column is missing."""
        self.header = _new_header(settings, request) if table is None else table.header
        self._shown = shown
        self._positions = positions_by_name(self.header)
        self.single = {name: columns[0] for name, columns in self._positions.items() if len(columns) == 1}
        self._single_type = settings.object_type or ""
        column = settings.object_type_column
        self._type_position = None if column is None else column_position(self.header, column, shown)
        self._between_values = settings.multi_value_delimiter
        self._identifiers: dict[str, int] = {}

    def columns(self, attribute: str) -> tuple[int, ...]:
        """Where an attribute stands. Raises: ConfigurationError when it does not."""
        if attribute in self._positions:
            return self._positions[attribute]
        raise ConfigurationError(
            f"The file '{self._shown}' has no column '{attribute}', which the export writes. Add it to the header, or"
            " stop exporting the attribute."
        )

    def identify_by(self, object_type: str, attribute: str) -> None:
        """From here on rows of this type are known by this attribute. Raises: ConfigurationError."""
        if object_type not in self._identifiers:
            self._identifiers[object_type] = self.columns(attribute)[0]

    def identity(self, row: Sequence[str]) -> tuple[str, str]:
        """Object type and external ID of a row; "" for what it does not have or nobody changes."""
        object_type = self._single_type
        if self._type_position is not None:
            object_type = row[self._type_position] if self._type_position < len(row) else ""
        position = self._identifiers.get(object_type)
        return object_type, row[position] if position is not None and position < len(row) else ""

    def blank_row(self, object_type: str, external_id: str) -> Row:
        """The row of an object without attributes."""
        row = [""] * len(self.header)
        row[self._identifiers[object_type]] = external_id
        if self._type_position is not None:
            row[self._type_position] = object_type
        return row

    def write(self, row: Row, attribute: str, change: TextChange) -> None:
        """Change one attribute of a row in place. Raises: ConfigurationError when the file has no such column.

        Several columns of one name take one value each, the last one the rest.
        """
        if isinstance(change, str) and attribute in self.single:
            row[self.single[attribute]] = change
            return
        columns = self.columns(attribute)
        values = [change] if isinstance(change, str) else self._changed(row, columns, change)
        *own, last = columns
        for at, position in enumerate(own):
            row[position] = values[at] if at < len(values) else ""
        row[last] = self._between_values.join(values[len(own) :])

    def _changed(self, row: Row, columns: Sequence[int], change: SetChange) -> list[str]:
        values = dict.fromkeys(value for at in columns for value in row[at].split(self._between_values) if value)
        for value in change["remove"]:
            values.pop(value, None)
        return list(values | dict.fromkeys(change["add"]))


def _new_header(settings: FileSettings, request: ExportRequest) -> tuple[str, ...]:
    """All attributes in schema order, after the object type column if that is none of them."""
    names = dict.fromkeys(name for attributes in request.object_types.values() for name in attributes)
    column = settings.object_type_column
    return tuple(names) if column is None or column in names else (column, *names)
