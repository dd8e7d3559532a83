"""Typed access to the project's own settings.

Apps read settings through these functions, so that types and defaults stand in one place and a test's
`override_settings` takes effect at once.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Oidc:
    """An OpenID Connect provider, and what JIM is to it.

    authority: URL of the issuer. audience: that tokens for the API must name; empty: none are taken. client_id: of the
    admin's sign-in; empty: there is none. public_*: what other clients are told. claim, attribute: who somebody is.
    """

    authority: str
    audience: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    public_authority: str
    public_client_id: str | None
    claim: str
    attribute: str


def oidc() -> Oidc | None:
    """None unless a provider is configured."""
    if not settings.JIM_OIDC_AUTHORITY:
        return None
    return Oidc(
        authority=settings.JIM_OIDC_AUTHORITY,
        audience=settings.JIM_OIDC_AUDIENCE,
        client_id=settings.JIM_OIDC_CLIENT_ID,
        client_secret=settings.JIM_OIDC_CLIENT_SECRET,
        scopes=tuple(settings.JIM_OIDC_SCOPES),
        public_authority=settings.JIM_OIDC_PUBLIC_AUTHORITY or settings.JIM_OIDC_AUTHORITY,
        public_client_id=settings.JIM_OIDC_PUBLIC_CLIENT_ID or settings.JIM_OIDC_CLIENT_ID or None,
        claim=settings.JIM_OIDC_CLAIM,
        attribute=settings.JIM_OIDC_ATTRIBUTE,
    )


def connector_files() -> Path:
    """The only folder that file connectors may touch; absolute."""
    return Path(settings.JIM_CONNECTOR_FILES)


def encryption_keys() -> tuple[str, ...]:
    """Fernet keys, newest first: the first encrypts, all of them decrypt. Empty when none was given."""
    return tuple(settings.JIM_ENCRYPTION_KEYS)


def infrastructure_api_key() -> str:
    """The API key that is made an Administrator at start and never throttled; empty when there is none."""
    return str(settings.JIM_INFRASTRUCTURE_API_KEY)


def trusted_proxies() -> tuple[str, ...]:
    """Addresses or networks whose X-Forwarded-For header is believed."""
    return tuple(settings.JIM_TRUSTED_PROXIES)


def heartbeat_seconds() -> int:
    """Time between two heartbeats of a run."""
    return int(settings.JIM_HEARTBEAT_SECONDS)


def lease_seconds() -> int:
    """A run whose heartbeat is older than this counts as dead, and another worker goes on with it."""
    return int(settings.JIM_LEASE_SECONDS)


def history_retention() -> timedelta:
    """Activities, execution items and records of deleted objects that are older than this are removed."""
    return timedelta(seconds=settings.JIM_HISTORY_RETENTION)


def history_detail_retention() -> timedelta:
    """The same for what a run changed in each object, which takes the most room; never longer than the history."""
    return timedelta(seconds=settings.JIM_HISTORY_DETAIL_RETENTION)


def runs_queue() -> str:
    """The broker queue whose workers carry out runs."""
    return str(settings.RUNS_QUEUE)


def is_production() -> bool:
    return bool(settings.PRODUCTION)
