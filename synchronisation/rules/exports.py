"""Exports: the algebra of queued changes. Pure functions on documents and changes.

Changes map an attribute key to its part: the value itself for a single-valued attribute (null clears it),
{"add": [...], "remove": [...]} for a multi-valued one, {"sealed": token} for a secret: encrypted, sent and then
forgotten, so it never shows in a document and is never compared. A value is never an object, which tells them apart;
so what creates an object of single values is that object's document. A document is the object; applying changes to it
gives the object as it will be. Always: difference(wanted, apply(document, difference(wanted, document))) is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .values import Document, JsonValue, as_set

Part = JsonValue | None | dict[str, Any]
Changes = dict[str, Part]
SEALED = "sealed"

Wanted = Mapping[str, JsonValue | list[JsonValue] | None]
"""Attribute key -> wanted value; None: no value. Attributes that no mapping writes are not in it."""


def apply_changes(document: Document, changes: Changes | None) -> Document:
    """The document with the changes made; a new one when there are any."""
    if not changes:
        return document
    result = dict(document)
    for key, part in changes.items():
        if is_sealed(part):
            continue
        value = _applied(result.get(key), part)
        if value is None or value == []:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def _applied(current: JsonValue | list[JsonValue] | None, part: Part) -> JsonValue | list[JsonValue] | None:
    if not isinstance(part, dict):
        return part
    removed = set(part.get("remove", ()))
    kept = [value for value in _as_list(current) if value not in removed]
    return as_set([*kept, *part.get("add", ())])


def difference(wanted: Wanted, document: Document) -> Changes:
    """What turns the document into one that has the wanted values; {} when nothing does."""
    changes: Changes = {}
    for key, value in wanted.items():
        current = document.get(key)
        if isinstance(value, list) or isinstance(current, list):
            goal, present = set(_as_list(value)), set(_as_list(current))
            if goal != present:
                changes[key] = {"add": as_set(list(goal - present)), "remove": as_set(list(present - goal))}
        elif value != current or type(value) is not type(current):
            changes[key] = value
    return changes


def creation(document: Document) -> Changes:
    """The changes that make an object from nothing."""
    return {key: {"add": value, "remove": []} if isinstance(value, list) else value for key, value in document.items()}


def merge(older: Changes, newer: Changes) -> Changes:
    """One set of changes that does what `older` and then `newer` do."""
    merged = dict(older)
    for key, part in newer.items():
        before = merged.get(key)
        if isinstance(part, dict) and isinstance(before, dict) and "add" in part and "add" in before:
            merged[key] = _merged_steps(before, part)
        else:
            merged[key] = part
    return merged


def _merged_steps(older: dict[str, Any], newer: dict[str, Any]) -> Part:
    add, remove = set(newer["add"]), set(newer.get("remove", ()))
    return {
        "add": as_set(list((set(older["add"]) - remove) | add)),
        "remove": as_set(list((set(older.get("remove", ())) - add) | remove)),
    }


def unconfirmed(sent: Changes, document: Document) -> Changes:
    """The part of what was sent that the object, as read, does not show."""
    left: Changes = {}
    for key, part in sent.items():
        current = document.get(key)
        if not isinstance(part, dict):
            if current != part:
                left[key] = part
            continue
        if SEALED in part:
            continue
        present = set(_as_list(current))
        add = [value for value in part.get("add", ()) if value not in present]
        remove = [value for value in part.get("remove", ()) if value in present]
        if add or remove:
            left[key] = {"add": add, "remove": remove}
    return left


def is_sealed(part: Part) -> bool:
    """Whether it is a secret."""
    return isinstance(part, dict) and SEALED in part


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a confirming import makes of one pending export.

    confirmed: number of attributes confirmed. When `changes` is empty and nothing else is queued, the export is done.
    retry: something still differs and counts as a failed attempt; failed: that was the last attempt, and nothing new
    is wanted; renewed: it was the last, but with something new beside it all begins anew.
    """

    confirmed: int
    changes: Changes
    retry: bool
    failed: bool
    renewed: bool = False

    @property
    def done(self) -> bool:
        return not self.changes


def confirm(*, sent: Changes, pending: Changes, document: Document, error_count: int, max_attempts: int) -> Verdict:
    """Compare what was sent with the object as it was read (engine.md section 7)."""
    left = unconfirmed(sent, document)
    was_last = bool(left) and error_count + 1 >= max_attempts
    return Verdict(
        len(sent) - len(left),
        merge(left, pending),
        retry=bool(left),
        failed=was_last and not pending,
        renewed=was_last and bool(pending),
    )


def _as_list(value: JsonValue | list[JsonValue] | None) -> list[JsonValue]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
