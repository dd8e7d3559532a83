"""Documents for people: the attributes of an object as rows of a table.

In: a document {attribute id: value or list of values}, reference rows, and the schema's names. Out: cells.
Always: attributes in schema order, references after them; a bounded number of values of each, however many there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from jim.admin.sections import page_link

VALUES_SHOWN = 20
"""Of one attribute; a group may have 500,000 members."""

REFERENCES_SHOWN = 200
"""Reference rows read for one object, over all its attributes."""


@dataclass(frozen=True, slots=True)
class Reference:
    """text: as the source gave it, or the target's name; target_id: the object it names, once known."""

    attribute_id: int
    text: str
    target_id: UUID | None


def attribute_rows(document: Mapping[str, Any], names: Mapping[int, str]) -> list[tuple[int, str, SafeString]]:
    """(attribute id, name, values) of each attribute that has a value; names of attributes in schema order."""
    return [
        (attribute_id, name, lines(_values(document[str(attribute_id)])))
        for attribute_id, name in names.items()
        if str(attribute_id) in document
    ]


def reference_rows(
    references: Iterable[Reference], names: Mapping[int, str], target_label: str
) -> list[tuple[int, str, SafeString]]:
    """Like attribute_rows; values link to their target where it is known."""
    cells: dict[int, list[str]] = defaultdict(list)
    for reference in references:
        target = reference.target_id
        cells[reference.attribute_id].append(
            page_link(target_label, target, reference.text) if target else f"{reference.text} (unresolved)"
        )
    return [(attribute, names.get(attribute, str(attribute)), lines(values)) for attribute, values in cells.items()]


def lines(values: list[str]) -> SafeString:
    """One value a line, and a last line when there are more than are shown."""
    shown = values[:VALUES_SHOWN]
    if len(values) > VALUES_SHOWN:
        shown.append("… and more")
    return format_html_join("", "<div>{}</div>", ((value,) for value in shown))


def _values(value: Any) -> list[str]:
    return [value_text(one) for one in value] if isinstance(value, list) else [value_text(value)]


def value_text(value: Any) -> str:
    """Booleans as JSON writes them, everything else as it is."""
    return str(value).lower() if isinstance(value, bool) else str(value)
