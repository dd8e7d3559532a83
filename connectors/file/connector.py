"""The JIM File Connector: objects in a delimited text file.

In: settings, requests. Out: schema, objects, export results.
Always: only files inside the folder for connector files are touched; only contract errors leave.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TypeVar

from connectors.contract import (
    Capabilities,
    Connector,
    Durability,
    Environment,
    ExportBatch,
    ExportRequest,
    ExportResult,
    ImportBatch,
    ImportRequest,
    SchemaObjectType,
    SettingValues,
)
from connectors.errors import ConfigurationError, SettingError
from connectors.file.errors import contract_errors
from connectors.file.export import export_batches
from connectors.file.paths import Location, locate, open_existing, opened_folder
from connectors.file.read import read_batches
from connectors.file.schema import discover
from connectors.file.settings import FILE_PATH, SETTINGS_SCHEMA, FileSettings, Mode, mode_of
from connectors.file.table import opened_table

_CAPABILITIES = {
    Mode.IMPORT_ONLY: Capabilities(full_import=True),
    Mode.EXPORT_ONLY: Capabilities(export=True, durable=Durability.AT_CLOSE),
    Mode.BIDIRECTIONAL: Capabilities(full_import=True, export=True, durable=Durability.AT_CLOSE),
}

Item = TypeVar("Item")


class FileConnector(Connector):
    """One file, opened anew for each operation: entering opens nothing, leaving closes what is still open."""

    name = "JIM File Connector"
    description = "Imports from and exports to delimited text files such as CSV."
    settings_schema = SETTINGS_SCHEMA

    def __init__(self, settings: SettingValues, environment: Environment) -> None:
        super().__init__(settings, environment)
        self._operations = ExitStack()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._operations.close()

    @classmethod
    def capabilities(cls, settings: SettingValues) -> Capabilities:
        return _CAPABILITIES[mode_of(settings) or Mode.BIDIRECTIONAL]

    @property
    def self_confirming(self) -> bool:
        return self._typed.mode is Mode.EXPORT_ONLY

    def validate(self) -> None:
        mode = self._typed.mode
        location = self._location()
        try:
            if mode is not Mode.EXPORT_ONLY:
                self._require_file(location)
            if mode is not Mode.IMPORT_ONLY:
                _require_writable(location)
        except ConfigurationError as exc:
            raise SettingError(FILE_PATH, str(exc)) from exc

    def discover_schema(self) -> Sequence[SchemaObjectType]:
        location = self._location()
        self._require_file(location)
        with opened_table(location, self._typed) as table:
            return discover(table, self._typed)

    def read(self, request: ImportRequest) -> Iterator[ImportBatch]:
        if self._typed.mode is Mode.EXPORT_ONLY or request.delta:
            raise ConfigurationError(
                f"A file connector in mode {self._typed.mode} cannot run this import. Use a full import, in a mode that"
                " imports."
            )
        return self._closed_on_exit(read_batches(self._location(request.file_path), self._typed, request))

    def export(self, request: ExportRequest, batches: Iterable[ExportBatch]) -> Iterator[ExportResult]:
        if self._typed.mode is Mode.IMPORT_ONLY:
            raise ConfigurationError("A file connector in mode Import Only cannot export. Set Mode to one that does.")
        return self._closed_on_exit(export_batches(self._location(request.file_path), self._typed, request, batches))

    @cached_property
    def _typed(self) -> FileSettings:
        """Raises: SettingError."""
        return FileSettings.from_values(self.settings)

    def _location(self, file_path: str | None = None) -> Location:
        """Where the file is. file_path: the run profile's, which overrides the setting. Raises: ConfigurationError."""
        if file_path:
            return locate(file_path, self.environment.files_root)
        try:
            return locate(self._typed.file_path, self.environment.files_root)
        except ConfigurationError as exc:
            raise SettingError(FILE_PATH, str(exc)) from exc

    def _require_file(self, location: Location) -> None:
        """Raises: ConfigurationError, saying how to begin when the file is one that exports write."""
        with contract_errors(location.shown), opened_folder(location) as folder:
            descriptor = open_existing(folder, location.name, location.shown)
        if descriptor is not None:
            os.close(descriptor)
        elif self._typed.mode is Mode.IMPORT_ONLY:
            raise ConfigurationError(f"The file '{location.shown}' does not exist. Put it there, or correct the path.")
        else:
            raise ConfigurationError(
                f"The file '{location.shown}' does not exist yet. Create it with one line that names the columns: the"
                " schema is read from that header, rows are not needed."
            )

    def _closed_on_exit(self, items: Generator[Item, None, None]) -> Iterator[Item]:
        self._operations.callback(items.close)
        return items


def _require_writable(location: Location) -> None:
    """Raises: ConfigurationError unless the file's folder takes new files."""
    with contract_errors(location.shown), opened_folder(location) as folder:
        descriptor = open_existing(folder, location.name, location.shown)
        if descriptor is not None:
            os.close(descriptor)
        if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder, effective_ids=True):
            raise ConfigurationError(
                f"The folder of '{location.shown}' may not be written to by the account that runs JIM. Give that"
                " account the permission: an export writes a new file there and renames it."
            )
