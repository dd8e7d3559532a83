"""Naming: which attribute shows an object to people."""

from collections.abc import Callable, Sequence

from .specification import Attribute
from .values import Document

WHOLE_NAMES = ("displayname", "cn", "commonname", "fullname", "name")
FIRST_NAMES = ("firstname", "givenname")
LAST_NAMES = ("lastname", "sn", "surname", "familyname")


def display_name_of(attributes: Sequence[Attribute]) -> Callable[[Document], str | None]:
    """A function from a document to the object's display name, None when it has none.

    The first of the attributes usually called so decides; else first and last name together.
    """
    keys = {"".join(filter(str.isalnum, a.name.casefold())): a.key for a in attributes if not a.multi_valued}
    whole = [keys[name] for name in WHOLE_NAMES if name in keys]
    parts = [keys[name] for name in (*FIRST_NAMES, *LAST_NAMES) if name in keys]

    def name(document: Document) -> str | None:
        for key in whole:
            value = document.get(key)
            if value is not None:
                return str(value)
        return " ".join(str(document[key]) for key in parts if key in document) or None

    return name
