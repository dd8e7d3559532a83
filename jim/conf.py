"""Typed access to the project's own settings.

Apps read settings through these functions, so that types and defaults stand in one place and a test's
`override_settings` takes effect at once.
"""

from datetime import timedelta
from pathlib import Path

from django.conf import settings


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
