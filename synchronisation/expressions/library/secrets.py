"""Secrets: random passwords and passphrases.

In: how long. Out: text nobody has seen before.
Always: every choice comes from the system's secure source (`random.SystemRandom` reads os.urandom); nothing
is seeded, kept or logged.
"""

from random import SystemRandom
from string import ascii_lowercase, ascii_uppercase, digits

from synchronisation.expressions.errors import BadValueFailed
from synchronisation.expressions.library.words import WORDS
from synchronisation.expressions.values import as_text, capped

_SOURCE = SystemRandom()

_SYMBOLS = "!#$%*+-.:=?@_"
"""All count as special characters for Active Directory, and none needs escaping in CSV, XML or a shell's quotes."""

_PASSWORD_LENGTHS = range(4, 257)
"""From one character of each class to what Active Directory takes."""

_PASSPHRASE_WORDS = range(2, 33)


def random_password(length: int, symbols: object = True) -> str:
    """Letters and digits, and symbols: true for the usual ones, false for none, or a text of those to use.

    At least one of each class, so that it meets complexity rules.
    """
    if length not in _PASSWORD_LENGTHS:
        raise BadValueFailed(f"makes passwords of {_span(_PASSWORD_LENGTHS)} characters, not {length}")
    classes = [group for group in (ascii_lowercase, ascii_uppercase, digits, _symbols(symbols)) if group]
    alphabet = "".join(classes)
    characters = [_SOURCE.choice(group) for group in classes]
    characters += _SOURCE.choices(alphabet, k=length - len(classes))
    _SOURCE.shuffle(characters)
    return "".join(characters)


def random_passphrase(words: int, separator: str = "-") -> str:
    """That many words of the list; each adds a little over 10 bits."""
    if words not in _PASSPHRASE_WORDS:
        raise BadValueFailed(f"makes passphrases of {_span(_PASSPHRASE_WORDS)} words, not {words}")
    return capped(separator.join(_SOURCE.choices(WORDS, k=words)))


def _symbols(symbols: object) -> str:
    if isinstance(symbols, bool):
        return _SYMBOLS if symbols else ""
    return as_text(symbols)


def _span(numbers: range) -> str:
    return f"{numbers[0]} to {numbers[-1]}"
