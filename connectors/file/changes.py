"""Changes: what is kept of an object to be written until its row is reached, and what it makes of that row.

In: export objects. Out: texts to keep; later rows, changed.
Always: a create is kept as the line it will be, which a new object then needs nothing done to, unless it adds
to values that may be there already; everything else is kept by attribute, as JSON.
"""

from dataclasses import dataclass

import orjson

from connectors.contract import ExportObject, ExportOperation, ValuesChange
from connectors.file.cells import RefusedError, Renderer, cell_text
from connectors.file.layout import Layout, Row
from connectors.file.lines import LineFormat

_KEY_LENGTH = 36

_LINE, _CREATE, _UPDATE, _DELETE = "LCUD"
"""The forms: a create as a line; an operation with its attributes."""

_BY_ATTRIBUTE = {ExportOperation.CREATE: _CREATE, ExportOperation.UPDATE: _UPDATE, ExportOperation.DELETE: _DELETE}


@dataclass(slots=True)
class KeptChange:
    """One object's change; not frozen, for speed.

    number: its place in the order sent, dense from 1. kept: the key, a letter for the form, the content.
    """

    number: int
    object_type: str
    external_id: str
    kept: str

    @property
    def key(self) -> str:
        return self.kept[:_KEY_LENGTH]

    @property
    def form(self) -> str:
        return self.kept[_KEY_LENGTH]

    @property
    def content(self) -> str:
        return self.kept[_KEY_LENGTH + 1 :]


class Changes:
    """Keeps and applies the changes of one export."""

    def __init__(self, renderer: Renderer, layout: Layout, lines: LineFormat, encoding: str) -> None:
        self._renderer = renderer
        self._layout = layout
        self._lines = lines
        self._encoding = encoding
        self._plain: dict[str, dict[str, int]] = {}

    def keep(self, item: ExportObject) -> tuple[str, str, str]:
        """Object type, external ID and what to keep.

        Raises: RefusedError when it cannot be written; ConfigurationError when the file lacks a column for it.
        """
        external_id = self._renderer.external_id(item)
        self._layout.identify_by(item.object_type, item.external_id_attribute)
        try:
            kept = self._as_line(item, external_id) or self._by_attribute(item)
            # Half a surrogate pair fits no encoding; other characters are a matter of the file's.
            f"{external_id}{kept}".encode(self._encoding)
        except (UnicodeEncodeError, orjson.JSONEncodeError) as exc:
            raise RefusedError(
                f"A value holds a character that {self._encoding}, the file's encoding, lacks ({exc})."
                " Choose another Encoding or correct the value."
            ) from exc
        return item.object_type, external_id, f"{item.key}{kept}"

    def _as_line(self, item: ExportObject, external_id: str) -> str | None:
        """The line of a new object, after the positions that are empty on purpose; None if it does not say all."""
        if item.operation is not ExportOperation.CREATE:
            return None
        row = self._layout.blank_row(item.object_type, external_id)
        plain = self._plain_columns(item.object_type)
        emptied: list[int] = []
        for name, value in item.changes.items():
            position = plain.get(name)
            if position is not None and not isinstance(value, ValuesChange):
                # Nearly every change: to call something for each of them would double the time of an export.
                row[position] = text = value if type(value) is str else cell_text(value)
                if not text:
                    emptied.append(position)
            elif isinstance(value, ValuesChange):
                return None
            else:
                self._layout.write(row, name, self._renderer.change(item.object_type, name, value))
                emptied += [position for position in self._layout.columns(name) if not row[position]]
        return f"{_LINE}{' '.join(map(str, emptied))}:{self._lines.line(row)}"

    def _plain_columns(self, object_type: str) -> dict[str, int]:
        """Name -> position of the attributes that hold one value, in a column of their own."""
        if object_type not in self._plain:
            several = self._renderer.multi_valued(object_type)
            self._plain[object_type] = {n: at for n, at in self._layout.single.items() if n not in several}
        return self._plain[object_type]

    def _by_attribute(self, item: ExportObject) -> str:
        changes = {} if item.operation is ExportOperation.DELETE else item.changes
        several = self._renderer.multi_valued(item.object_type)
        texts = {
            name: change
            if type(change) is str and name not in several
            else self._renderer.change(item.object_type, name, change)
            for name, change in changes.items()
        }
        return _BY_ATTRIBUTE[item.operation] + orjson.dumps(texts).decode()

    def new_line(self, change: KeptChange) -> str | None:
        """The line of an object that is not in the file yet; None if it has to be worked out."""
        return change.content.partition(":")[2] if change.form == _LINE else None

    def apply(self, row: Row | None, change: KeptChange) -> Row | None:
        """The row after a change, as a new list; None stands for no row. Raises: RefusedError for a missing one."""
        if change.form == _DELETE:
            return None
        if change.form == _LINE:
            return self._overlay(row, change)
        if row is None and change.form == _UPDATE:
            raise RefusedError(
                f"{change.object_type} '{change.external_id}' was not found in the file, so it cannot be updated. Run a"
                " full import: it finds out what the file holds."
            )
        new_row = self._layout.blank_row(change.object_type, change.external_id) if row is None else row.copy()
        for attribute, text in orjson.loads(change.content).items():
            self._layout.write(new_row, attribute, text)
        return new_row

    def _overlay(self, row: Row | None, change: KeptChange) -> Row:
        """A create of an object that is in the file changes the attributes it names."""
        emptied, _, line = change.content.partition(":")
        cells = self._lines.cells(line)
        if row is None:
            return cells
        new_row = [cell or old for cell, old in zip(cells, row, strict=True)]
        for position in emptied.split():
            new_row[int(position)] = ""
        return new_row
