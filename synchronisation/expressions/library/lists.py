"""List functions.

In: lists of single values; a single value counts as a list of one. Out: text, a list or a boolean.
Always: a list without values does not exist; where one would be, there is null.
"""

from synchronisation.expressions.errors import BadValueFailed, LimitFailed
from synchronisation.expressions.operators import equal
from synchronisation.expressions.values import MAX_LIST, as_text_or_empty, check_text_length


def collection_contains(collection: list[object] | None, value: object) -> bool:
    """Whether one of the values equals value; no list contains nothing, and nothing contains null."""
    if collection is None or value is None:
        return False
    return any(equal(member, value) for member in collection)


def split(text: str, delimiter: str) -> list[str] | None:
    """The parts between delimiters, trimmed, empty ones dropped."""
    if not delimiter:
        raise BadValueFailed("needs a delimiter that is not empty")
    if text.count(delimiter) >= MAX_LIST:
        raise LimitFailed(f"would make a list of more than {MAX_LIST:,} values")
    return [part for raw in text.split(delimiter) if (part := raw.strip())] or None


def join(values: list[object], delimiter: str = ",") -> str | None:
    """The values as one text, empty ones dropped."""
    texts = []
    length = 0
    for value in values:
        if text := as_text_or_empty(value):
            texts.append(text)
            length += len(text) + len(delimiter)
            check_text_length(length - len(delimiter))
    return delimiter.join(texts) or None
