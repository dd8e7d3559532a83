"""The keys themselves: how they are made, written and hashed. Knows no model."""

import hashlib
import re
import secrets

KEY_PREFIX = "jim_ak_"
SECRET_BYTES = 32
# What of a key stays readable, so that people can tell keys apart; 1 of its digits, the rest is the same for all.
PREFIX_LENGTH = 8
KEY_FORMAT = re.compile(r"jim_ak_[0-9a-f]{32,}")


class KeyFormatError(ValueError):
    """A key given from outside is not written as keys are."""


def generate_key() -> str:
    return KEY_PREFIX + secrets.token_hex(SECRET_BYTES)


def check_format(key: str) -> None:
    """Raises: KeyFormatError, which does not repeat the key."""
    if KEY_FORMAT.fullmatch(key) is None:
        raise KeyFormatError(f"An API key is {KEY_PREFIX} followed by at least 32 of the digits 0-9 and a-f.")


def hash_key(key: str) -> str:
    """SHA-256 in hexadecimal. No salt and no stretching: a key has 256 random bits, nobody guesses it."""
    return hashlib.sha256(key.encode()).hexdigest()
