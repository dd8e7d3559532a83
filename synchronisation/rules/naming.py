"""Naming: which attribute shows an object to people."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from .specification import Attribute

WHOLE_NAMES = ("displayname", "cn", "commonname", "fullname", "name")
FIRST_NAMES = ("firstname", "givenname")
LAST_NAMES = ("lastname", "sn", "surname", "familyname")


def display_name_of(
    attributes: Sequence[Attribute],
    *,
    key_of: Callable[[Attribute], str] = attrgetter("key"),
    value_of: Callable[[Any, str], Any] = dict.get,
) -> Callable[[Any], str | None]:
    """A function from a document to the object's display name, None when it has none.

    The first of the attributes usually called so decides; else first and last name together. key_of, value_of: how
    a value is found, where documents are not dictionaries by attribute key.
    """
    keys = {"".join(filter(str.isalnum, a.name.casefold())): key_of(a) for a in attributes if not a.multi_valued}
    whole = [keys[name] for name in WHOLE_NAMES if name in keys]
    parts = [keys[name] for name in (*FIRST_NAMES, *LAST_NAMES) if name in keys]

    def name(document: Any) -> str | None:
        for key in whole:
            value = value_of(document, key)
            if value is not None and value != "":
                return str(value)
        joined = ""
        for key in parts:
            value = value_of(document, key)
            if value is not None and value != "":
                joined = f"{joined} {value}" if joined else f"{value}"
        return joined or None

    return name
