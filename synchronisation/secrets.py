"""Secrets at rest: the values of settings marked secret, as Fernet tokens.

In: text. Out: a token, or the text of one.
Always: the newest key encrypts and every configured key decrypts, so that keys rotate without a migration;
neither a text nor a key appears in a message.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from connectors.errors import ConfigurationError
from jim import conf


class SecretError(ConfigurationError):
    """A secret cannot be kept or read with the keys at hand; the message says which setting of JIM to look at."""


def encrypt(text: str) -> bytes:
    """Raises: SecretError when no usable key is configured."""
    return _keys().encrypt(text.encode())


def decrypt(token: bytes) -> str:
    """Raises: SecretError when none of the configured keys made the token."""
    try:
        return _keys().decrypt(token).decode()
    except InvalidToken:
        raise SecretError(
            "A stored secret was encrypted with a key that JIM_ENCRYPTION_KEYS no longer holds: "
            "add that key again, or enter the secret anew."
        ) from None


def _keys() -> MultiFernet:
    configured = conf.encryption_keys()
    if not configured:
        raise SecretError("JIM_ENCRYPTION_KEYS is not set: secrets can be neither stored nor read without it.")
    try:
        return MultiFernet([Fernet(key) for key in configured])
    except ValueError:
        raise SecretError(
            "JIM_ENCRYPTION_KEYS holds something that is no Fernet key: 32 bytes in URL-safe base64 are needed."
        ) from None
