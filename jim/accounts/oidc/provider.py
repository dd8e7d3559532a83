"""A provider as it describes itself: its endpoints and its signing keys.

In: the URL of its authority. Out: its configuration, and the key with an id. Always: both are kept in this process and
asked for again after a while; a provider that is away is no fault as long as they are known; tokens with made-up key
ids do not make us ask more often than every KEY_PAUSE_SECONDS.
"""

import logging
import time
from functools import lru_cache
from threading import Lock
from typing import Any

import httpx
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError

from jim.accounts.oidc.errors import ProviderError, TokenError

logger = logging.getLogger(__name__)

DISCOVERY = "/.well-known/openid-configuration"
NEEDED = ("issuer", "jwks_uri", "authorization_endpoint", "token_endpoint")
CONFIGURATION_SECONDS = 3600
# Providers publish a new key long before they sign with it, and withdraw a leaked one at once.
KEYS_SECONDS = 300
KEY_PAUSE_SECONDS = 10
TIMEOUT_SECONDS = 5


class Provider:
    """Of one authority; shared by the threads of the process."""

    def __init__(self, authority: str) -> None:
        self.authority = authority
        self._lock = Lock()
        self._configuration: dict[str, Any] = {}
        self._configuration_read = float("-inf")
        self._keys: dict[str | None, PyJWK] = {}
        self._keys_read = float("-inf")

    def configuration(self) -> dict[str, Any]:
        """The discovery document. Raises: ProviderError."""
        with self._lock:
            return self._fresh_configuration()

    def key(self, key_id: str | None) -> PyJWK:
        """The key that a token names; the only one, when it names none. Raises: TokenError, ProviderError."""
        with self._lock:
            age = time.monotonic() - self._keys_read
            if age > KEYS_SECONDS or (key_id not in self._keys and age > KEY_PAUSE_SECONDS):
                self._read_keys()
            if key_id is None and len(self._keys) == 1:
                return next(iter(self._keys.values()))
            if key_id not in self._keys:
                raise TokenError(f"{self.authority} has no key {key_id}")
            return self._keys[key_id]

    def _fresh_configuration(self) -> dict[str, Any]:
        if time.monotonic() - self._configuration_read <= CONFIGURATION_SECONDS:
            return self._configuration
        try:
            found = ask("GET", self.authority + DISCOVERY)
            missing = [name for name in NEEDED if not isinstance(found.get(name), str)]
            if missing:
                raise ProviderError(f"{self.authority + DISCOVERY} lacks {', '.join(missing)}")
        except ProviderError as exc:
            if not self._configuration:
                raise
            logger.warning("sign-in goes on with what is known: %s", exc)
            found = self._configuration
        self._configuration, self._configuration_read = found, time.monotonic()
        return found

    def _read_keys(self) -> None:
        try:
            found = PyJWKSet.from_dict(ask("GET", self._fresh_configuration()["jwks_uri"]))
            self._keys = {key.key_id: key for key in found.keys}
        except (ProviderError, PyJWTError) as exc:
            if not self._keys:
                raise ProviderError(f"the keys of {self.authority} cannot be read: {exc}") from exc
            logger.warning("sign-in goes on with the keys that are known: %s", exc)
        self._keys_read = time.monotonic()


@lru_cache(maxsize=4)
def provider_at(authority: str) -> Provider:
    return Provider(authority)


def ask(method: str, url: str, **parts: Any) -> dict[str, Any]:
    """The JSON object that an endpoint of the provider answers. parts: as httpx takes them. Raises: ProviderError."""
    try:
        response = httpx.request(method, url, timeout=TIMEOUT_SECONDS, **parts)
        response.raise_for_status()
        answer = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
        raise ProviderError(f"{url} does not answer as it should: {exc}") from exc
    if not isinstance(answer, dict):
        raise ProviderError(f"{url} answers something that is no JSON object")
    return answer
