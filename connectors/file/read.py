"""Read: the rows of a file as import objects.

In: an open table, what is selected. Out: batches of ImportObject.
Always: values are the text of the file; a selected column without a value is there with an empty text, so that an
empty cell is told from a dropped column, which fails the read; a row of the wrong width is one object's
fault, an unreadable file is everybody's.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from connectors.contract import Given, ImportBatch, ImportObject, ImportRequest, ObjectFault, Row
from connectors.errors import ConfigurationError, SourceError
from connectors.file.errors import mapped
from connectors.file.paths import Location
from connectors.file.settings import FileSettings
from connectors.file.table import Table, column_position, opened_table, positions_by_name, wrong_width

_MOST_OBJECTS = 100
"""Per batch, however large the page asked for: the values of 100 objects of 14 columns are fewer tuples than CPython
keeps for reuse (2,000), and are taken over before its cycle collector walks them. One core, rows a second: 187,000 in
batches of 100, 137,000 in those of 250, 95,000 in those of 1,000."""

_UNREADABLE = "UnhandledError"
"""Execution item error type of a row that is no object."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the rows of one object type become attributes.

    names: of the selected attributes, in schema order. fields: takes theirs out of a row, as if each held one value.
    several: (place among the names, positions in a row) of those that may hold several values.
    """

    names: tuple[str, ...]
    fields: Callable[[Sequence[str]], Sequence[str]]
    several: Sequence[tuple[int, tuple[int, ...]]]


def read_batches(
    location: Location, settings: FileSettings, request: ImportRequest
) -> Generator[ImportBatch, None, None]:
    """Stream a file. Raises: ConfigurationError (a missing file or column), SourceError, TransientConnectorError."""
    with opened_table(location, settings) as table:
        yield from mapped(_batches(table, settings, request), table.shown, table)


def _batches(table: Table, settings: FileSettings, request: ImportRequest) -> Iterator[ImportBatch]:
    reader = RowReader(table, settings, request)
    total = table.estimated_rows()
    while objects := reader.next_objects(min(request.page_size, _MOST_OBJECTS)):
        yield ImportBatch(objects, total=total)
        total = None
    table.check_unchanged()


class RowReader:
    """Takes rows off a table and makes objects of them."""

    def __init__(self, table: Table, settings: FileSettings, request: ImportRequest) -> None:
        self._table = table
        self._settings = settings
        positions = positions_by_name(table.header)
        column = settings.object_type_column
        self._type_position = None if column is None else column_position(table.header, column, table.shown)
        self._shapes = {
            object_type: _shape(selected, positions, request, object_type, table.shown)
            for object_type, selected in request.object_types.items()
        }

    def next_objects(self, limit: int) -> list[ImportObject]:
        """Up to `limit` objects; none at the end of the file. Blank lines are no objects.

        Written out in one loop: it runs for every row, and a call per row costs a tenth of the whole.
        """
        width, rows, shapes = len(self._table.header), self._table.rows, self._shapes
        object_type, type_position = self._settings.object_type or "", self._type_position
        shape = shapes.get(object_type)
        objects: list[ImportObject] = []
        for row in islice(filter(None, rows), limit):
            if len(row) != width:
                objects.append(self._unreadable(row))
                continue
            if type_position is not None:
                object_type = row[type_position]
                shape = shapes.get(object_type)
            if shape is None:
                objects.append(ImportObject(object_type, {}, rows.line_num))
                continue
            fields = shape.fields(row) if not shape.several else self._split(shape, row)
            objects.append(ImportObject(object_type, Row(shape.names, fields), rows.line_num))
        return objects

    def _split(self, shape: _Shape, row: Sequence[str]) -> Sequence[Given]:
        """The fields of a row where some may hold several values."""
        fields: list[Given] = [*shape.fields(row)]
        delimiter = self._settings.multi_value_delimiter
        for place, positions in shape.several:
            fields[place] = [value for at in positions for value in row[at].split(delimiter) if value]
        return fields

    def _unreadable(self, row: Sequence[str]) -> ImportObject:
        """A row of the wrong width: which value belongs to which column is not known, so it has none."""
        line = self._table.line
        message = wrong_width(line, len(row), len(self._table.header))
        if self._settings.stop_on_first_error:
            raise SourceError(f"{message} Nothing was imported, because Stop On First Error is set.", position=line)
        object_type = self._settings.object_type or ""
        if self._type_position is not None and self._type_position < len(row):
            object_type = row[self._type_position]
        return ImportObject(object_type, {}, line, error=ObjectFault(_UNREADABLE, message))


def _shape(
    selected: Sequence[str],
    positions: Mapping[str, tuple[int, ...]],
    request: ImportRequest,
    object_type: str,
    shown: str,
) -> _Shape:
    missing = [name for name in selected if name not in positions]
    if missing:
        raise ConfigurationError(
            f"The file '{shown}' has no column {_quoted(missing)}, selected for {object_type}. An absent column is not"
            " an empty one: put it back, or deselect the attribute."
        )
    multi_valued = request.multi_valued.get(object_type, frozenset())
    several = [
        (place, positions[name])
        for place, name in enumerate(selected)
        if name in multi_valued or len(positions[name]) > 1
    ]
    return _Shape(tuple(selected), _taking([positions[name][0] for name in selected]), several)


def _taking(positions: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """A function that takes the fields at these positions out of a row."""
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda row: [row[at] for at in positions]


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
