"""Errors: the one place where what a file can raise becomes the contract's errors.

In: OSError, csv.Error, UnicodeError, sqlite3.Error. Out: ConfigurationError when an administrator must
act, SourceError when the content is unreadable, TransientConnectorError when another try may help.
Always: nothing else of those families leaves the connector (tests/unit/connectors/file/test_errors.py).
"""

import csv
import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, TypeVar

from connectors.errors import ConfigurationError, ConnectorError, SourceError, TransientConnectorError

Item = TypeVar("Item")

_FOR_THE_ADMINISTRATOR: Mapping[int, str] = {
    errno.ENOENT: "does not exist. Put it there, or correct the path",
    errno.EACCES: "may not be used by the account that runs JIM. Give that account the permission",
    errno.EPERM: "may not be used by the account that runs JIM. Give that account the permission",
    errno.EISDIR: "is a folder. Name a file",
    errno.ENOTDIR: "has a file or a link where a folder should be. Correct the path",
    errno.ELOOP: "leads through a symbolic link that may not be followed. Name the file itself",
    errno.ENAMETOOLONG: "has too long a name. Shorten it",
    errno.ENXIO: "is no regular file. Name a regular file",
    errno.ENOSPC: "has no space left on its disk. Free some, then run again",
    errno.EDQUOT: "is over the disk quota. Free some space, then run again",
    errno.EFBIG: "is larger than its file system allows. Split it",
    errno.EROFS: "lies on a read-only file system. Make it writable, or choose another folder",
}
"""Errno -> what is wrong and what to do; every other errno may be gone at the next try."""


class Readable(Protocol):
    """A file being read, for saying where its fault is."""

    @property
    def line(self) -> int: ...

    @property
    def encoding(self) -> str: ...

    def first_undecodable_byte(self) -> int | None: ...


@contextmanager
def contract_errors(shown: str, source: Readable | None = None) -> Iterator[None]:
    """Turn what the operating system, csv and sqlite3 raise into contract errors.

    shown: the path as the administrator wrote it.
    """
    try:
        yield
    except OSError as exc:
        raise _from_os_error(shown, exc) from exc
    except UnicodeError as exc:
        raise _undecodable(shown, source) from exc
    except csv.Error as exc:
        raise _malformed(shown, exc, source) from exc
    except sqlite3.Error as exc:
        raise TransientConnectorError(
            f"The temporary space for the export of '{shown}' failed: {exc}. Check the disk of the temporary folder."
        ) from exc


def mapped(items: Iterator[Item], shown: str, source: Readable | None = None) -> Iterator[Item]:
    """The same items; errors of taking one are mapped, those of whoever uses it are not."""
    while True:
        with contract_errors(shown, source):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def _from_os_error(shown: str, exc: OSError) -> ConnectorError:
    advice = _FOR_THE_ADMINISTRATOR.get(exc.errno or 0)
    if advice is not None:
        return ConfigurationError(f"The file '{shown}' {advice}.")
    return TransientConnectorError(f"The file '{shown}' could not be used this time: {exc.strerror or exc}.")


def _undecodable(shown: str, source: Readable | None) -> SourceError:
    offset = source.first_undecodable_byte() if source else None
    where = "" if offset is None else f" at byte {offset}"
    encoding = source.encoding if source else "the encoding set"
    return SourceError(
        f"The file '{shown}' is not {encoding}: it cannot be decoded{where}. Correct the Encoding setting or the file.",
        position=offset,
    )


def _malformed(shown: str, exc: csv.Error, source: Readable | None) -> SourceError:
    line = source.line if source else None
    where = "" if line is None else f" at line {line}"
    return SourceError(
        f"The file '{shown}' cannot be read{where}: {exc}. A quotation mark is probably missing or not doubled there,"
        " or in a line before.",
        position=line,
    )
