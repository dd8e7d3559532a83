"""Text functions.

In: text (and counts of 0 or more) that is not null. Out: text, a number or a boolean.
Always: positions count characters from 0; comparing is exact, case included.
"""

import re

from synchronisation.expressions.values import as_text, capped, check_text_length

_WORD_START = re.compile(r"(?<![\w\u0300-\u036f])[^\W_]")
"""A letter or digit after something that is neither, hyphens and apostrophes included.

Combining accents (U+0300 to U+036F) belong to the letter before them.
"""

_DN_SPECIAL = re.compile(r'[\\",+;<>\x00-\x1f\x7f]')
"""RFC 4514 section 2.4, and the other control characters, which it allows to escape and LDIF cannot carry."""


def capitalise(text: str) -> str:
    """The first letter of each word in upper case, the others as they are: o'brien-smith -> O'Brien-Smith."""
    return capped(_WORD_START.sub(lambda letter: letter[0].title(), text))


def upper(text: str) -> str:
    return capped(text.upper())


def left(text: str, length: int) -> str:
    return text[:length]


def right(text: str, length: int) -> str:
    return text[max(len(text) - length, 0) :]


def substring(text: str, start: int, length: int | None = None) -> str:
    """From start (0 is the first character); what lies beyond the end is empty."""
    return text[start:] if length is None else text[start : start + length]


def replace(text: str, old: str, new: str) -> str:
    """Every occurrence replaced; nothing is replaced where old is empty."""
    if not old:
        return text
    check_text_length(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def length(value: object) -> int:
    """Characters of a text, values of a list."""
    return len(value) if isinstance(value, list) else len(as_text(value))


def is_null_or_empty(value: object) -> bool:
    return value is None or value == ""


def is_null_or_whitespace(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def contains(text: str, part: str) -> bool:
    return part in text


def escape_dn(text: str) -> str:
    """text as an attribute value inside a distinguished name (RFC 4514 section 2.4)."""
    escaped = _DN_SPECIAL.sub(_escape, text)
    if escaped.startswith((" ", "#")):
        escaped = "\\" + escaped
    if text.endswith(" ") and len(text) > 1:
        escaped = escaped[:-1] + "\\ "
    return capped(escaped)


def _escape(special: re.Match[str]) -> str:
    character = special[0]
    return f"\\{character}" if character.isprintable() else f"\\{ord(character):02X}"
