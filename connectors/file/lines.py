"""Lines: the cells of a row as one line of a delimited file, and back.

In: cells. Out: the line, without its end, quoted only where it must be.
Always: reading a line gives the cells it was made of, whatever is in them.
"""

import csv
from collections.abc import Sequence
from io import StringIO

from connectors.file.settings import QUOTE

_LINE_END = "\r\n"
"""csv quotes a cell for the characters of the line end it was told; told only LF, it would write a lone CR bare."""


class LineFormat:
    """The dialect of one file."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter

    def line(self, cells: Sequence[str]) -> str:
        """Rows without a quotation mark or line break, nearly all, take a third of csv's time here."""
        delimiter = self._delimiter
        line = delimiter.join(cells)
        if QUOTE in line or "\n" in line or "\r" in line or not line:
            return self._line_by_csv(cells)
        if line.count(delimiter) < len(cells):
            return line
        return delimiter.join([f"{QUOTE}{cell}{QUOTE}" if delimiter in cell else cell for cell in cells])

    def _line_by_csv(self, cells: Sequence[str]) -> str:
        written = StringIO(newline="")
        csv.writer(written, delimiter=self._delimiter, quotechar=QUOTE, lineterminator=_LINE_END).writerow(cells)
        return written.getvalue().removesuffix(_LINE_END)

    def cells(self, line: str) -> list[str]:
        """What a line was made of."""
        return next(csv.reader(StringIO(line, newline=""), delimiter=self._delimiter, quotechar=QUOTE, strict=True))
