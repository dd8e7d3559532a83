"""Export: all changes of one run merged into the file, which is replaced once.

In: batches. Out: one result per batch, in order, once the new file is in place.
Always: until then the file is as it was, whatever happens; without a change it is not touched.
"""

import csv
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from io import TextIOWrapper

from connectors.contract import ExportBatch, ExportRequest, ExportResult
from connectors.file.cells import Renderer
from connectors.file.errors import contract_errors, mapped
from connectors.file.merge import Merge, layout_of
from connectors.file.paths import Location
from connectors.file.replace import Replacement
from connectors.file.settings import QUOTE, FileSettings
from connectors.file.spool import Spool
from connectors.file.table import Table, writing_codec

_QUOTED_LINE_END = "\r\n"
"""csv quotes a cell for the characters of the line end it was told, so it is told both: a lone CR in a value
would otherwise be written bare, and read back as a line break."""


def export_batches(
    location: Location, settings: FileSettings, request: ExportRequest, batches: Iterable[ExportBatch]
) -> Generator[ExportResult, None, None]:
    """Merge everything into the file. Raises: ConfigurationError, SourceError, TransientConnectorError.

    Consumes all batches before the first result. What taking a batch raises passes through as it is.
    """
    shown = location.shown
    with ExitStack() as spooled:
        with ExitStack() as locked:
            with contract_errors(shown):
                spool = spooled.enter_context(Spool(Renderer(settings, request)))
                replacement = locked.enter_context(Replacement(location))
            for batch in batches:
                with contract_errors(shown):
                    spool.add(batch)
            with contract_errors(shown):
                if spool.finish_adding():
                    _rewrite(replacement, settings, request, spool)
        yield from mapped(spool.results(), shown)


def _rewrite(replacement: Replacement, settings: FileSettings, request: ExportRequest, spool: Spool) -> None:
    """Write the merged file beside the old one, and put it in place if it differs."""
    with ExitStack() as resources:
        table = None
        descriptor = replacement.open_old()
        if descriptor is not None:
            table = Table(descriptor, replacement.shown, settings)
            resources.callback(table.close)
        layout = layout_of(table, settings, request, spool, replacement.shown)
        merge = Merge(layout, spool, table)
        with (
            contract_errors(replacement.shown, table),
            replacement.open_new(writing_codec(settings.encoding, table)) as stream,
        ):
            writer = csv.writer(
                _LineEnds(stream, table.line_end if table else "\n"),
                delimiter=settings.delimiter,
                quotechar=QUOTE,
                lineterminator=_QUOTED_LINE_END,
            )
            writer.writerow(layout.header)
            writer.writerows(merge.rows())
        if merge.changed:
            replacement.commit()


class _LineEnds:
    """A file for csv.writer that ends lines as the old file did."""

    def __init__(self, stream: TextIOWrapper, line_end: str) -> None:
        self._write = stream.write
        self._line_end = line_end

    def write(self, line: str) -> int:
        return self._write(line[: -len(_QUOTED_LINE_END)] + self._line_end)
