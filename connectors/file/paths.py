"""Paths: which files the connector may touch, and how it opens them.

In: a path from a setting or a run profile, and the folder for connector files. Out: open file descriptors.
Always: what is opened is a regular file inside that folder. The path is judged twice: `locate` resolves
it, and opening walks the resolved path folder by folder without following links, so that a link slipped
in between the two opens nothing.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from connectors.errors import ConfigurationError
from connectors.file.errors import contract_errors

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Non-blocking: opening a FIFO or a device would otherwise wait before we see what it is.
_FILE = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Location:
    """A place inside the folder for connector files; it need not exist yet.

    root: that folder, resolved. folders: the names from there down to the file, resolved, without links.
    shown: the path as the administrator wrote it.
    """

    root: Path
    folders: tuple[str, ...]
    name: str
    shown: str


def locate(file_path: str, files_root: Path) -> Location:
    """Resolve a path to its place. Raises: ConfigurationError when it is not inside the folder."""
    if not _can_name_a_file(file_path):
        raise ConfigurationError(
            "The file path is empty or holds characters no file name can. Give the path of a file."
        )
    if ".." in PurePath(file_path).parts:
        raise ConfigurationError(f"The path '{file_path}' holds '..'. Write it without.")
    if not files_root.is_dir():
        raise ConfigurationError("The folder for connector files (JIM_CONNECTOR_FILES) does not exist. Create it.")
    with contract_errors(file_path):
        root = Path(os.path.realpath(files_root))
        # Joining an absolute path gives that path. A loop of links stays in the result, and fails when opened.
        resolved = Path(os.path.realpath(files_root / file_path))
    if not resolved.is_relative_to(root):
        raise ConfigurationError(
            f"The path '{file_path}' leads out of the folder for connector files (JIM_CONNECTOR_FILES)."
            " Name a file inside it."
        )
    if resolved == root:
        raise ConfigurationError(f"The path '{file_path}' is the folder for connector files itself. Name a file in it.")
    *folders, name = resolved.relative_to(root).parts
    return Location(root, tuple(folders), name, file_path)


def _can_name_a_file(file_path: str) -> bool:
    try:
        return bool(file_path.strip()) and b"\0" not in os.fsencode(file_path)
    except UnicodeEncodeError:
        return False


@contextmanager
def opened_folder(location: Location) -> Iterator[int]:
    """The descriptor of the file's folder. Raises: OSError, mapped by the caller."""
    folder = os.open(location.root, _FOLDER)
    try:
        for name in location.folders:
            below = os.open(name, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = below
        yield folder
    finally:
        os.close(folder)


def open_regular(folder: int, name: str, shown: str, flags: int = os.O_RDONLY) -> int:
    """The descriptor of an existing regular file. Raises: ConfigurationError for anything else, OSError."""
    descriptor = os.open(name, flags | _FILE, dir_fd=folder)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise ConfigurationError(f"'{shown}' is no regular file (a folder, a device or a pipe). Name a regular file.")


def open_existing(folder: int, name: str, shown: str) -> int | None:
    """As `open_regular`, for reading; None when there is no such file."""
    with suppress(FileNotFoundError):
        return open_regular(folder, name, shown)
    return None
