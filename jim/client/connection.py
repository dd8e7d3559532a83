"""Which server the `jim` commands talk to.

In: the environment, the user's stored connection, the instance running here. Out: a URL and an API key.
Always: JIM_URL and JIM_API_KEY win over what `jim connect` stored, that over the running `jim serve`; a key is
never sent to another server than it was given for.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from jim import env, instance
from jim.client.errors import SettingsError
from jim.client.transport import checked_key, checked_url
from jim.servers.data_folder import make_private_folder, write_private_file

FILE_NAME = "connection.json"


@dataclass(frozen=True, slots=True)
class Connection:
    """url: without a slash at the end."""

    url: str
    api_key: str


def current() -> Connection:
    """The connection that commands use. Raises: SettingsError, VariableError."""
    url, api_key = env.text("JIM_URL"), env.secret("JIM_API_KEY")
    if url and api_key:
        return Connection(checked_url(url), checked_key(api_key))
    known = _stored() or _running_here()
    if url and (known is None or known.url != checked_url(url)):
        raise SettingsError(f"JIM_URL names {url}, but JIM_API_KEY is not set: set it to a key of that server")
    if known is None:
        raise SettingsError(
            "no server to talk to: store one with `jim connect URL`, set JIM_URL and JIM_API_KEY, "
            "or start one on this machine with `jim serve`"
        )
    return Connection(known.url, checked_key(api_key)) if api_key else known


def store(connection: Connection) -> Path:
    """Keep the connection for later commands, readable by this user only; the file it went to."""
    file = _file()
    try:
        make_private_folder(file.parent)
        write_private_file(file, json.dumps(asdict(connection)) + "\n")
    except OSError as exc:
        raise SettingsError(f"cannot write {file} ({exc.strerror}): set JIM_URL and JIM_API_KEY instead") from exc
    return file


def _file() -> Path:
    """In the user's configuration folder (XDG Base Directory Specification: a relative value is ignored)."""
    folder = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (folder if folder.is_absolute() else Path.home() / ".config") / "jim" / FILE_NAME


def _stored() -> Connection | None:
    file = _file()
    try:
        return Connection(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as exc:
        raise SettingsError(f"cannot read {file} ({exc}): store the connection again with `jim connect`") from exc


def _running_here() -> Connection | None:
    running = instance.read()
    return Connection(running.url, running.api_key) if running and running.api_key else None
