"""The data folder of one instance: its lock, its generated secrets, its logs.

In: a path. Out: an open DataFolder, held by this process alone until it is closed.
Always: folders that we make have mode 0700, files with secrets 0600; the mode of anything that was there before
is left as it is.
"""

import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from jim.servers.errors import DataFolderError

LOCK_FILE = "lock"


class DataFolder:
    """Use as a context manager: entering locks the folder, leaving unlocks it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = -1

    def __enter__(self) -> Self:
        try:
            make_private_folder(self.path)
            self._lock = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise DataFolderError(
                f"cannot use {self.path} as data folder ({exc.strerror}): choose another with --data-dir"
            ) from exc
        self._take_lock()
        return self

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode().strip()
            os.close(self._lock)
            raise DataFolderError(
                f"another `jim serve` (process {holder}) is using {self.path}: stop it, or choose another --data-dir"
            ) from None
        os.truncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lock)

    def folder(self, name: str) -> Path:
        """A folder below ours, made when missing."""
        return make_private_folder(self.path / name)

    def log(self, name: str) -> Path:
        """The log of a server; what an earlier start left is kept once, as NAME.log.1."""
        log = self.folder("logs") / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        return log

    def secret(self, name: str, generate: Callable[[], str]) -> str:
        """The secret kept under this name; generated and kept when there is none yet."""
        file = self.folder("secrets") / name
        if not file.exists():
            write_private_file(file, generate() + "\n")
        return file.read_text(encoding="utf-8").strip()

    def keeps(self, name: str, value: str) -> bool:
        """Whether this value is the one that was generated and kept under the name."""
        file = self.path / "secrets" / name
        return file.exists() and file.read_text(encoding="utf-8").strip() == value


def make_private_folder(path: Path) -> Path:
    """Like mkdir -p; only folders that were missing get mode 0700."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private_file(file: Path, content: str) -> None:
    """Write whole or not at all, readable by the owner only."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
    temporary.replace(file)
