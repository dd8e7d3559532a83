"""Cells: attribute values as the text of a file, and one object's changes in that form.

In: export objects. Out: changes in text, ready to be put into cells.
Always: what is written reads back as the same values; what cannot (two values in a single-valued column,
the multi-value delimiter inside a value) is refused, for that object alone.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from connectors.contract import AttributeChange, ExportObject, ExportRequest, Value
from connectors.file.settings import FileSettings

SetChange = dict[str, list[str]]
"""{"add": texts, "remove": texts}: applied to the values a cell holds."""

TextChange = str | list[str] | SetChange
"""The new text of a single-valued attribute, all new values of a multi-valued one, or a change to its values."""


_NO_CHANGE = AttributeChange()


class RefusedError(Exception):
    """One object's change cannot be written; str(error) says why. It becomes a failure in the export's result."""


class Renderer:
    """Turns the changes of one export into text."""

    def __init__(self, settings: FileSettings, request: ExportRequest) -> None:
        self._settings = settings
        self._multi_valued = request.multi_valued

    def external_id(self, item: ExportObject) -> str:
        """The identifier the object has in the file.

        Raises: RefusedError when it has none, would change it, or is of a type the file does not hold.
        """
        if self._settings.object_type not in (None, item.object_type):
            raise RefusedError(
                f"The file holds objects of type {self._settings.object_type} only, and this is a {item.object_type}."
                " Set Object Type Column to keep several types in one file."
            )
        replace = (item.changes.get(item.external_id_attribute) or _NO_CHANGE).replace
        wanted = cell_text(replace[0]) if replace else ""
        if item.external_id is None and not wanted:
            raise RefusedError(
                f"It has no value for {item.external_id_attribute}, which identifies it in the file. Map that."
            )
        if item.external_id is not None and replace is not None and wanted != item.external_id:
            raise RefusedError(
                f"{item.external_id_attribute} identifies it in the file and cannot change from '{item.external_id}' to"
                f" '{wanted}'. Delete the object and create another."
            )
        return item.external_id or wanted

    def multi_valued(self, object_type: str) -> frozenset[str]:
        """Names of the attributes of a type that hold several values."""
        return self._multi_valued.get(object_type, frozenset())

    def change(self, object_type: str, name: str, change: AttributeChange) -> TextChange:
        """One attribute's change. Raises: RefusedError."""
        return self._several(name, change) if name in self.multi_valued(object_type) else _single(name, change)

    def _several(self, name: str, change: AttributeChange) -> TextChange:
        if change.replace is not None:
            return self._texts(name, change.replace)
        return {"add": self._texts(name, change.add), "remove": self._texts(name, change.remove)}

    def _texts(self, name: str, values: Iterable[Value]) -> list[str]:
        texts = [text for text in map(cell_text, values) if text]
        between_values = self._settings.multi_value_delimiter
        for text in texts:
            if between_values in text:
                raise RefusedError(
                    f"A value of {name} holds '{between_values}', which separates values in the file: '{text[:80]}'."
                    " Choose another Multi-Value Delimiter."
                )
        return texts


def _single(name: str, change: AttributeChange) -> str:
    """The new text: adding a value to what holds one sets it, removing without adding clears it."""
    values = change.add if change.replace is None else change.replace
    if len(values) > 1:
        raise RefusedError(
            f"{name} holds one value in the file, and {len(values)} were to be written. Make it multi-valued."
        )
    return cell_text(values[0]) if values else ""


def cell_text(value: Value) -> str:
    """A value as it stands in the file."""
    return value if type(value) is str else _WRITERS[type(value)](value)


def _date_time(value: datetime) -> str:
    """ISO 8601 in UTC, ending in Z; without a zone it is UTC already."""
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


_WRITERS: Mapping[type, Callable[..., str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: lambda value: format(value, "f"),
    datetime: _date_time,
    UUID: str,
    bytes: lambda value: base64.b64encode(value).decode("ascii"),
}
