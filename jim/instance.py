"""The instance file: how other programs of this user find the running `jim serve`.

Written into the data folder when everything is ready, removed at stop, mode 0600 for the passwords in its URLs.
Reading it starts nothing.
"""

import json
import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from jim import folders
from jim.servers.data_folder import write_private_file

FILE_NAME = "instance.json"


@dataclass(frozen=True, slots=True)
class Instance:
    """process_id: of `jim serve`. url: where the API answers, without a slash at the end."""

    process_id: int
    url: str
    database_url: str
    redis_url: str
    api_key: str


@contextmanager
def published(data_folder: Path, instance: Instance) -> Iterator[None]:
    """The instance can be found while the block runs."""
    file = data_folder / FILE_NAME
    write_private_file(file, json.dumps(asdict(instance), indent=2) + "\n")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def read(data_folder: Path | None = None) -> Instance | None:
    """The running instance of a data folder (default: ours); None when none runs, also when one was killed."""
    file = (data_folder or folders.data_folder()) / FILE_NAME
    try:
        instance = Instance(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return instance if _is_alive(instance.process_id) else None


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def export_urls(environment: MutableMapping[str, str]) -> bool:
    """Fill DATABASE_URL and REDIS_URL from the running instance unless set; False when one stays unset."""
    instance = read()
    if instance is not None:
        environment.setdefault("DATABASE_URL", instance.database_url)
        environment.setdefault("REDIS_URL", instance.redis_url)
    return bool(environment.get("DATABASE_URL") and environment.get("REDIS_URL"))
