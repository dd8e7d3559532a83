"""Outbox: pending exports as what a connector is given, and their marks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Cursor

from connectors.contract import AttributeChange, ExportObject, ExportOperation, Value
from synchronisation.rules.exports import SEALED, Changes, Part, merge
from synchronisation.rules.specification import Attribute, ObjectType, Specification
from synchronisation.rules.values import READERS, JsonValue
from synchronisation.secrets import decrypt

from .bulk import copy_temporary
from .statements import sql


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One pending export with its CSO, JSON columns as text; the columns of `outbox_page`."""

    ordinal: int
    export_id: str
    cso_id: str
    mvo_id: str | None
    change_type: str
    pending: str
    sent: str | None
    error_count: int
    max_attempts: int
    object_type_id: int
    external_id: str | None
    display_name: str | None
    document: str


class Outbox:
    """Turns rows into export objects by the schema of the run's system."""

    def __init__(self, specification: Specification) -> None:
        self.types: dict[int, ObjectType] = {kind.id: kind for kind in specification.own_types()}
        self.attributes: dict[str, Attribute] = {a.key: a for kind in self.types.values() for a in kind.attributes}

    def object_of(self, row: OutboxRow, changes: Changes) -> ExportObject:
        """What the connector gets; attributes that have left the schema meanwhile are left out."""
        object_type = self.types[row.object_type_id]
        external = object_type.external_id
        assert external is not None  # such a type is not exported: see queue_due
        return ExportObject(
            key=UUID(row.export_id),
            operation=ExportOperation(row.change_type),
            object_type=object_type.name,
            external_id_attribute=external.name,
            external_id=row.external_id,
            changes={
                self.attributes[key].name: _attribute_change(self.attributes[key], part)
                for key, part in changes.items()
                if key in self.attributes
            },
        )

    def mark(self, cursor: Cursor[Any], rows: list[OutboxRow], now: datetime) -> None:
        """Freeze what is about to leave: `sent` holds it, `pending` is empty, the status is Executing."""
        again = [row for row in rows if row.sent is not None and row.pending != "{}"]
        cursor.execute(sql("mark_executing"), {"ids": [row.export_id for row in rows], "now": now})
        if again:
            merged = [
                (row.export_id, orjson.dumps(merge(orjson.loads(row.sent or "{}"), orjson.loads(row.pending))).decode())
                for row in again
            ]
            copy_temporary(cursor, "merged_export", {"id": "uuid", "sent": "jsonb"}, merged)
            cursor.execute(sql("freeze_merged"))


def _attribute_change(attribute: Attribute, part: Part) -> AttributeChange:
    if SEALED in part:
        return AttributeChange(replace=[decrypt(part[SEALED].encode())])
    if "set" in part:
        return AttributeChange(replace=_values(attribute, [] if part["set"] is None else [part["set"]]))
    return AttributeChange(
        add=_values(attribute, part.get("add", [])), remove=_values(attribute, part.get("remove", []))
    )


def _values(attribute: Attribute, values: list[JsonValue]) -> list[Value]:
    read = READERS.get(attribute.type)
    return [read(value) for value in values] if read else list(values)
