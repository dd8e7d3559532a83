"""A folder for connector files, and what the tests of the file connector do in it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from connectors.contract import (
    AttributeChange,
    Environment,
    ExportBatch,
    ExportObject,
    ExportOperation,
    ExportRequest,
    ExportResult,
    ImportObject,
    ImportRequest,
    SchemaObjectType,
)
from connectors.file.connector import FileConnector
from connectors.registry import check_settings


@dataclass(frozen=True, slots=True)
class Files:
    """root: the folder; it holds people.csv unless a test names another file."""

    root: Path

    @property
    def people(self) -> Path:
        return self.root / "people.csv"

    def connector(self, **settings: str | bool) -> FileConnector:
        """settings: names with underscores for spaces; Bidirectional, people.csv, person unless given."""
        named = {name.replace("_", " ").replace("Multi ", "Multi-"): value for name, value in settings.items()}
        of_type = {} if "Object Type Column" in named else {"Object Type": "person"}
        given = {"File Path": "people.csv", "Mode": "Bidirectional", **of_type, **named}
        return FileConnector(check_settings(FileConnector, given), Environment(self.root))

    def schema(self, **settings: str | bool) -> Sequence[SchemaObjectType]:
        with self.connector(**settings) as connector:
            return connector.discover_schema()

    def read(self, request: ImportRequest, **settings: str | bool) -> list[ImportObject]:
        with self.connector(**settings) as connector:
            return [item for batch in connector.read(request) for item in batch.objects]

    def export(self, request: ExportRequest, *batches: Sequence[ExportObject], **settings: str) -> list[ExportResult]:
        with self.connector(**settings) as connector:
            numbered = (ExportBatch(number, objects) for number, objects in enumerate(batches))
            return list(connector.export(request, numbered))

    def names(self) -> list[str]:
        return sorted(os.listdir(self.root))


def wanted(*selected: str, several: Sequence[str] = (), object_type: str = "person", **more: object) -> ImportRequest:
    """An import request for one object type. several: those of the selected that hold several values."""
    return ImportRequest({object_type: selected}, {object_type: frozenset(several)}, **more)


def known(*attributes: str, several: Sequence[str] = (), object_type: str = "person") -> ExportRequest:
    """An export request for one object type."""
    return ExportRequest({object_type: attributes}, {object_type: frozenset(several)})


def create(external_id: str | None, object_type: str = "person", **changes: AttributeChange) -> ExportObject:
    return _export(ExportOperation.CREATE, external_id, object_type, changes)


def update(external_id: str, object_type: str = "person", **changes: AttributeChange) -> ExportObject:
    return _export(ExportOperation.UPDATE, external_id, object_type, changes)


def delete(external_id: str, object_type: str = "person") -> ExportObject:
    return _export(ExportOperation.DELETE, external_id, object_type, {})


def key_of(operation: ExportOperation, external_id: str | None) -> str:
    return str(UUID(bytes=f"{operation[0]}{external_id}".encode()[:16].rjust(16, b"\0")))


def _export(
    operation: ExportOperation, external_id: str | None, object_type: str, changes: Mapping[str, AttributeChange]
) -> ExportObject:
    return ExportObject(key_of(operation, external_id), operation, object_type, "id", external_id, changes)
