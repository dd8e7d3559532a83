"""One request to the API, and what its answer means.

In: method, path below /api/v1, query, body. Out: the decoded JSON.
Always: everything httpx can raise and every status that is no success becomes a ClientError; a 429 is waited out.
"""

import ipaddress
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx

from jim.client.errors import ServerUnreachableError, SettingsError, UnexpectedAnswerError, error_for

API_ROOT = "/api/v1"
CONNECT_SECONDS = 5.0
# Importing the schema of a large directory is answered when it is finished.
ANSWER_SECONDS = 120.0
# The limit is per minute, so a caller who waits as told is let in at the first or second try.
TRIES_WHEN_LIMITED = 5
LONGEST_WAIT_SECONDS = 120.0
# What a proxy in front of JIM says, in its own words, when JIM is away.
PROXY_STATUSES = frozenset({502, 503, 504})

Query = Mapping[str, str | int | bool]


class Transport:
    """A connection to one server, kept open between requests; close it, or use the client as context manager."""

    def __init__(self, url: str, api_key: str) -> None:
        self.url = checked_url(url)
        self._http = httpx.Client(
            base_url=self.url + API_ROOT,
            headers={"X-Api-Key": checked_key(api_key), "Accept": "application/json"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            verify=self.url.startswith("https:"),  # plain http need not wait 50 ms for certificates to load
            trust_env=not _is_loopback(self.url),  # a proxy cannot reach what runs on this machine
        )

    def close(self) -> None:
        self._http.close()

    def request(self, method: str, path: str, *, query: Query | None = None, body: object = None) -> Any:
        """The answer's JSON; None when it has no body. Raises: ClientError."""
        for tries_left in reversed(range(TRIES_WHEN_LIMITED)):
            response = self._send(method, path, query, body)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS or not tries_left:
                break
            time.sleep(_seconds_to_wait(response))
        return self._content(response)

    def _send(self, method: str, path: str, query: Query | None, body: object) -> httpx.Response:
        with self._translated():
            return self._http.request(method, path, params=query, json=body)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """The only place where httpx's exceptions become ours."""
        try:
            yield
        except httpx.TimeoutException as exc:
            raise ServerUnreachableError(self.url, "no answer in time") from exc
        except (httpx.RequestError, httpx.InvalidURL) as exc:
            raise ServerUnreachableError(self.url, str(exc) or type(exc).__name__) from exc

    def _content(self, response: httpx.Response) -> Any:
        if response.status_code in PROXY_STATUSES and not _is_json(response):
            raise ServerUnreachableError(self.url, f"a proxy answers with status {response.status_code}")
        if response.is_redirect:
            raise UnexpectedAnswerError(self.url, f"it sends on to {response.headers.get('Location')}")
        if response.is_success and not response.content:
            return None
        content = self._decode(response)
        if response.is_success:
            return content
        if not isinstance(content, dict) or not {"code", "message"} <= content.keys():
            raise UnexpectedAnswerError(self.url, f"status {response.status_code} without the API's error body")
        raise error_for(response.status_code)(
            response.status_code,
            content["code"],
            content["message"],
            content.get("details"),
            content.get("validationErrors"),
        )

    def _decode(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError as exc:
            raise UnexpectedAnswerError(self.url, f"status {response.status_code}, and no JSON") from exc


def checked_url(url: str) -> str:
    """The server's URL without a slash at the end. Raises: SettingsError."""
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"{url!r} is not the URL of a server: write it like https://jim.example.com")
    return url.removesuffix(API_ROOT)


def checked_key(api_key: str) -> str:
    """The key without surrounding blanks. Raises: SettingsError, which does not show the key."""
    api_key = api_key.strip()
    if not api_key:
        raise SettingsError("the API key is empty: give the key that JIM showed when it was created (jim_ak_...)")
    if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
        raise SettingsError("the API key contains characters that no key has: copy it again, whole (jim_ak_...)")
    return api_key


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_json(response: httpx.Response) -> bool:
    return str(response.headers.get("Content-Type", "")).startswith("application/json")


def _seconds_to_wait(response: httpx.Response) -> float:
    """What Retry-After says, in whole seconds (api-conventions: never a date); a second when it is missing."""
    told = response.headers.get("Retry-After", "")
    return min(float(told), LONGEST_WAIT_SECONDS) if told.isdecimal() else 1.0
