"""Export: all changes of one run merged into the file, which is replaced once.

In: batches. Out: one result per batch, in order, once the new file is in place.
Always: until then the file is as it was, whatever happens; without a change it is not touched.

Measured on one core, 500,000 rows of 14 columns: 55,000 creates or 27,000 updates of all columns a second, and in a
file of that size with 1 % changed 140,000 rows; the process stays under 90 MiB, a third of it the spool's cache.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from connectors.contract import ExportBatch, ExportRequest, ExportResult
from connectors.file.cells import RefusedError, Renderer
from connectors.file.changes import Changes
from connectors.file.errors import contract_errors, mapped
from connectors.file.layout import Layout
from connectors.file.lines import LineFormat
from connectors.file.merge import Merge
from connectors.file.paths import Location
from connectors.file.replace import Replacement
from connectors.file.settings import FileSettings
from connectors.file.spool import Spool
from connectors.file.table import Table, writing_codec


def export_batches(
    location: Location, settings: FileSettings, request: ExportRequest, batches: Iterable[ExportBatch]
) -> Generator[ExportResult, None, None]:
    """Merge everything into the file. Raises: ConfigurationError, SourceError, TransientConnectorError.

    Consumes all batches before the first result. What taking a batch raises passes through as it is.
    """
    with ExitStack() as resources:
        with contract_errors(location.shown):
            export = resources.enter_context(_Export(location, settings, request))
        for batch in batches:
            with contract_errors(location.shown):
                export.take(batch)
        with contract_errors(location.shown, export.old):
            export.write()
        yield from mapped(export.results(), location.shown)


class _Export:
    """An export under way: locked from entering until it is written.

    old: the file as it was; None if there was none, or an empty one.
    """

    def __init__(self, location: Location, settings: FileSettings, request: ExportRequest) -> None:
        self.old: Table | None = None
        self._settings = settings
        self._request = request
        self._replacement = Replacement(location)
        self._locked = ExitStack()
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            self._spool = opening.enter_context(Spool())
            self._locked = opening.enter_context(ExitStack())
            self._locked.enter_context(self._replacement)
            self.old = self._open_old()
            self._layout = Layout(self.old, self._settings, self._request, self._replacement.shown)
            self._lines = LineFormat(self._settings.delimiter)
            renderer = Renderer(self._settings, self._request)
            self._changes = Changes(renderer, self._layout, self._lines, self._settings.encoding)
            self._resources = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._resources.close()

    def _open_old(self) -> Table | None:
        descriptor = self._replacement.open_old()
        if descriptor is None:
            return None
        table = Table(descriptor, self._replacement.shown, self._settings)
        self._locked.callback(table.close)
        return table

    def take(self, batch: ExportBatch) -> None:
        """Spool a batch; what cannot be written is refused at once. Raises: ConfigurationError for a missing column."""
        rows = []
        for item in batch.objects:
            try:
                row = self._changes.keep(item)
            except RefusedError as exc:
                self._spool.refuse(batch.number, item.key, str(exc))
                continue
            if item.external_id is None:
                self._spool.identify(batch.number, item.key, row[1])
            rows.append(row)
        self._spool.add(batch.number, rows)

    def write(self) -> None:
        """Write the merged file beside the old one, put it in place if it differs, and let others have it."""
        if self._spool.count > 0:
            self._spool.finish_adding()
            merge = Merge(self.old, self._layout, self._lines, self._changes, self._spool)
            line_end = self.old.line_end if self.old else "\n"
            with self._replacement.open_new(writing_codec(self._settings.encoding, self.old)) as stream:
                stream.writelines(line + line_end for line in merge.lines())
            if merge.changed:
                self._replacement.commit()
        self._locked.close()

    def results(self) -> Iterator[ExportResult]:
        return self._spool.results()
