"""What an item says of one object's attributes, value by value.

In: attribute key -> value before and after, as `ExecutionItemDetail` keeps them. Out: one change per single value,
and one per value that a list gained or lost. Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SET, ADD, REMOVE = "Set", "Add", "Remove"
OPERATIONS = (SET, ADD, REMOVE)

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """old_value, new_value: in document form, None where there is none."""

    attribute_name: str
    operation: str
    old_value: Any = None
    new_value: Any = None


def attribute_changes(old: Values | None, new: Values | None, names: Mapping[int, str]) -> list[AttributeChange]:
    """names: attribute id -> name, in the order in which they are shown; one that is gone is called by its id."""
    before, after = old or {}, new or {}
    gone = sorted({int(key) for key in (*before, *after)} - names.keys())
    return [
        change
        for number in (*names, *gone)
        for change in _changes(names.get(number, str(number)), before.get(str(number)), after.get(str(number)))
    ]


def _changes(name: str, old: Any, new: Any) -> Iterator[AttributeChange]:
    if not isinstance(old, list) and not isinstance(new, list):
        if old is not None or new is not None:
            yield AttributeChange(name, SET, old, new)
        return
    before, after = _as_list(old), _as_list(new)
    for value in _without(before, after):
        yield AttributeChange(name, REMOVE, old_value=value)
    for value in _without(after, before):
        yield AttributeChange(name, ADD, new_value=value)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _without(values: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Values of a list have one type, so that they can be told apart by a set."""
    known = set(others)
    return [value for value in values if value not in known]
