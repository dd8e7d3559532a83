"""Typed readers for environment variables.

In: the name of a variable. Out: its value as the type asked for, or the default.
Always: an empty value counts as unset; a failure names the variable, the value and what is accepted.
Needs no Django: `jim serve` reads the same variables before Django is set up.
"""

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})
SECONDS_PER_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
# libpq's words for what Django's DATABASES calls otherwise; everything else goes to OPTIONS unchanged.
DJANGO_KEY_BY_LIBPQ_KEY = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


class VariableError(ValueError):
    """A variable of the environment is missing or cannot be read; the message says what to do."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        super().__init__(f"{name} {problem}")


def text(name: str, default: str = "") -> str:
    """The value without surrounding blanks."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, *, default: bool) -> bool:
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE_WORDS | FALSE_WORDS:
        return value in TRUE_WORDS
    raise VariableError(name, f"is {value!r}: write true or false")


def integer(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31 - 1) -> int:
    """A whole number within [minimum, maximum]."""
    value = text(name)
    if not value:
        return default
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        raise VariableError(name, f"is {value!r}: write a whole number")
    if not minimum <= int(value) <= maximum:
        raise VariableError(name, f"is {value}: it must lie between {minimum} and {maximum}")
    return int(value)


def seconds(name: str, default: int) -> int:
    """A duration in seconds, from `90`, `90s`, `15m`, `2h` or `7d`."""
    value = text(name)
    if not value:
        return default
    match = re.fullmatch(r"([0-9]{1,9})\s*([smhd]?)", value.lower())
    if match is None:
        raise VariableError(name, f"is {value!r}: write a duration such as 90s, 15m, 2h or 7d")
    return int(match[1]) * SECONDS_PER_UNIT[match[2]]


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, in any case."""
    value = text(name, default).lower()
    if value not in choices:
        raise VariableError(name, f"is {value!r}: write one of {', '.join(choices)}")
    return value


def is_production() -> bool:
    """In production nothing is generated and no debugging aid is on."""
    return choice("JIM_ENVIRONMENT", "development", ("development", "production")) == "production"


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The parts of a list separated by commas, without blanks and empty parts."""
    parts = tuple(part.strip() for part in text(name).split(",") if part.strip())
    return parts or default


def path(name: str, default: Path) -> Path:
    """An absolute path; a relative one counts from the current folder."""
    value = text(name)
    return Path(value).expanduser().absolute() if value else default


def secret(name: str, *, kept_in: Path | None = None, required: bool = False) -> str:
    """A secret: from NAME, else from the file that NAME_FILE names, else from the file `kept_in`/NAME.

    Raises: VariableError when both NAME and NAME_FILE are set, when the named file cannot be read or is
    empty, and when nothing is found although it is required.
    """
    value, file_name = text(name), text(f"{name}_FILE")
    if value and file_name:
        raise VariableError(name, f"and {name}_FILE are both set: keep one of them")
    if file_name:
        value = _first_line(f"{name}_FILE", Path(file_name))
    if not value and kept_in is not None and (kept_in / name).is_file():
        value = _first_line(name, kept_in / name)
    if not value and required:
        raise VariableError(name, f"is not set: give it a value, or put the value in a file and set {name}_FILE")
    return value


def _first_line(name: str, file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise VariableError(name, f"names {file}, which cannot be read: {exc}") from exc
    if not lines or not lines[0].strip():
        raise VariableError(name, f"names {file}, whose first line is empty")
    return lines[0].strip()


def database(name: str, default: str) -> dict[str, Any]:
    """The entry of Django's DATABASES for a PostgreSQL URL (or any connection string libpq takes)."""
    try:
        parameters = conninfo_to_dict(text(name, default))
    except ProgrammingError as exc:
        problem = f"cannot be read: {str(exc).strip()}; write postgresql://user@host:5432/name"
        raise VariableError(name, problem) from exc
    entry: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {}}
    for key, value in parameters.items():
        if key in DJANGO_KEY_BY_LIBPQ_KEY:
            entry[DJANGO_KEY_BY_LIBPQ_KEY[key]] = value
        else:
            entry["OPTIONS"][key] = value
    if not entry.get("NAME"):
        raise VariableError(name, "names no database: write postgresql://user@host:5432/name")
    return entry


def web_url(name: str) -> str:
    """An http(s) URL without a slash at its end; empty when unset."""
    value = text(name).rstrip("/")
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise VariableError(name, f"is {value!r}: write a URL such as https://login.example.com/realms/staff")
    return value


def redis_url(name: str, default: str) -> str:
    """A URL of a Redis or Valkey server, checked for its scheme and host."""
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise VariableError(name, "cannot be read: write redis://host:6379/0, or rediss:// for TLS")
    return value
