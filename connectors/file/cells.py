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

from connectors.contract import AttributeChange, ExportObject, ExportRequest, Value, ValuesChange
from connectors.file.settings import FileSettings

SetChange = dict[str, list[str]]
"""{"add": texts, "remove": texts}: applied to the values a cell holds."""

TextChange = str | SetChange
"""The new text of an attribute, or a change to the values of a multi-valued one."""


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
        name, known = item.external_id_attribute, item.external_id
        if name not in item.changes and known:
            return known
        wanted = _single(name, item.changes.get(name))
        if known is None and not wanted:
            raise RefusedError(f"It has no value for {name}, which identifies it in the file. Map that.")
        if known is not None and wanted != known:
            raise RefusedError(
                f"{name} identifies it in the file and cannot change from '{known}' to '{wanted}'. Delete the object"
                " and create another."
            )
        return wanted

    def multi_valued(self, object_type: str) -> frozenset[str]:
        """Names of the attributes of a type that hold several values."""
        return self._multi_valued.get(object_type, frozenset())

    def change(self, object_type: str, name: str, change: AttributeChange) -> TextChange:
        """One attribute's change. Raises: RefusedError."""
        return self._several(name, change) if name in self.multi_valued(object_type) else _single(name, change)

    def _several(self, name: str, change: AttributeChange) -> TextChange:
        if isinstance(change, ValuesChange):
            return {"add": self._texts(name, change.add), "remove": self._texts(name, change.remove)}
        return "".join(self._texts(name, () if change is None else (change,)))

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
    if not isinstance(change, ValuesChange):
        return cell_text(change)
    if len(change.add) > 1:
        raise RefusedError(
            f"{name} holds one value in the file, and {len(change.add)} were to be written. Make it multi-valued."
        )
    return cell_text(change.add[0] if change.add else None)


def cell_text(value: Value | None) -> str:
    """A value as it stands in the file."""
    return value if type(value) is str else _WRITERS[type(value)](value)


def _date_time(value: datetime) -> str:
    """ISO 8601 in UTC, ending in Z; without a zone it is UTC already."""
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat() + "Z"


_WRITERS: Mapping[type, Callable[..., str]] = {
    type(None): lambda value: "",
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    Decimal: lambda value: format(value, "f"),
    datetime: _date_time,
    UUID: str,
    bytes: lambda value: base64.b64encode(value).decode("ascii"),
}
