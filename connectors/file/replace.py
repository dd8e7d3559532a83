"""Replace: a new file written beside the old one that takes its place at once.

In: a location. Out: the old file to read, a stream for the new one; on `commit`, the new file in place.
Always: whoever opens the file sees the old content or the new, whole, also after a power cut; one writer
at a time; what a killed writer left behind is removed by the next.

The temporary file carries the lock, so that nothing else need stand beside the file: its name is fixed,
and whoever has locked what that name stands for is the writer.
"""

import fcntl
import os
from contextlib import ExitStack, suppress
from io import TextIOWrapper
from types import TracebackType
from typing import Self

from connectors.errors import TransientConnectorError
from connectors.file.paths import Location, open_existing, open_regular, opened_folder

_NEW_FILE_MODE = 0o666
"""Less the process's umask."""

_BUFFER_BYTES = 2**18


class Replacement:
    """A context manager: entering takes the lock, leaving without `commit` leaves the old file as it was."""

    def __init__(self, location: Location) -> None:
        self.shown = location.shown
        self._location = location
        self._temporary_name = f".{location.name}.jim-export.tmp"
        self._resources = ExitStack()
        self._old: os.stat_result | None = None
        self._replaced = False

    def __enter__(self) -> Self:
        """Raises: ConfigurationError, TransientConnectorError when another export is writing the file, OSError."""
        with ExitStack() as opening:
            self._folder = opening.enter_context(opened_folder(self._location))
            self._descriptor = self._claim()
            opening.callback(os.close, self._descriptor)
            self._resources = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._resources, suppress(OSError):
            if not self._replaced:
                # What cannot be removed now is removed by the next export.
                os.unlink(self._temporary_name, dir_fd=self._folder)

    def open_old(self) -> int | None:
        """The descriptor of the old file, to be closed by the caller; None when there is none, or an empty one."""
        descriptor = open_existing(self._folder, self._location.name, self.shown)
        if descriptor is None:
            return None
        self._old = os.fstat(descriptor)
        if self._old.st_size > 0:
            return descriptor
        os.close(descriptor)
        return None

    def open_new(self, encoding: str) -> TextIOWrapper:
        """A stream to the new file, which gets the mode and, where we may, the owner of the old one."""
        if self._old is not None:
            with suppress(PermissionError):
                os.fchown(self._descriptor, self._old.st_uid, self._old.st_gid)
            os.fchmod(self._descriptor, self._old.st_mode & 0o777)
        return open(self._descriptor, "w", _BUFFER_BYTES, encoding=encoding, newline="", closefd=False)

    def commit(self) -> None:
        """Put the new file in place, durably; its stream must be closed.

        Raises: TransientConnectorError when somebody else changed the file since it was opened, OSError.
        """
        os.fsync(self._descriptor)
        if _identity(self._current()) != _identity(self._old):
            raise TransientConnectorError(
                f"The file '{self.shown}' was written to by someone else during the export; nothing was changed."
            )
        os.replace(self._temporary_name, self._location.name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        self._replaced = True
        os.fsync(self._folder)

    def _current(self) -> os.stat_result | None:
        with suppress(FileNotFoundError):
            return os.stat(self._location.name, dir_fd=self._folder, follow_symlinks=False)
        return None

    def _claim(self) -> int:
        """The descriptor of a new temporary file, locked."""
        while True:
            self._remove_left_over()
            with suppress(FileExistsError):
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                created = os.open(self._temporary_name, flags, _NEW_FILE_MODE, dir_fd=self._folder)
                if self._lock(created):
                    return created

    def _remove_left_over(self) -> None:
        """Unlink the temporary file of a killed export, whose lock went with it."""
        with suppress(FileNotFoundError):
            found = open_regular(self._folder, self._temporary_name, self.shown, os.O_RDWR)
            if self._lock(found):
                os.unlink(self._temporary_name, dir_fd=self._folder)
                os.close(found)

    def _lock(self, descriptor: int) -> bool:
        """Lock the temporary file; False, and closed, when its name stands for another file by now."""
        with ExitStack() as cleanup:
            cleanup.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise TransientConnectorError(
                    f"Another export is writing the file '{self.shown}' now; try again when it has finished."
                ) from exc
            with suppress(FileNotFoundError):
                named = os.stat(self._temporary_name, dir_fd=self._folder, follow_symlinks=False)
                if os.path.samestat(named, os.fstat(descriptor)):
                    cleanup.pop_all()
                    return True
        return False


def _identity(status: os.stat_result | None) -> tuple[int, int, int, int] | None:
    """What tells that a file is neither another one nor written to since."""
    return status and (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
