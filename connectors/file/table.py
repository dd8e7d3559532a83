"""Table: a delimited file held open, its header and then its rows.

In: a file descriptor and the settings. Out: header names; rows as lists of text; where a fault stands.
Always: the file is opened once, so that replacing it while it is read changes nothing; a row is what
stands in the file, of any width; only contract errors leave `reading()`.
"""

import codecs
import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import BufferedReader, FileIO, TextIOWrapper
from itertools import chain
from typing import TYPE_CHECKING

from connectors.errors import ConfigurationError, SourceError
from connectors.file.errors import contract_errors
from connectors.file.paths import Location, open_regular, opened_folder
from connectors.file.settings import QUOTE, FileSettings

if TYPE_CHECKING:
    from _csv import Reader

FIELD_LIMIT_CHARACTERS = 64 * 2**20
"""A group of 500,000 members by DN is some 40 million characters in one field; csv's own limit is 131,072."""

_SAMPLE_BYTES = 2**16
"""How much of the file's start the row estimate looks at: some 400 rows of a person file."""

_RESCAN_BYTES = 2**20


class Table:
    """An open file. `rows` gives what follows the header; blank lines give empty rows.

    header: column names as they stand there, repeated ones included.
    line: number of the last line read, from 1; that of a row is the line it ends on.
    line_end: how the header line ends, which is how an export ends lines.
    """

    def __init__(self, descriptor: int, shown: str, settings: FileSettings) -> None:
        """Takes the descriptor over. Raises: contract errors."""
        self.shown = shown
        self.encoding = settings.encoding
        self.opened_as = os.fstat(descriptor)
        self.has_utf8_mark = os.pread(descriptor, 3, 0) == codecs.BOM_UTF8
        # csv's limit belongs to the process; raising it harms nobody.
        csv.field_size_limit(FIELD_LIMIT_CHARACTERS)
        self._text = TextIOWrapper(
            BufferedReader(FileIO(descriptor)), encoding=reading_codec(settings.encoding), newline=""
        )
        self.line_end = "\n"
        lines = chain.from_iterable(self._first_line_and_rest())
        self.rows: Reader = csv.reader(lines, delimiter=settings.delimiter, quotechar=QUOTE, strict=True)
        try:
            with self.reading():
                self.header = tuple(next(self.rows))
            _check_header(self.header, shown)
        except BaseException:
            self.close()
            raise

    def _first_line_and_rest(self) -> Iterator[Iterable[str]]:
        first_line = self._text.readline()
        self.line_end = first_line[len(first_line.rstrip("\r\n")) :] or "\n"
        yield (first_line,)
        yield self._text

    @property
    def line(self) -> int:
        return self.rows.line_num

    def close(self) -> None:
        self._text.close()

    def reading(self) -> AbstractContextManager[None]:
        """Around everything that takes rows: maps errors, with the place in the file."""
        return contract_errors(self.shown, self)

    def first_undecodable_byte(self) -> int | None:
        """Offset of the first byte the encoding does not allow, found by decoding the file anew."""
        decoder = codecs.getincrementaldecoder(reading_codec(self.encoding))()
        done = 0
        while True:
            block = os.pread(self._text.fileno(), _RESCAN_BYTES, done)
            done += len(block)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as exc:
                # exc.object ends where the block ends and may begin with bytes kept from the one before.
                return done - len(exc.object) + exc.start
            if not block:
                return None

    def estimated_rows(self) -> int | None:
        """Rows to expect, from the line length at the start of the file; None if no line ends there."""
        sample = os.pread(self._text.fileno(), _SAMPLE_BYTES, 0)
        line_ends = sample.count(b"\n") or sample.count(b"\r")
        if not line_ends:
            return None
        lines = line_ends if sample.endswith((b"\n", b"\r")) else line_ends + 1
        return max(0, round(self.opened_as.st_size * lines / len(sample)) - 1)

    def check_unchanged(self) -> None:
        """Raises: SourceError when the file was written to while it was read, so that rows may be missing."""
        now = os.fstat(self._text.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.opened_as.st_size, self.opened_as.st_mtime_ns):
            raise SourceError(
                f"The file '{self.shown}' was written to while it was read. Let its writer finish (best: write a new"
                " file and rename it), then run again."
            )


@contextmanager
def opened_table(location: Location, settings: FileSettings) -> Iterator[Table]:
    """Open a file for reading, and close it. Raises: ConfigurationError, SourceError, TransientConnectorError."""
    with contract_errors(location.shown), opened_folder(location) as folder:
        table = Table(open_regular(folder, location.name, location.shown), location.shown, settings)
    try:
        yield table
    finally:
        table.close()


def reading_codec(encoding: str) -> str:
    """The codec to read with: for UTF-8 the one that drops a byte order mark."""
    return "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding


def writing_codec(encoding: str, old: Table | None) -> str:
    """The codec to write with: a byte order mark stays if the old file had one."""
    return "utf-8-sig" if old is not None and old.has_utf8_mark else encoding


def wrong_width(line: int, fields: int, columns: int) -> str:
    """What is wrong with a short or long row."""
    return (
        f"Row at line {line} has {fields} field{'' if fields == 1 else 's'}, but the header has {columns} columns."
        " Correct the row; a delimiter or a quotation mark is probably missing or too many."
    )


def _check_header(header: tuple[str, ...], shown: str) -> None:
    if not any(header):
        raise SourceError(f"The file '{shown}' has no header. Its first line must name the columns.", position=0)
    if any("\0" in name for name in header):
        raise SourceError(f"The header of '{shown}' holds NUL characters: is it UTF-16? Set Encoding.", position=0)
    blank = [str(number) for number, name in enumerate(header, 1) if not name.strip()]
    if blank:
        raise SourceError(f"The header of '{shown}' has no name for column {', '.join(blank)}. Name it.", position=0)


def column_position(header: tuple[str, ...], column: str, shown: str) -> int:
    """Where the column is that the setting Object Type Column names. Raises: ConfigurationError."""
    if column in header:
        return header.index(column)
    raise ConfigurationError(
        f"The file '{shown}' has no column '{column}', which the setting Object Type Column names. Correct either."
    )


def positions_by_name(header: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Column name -> where it stands, several times if its name repeats; in the order of the header."""
    positions: dict[str, tuple[int, ...]] = {}
    for position, name in enumerate(header):
        positions[name] = (*positions.get(name, ()), position)
    return positions
