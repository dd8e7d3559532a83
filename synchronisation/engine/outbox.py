"""Outbox: pending exports leave it as what a connector is given.

In: the list of a run's exports. Out: export objects, page by page. Always: what is in a page is frozen and marked
`Executing` by the statement that reads it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from psycopg import Cursor

from connectors.contract import AttributeChange, ExportObject, ExportOperation, Value, ValuesChange
from synchronisation.rules.exports import SEALED, Changes, Part, merge
from synchronisation.rules.specification import Attribute, ObjectType, Specification
from synchronisation.rules.values import READERS, JsonValue, to_text
from synchronisation.secrets import decrypt

from .bulk import copy_temporary
from .outgoing_references import OutgoingReferences
from .statements import sql

OPERATIONS = {operation.value: operation for operation in ExportOperation}


@dataclass(slots=True)
class Leaving:
    """One page on its way out, in the order of the list. last: the ordinal of its last export, or where it began.

    renamed: export id -> the identifier that its change gives the object.
    """

    last: int
    objects: list[ExportObject] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


class Outbox:
    """Takes exports out of the list of a run, by the schema of its system."""

    def __init__(self, specification: Specification, references: OutgoingReferences) -> None:
        self.forms = forms_of(specification)
        self.references = references

    def take(self, cursor: Cursor[Any], after: int, limit: int, now: datetime) -> Leaving:
        """The next exports of the list; none at its end."""
        leaving = Leaving(after)
        last = self.references.end_of_page(cursor, after, after + limit)
        cursor.execute(sql("take_exports"), {"after": after, "last": last, "now": now})
        merged = {}
        rows = sorted(cursor.fetchall())  # by ordinal, which is the first column
        for ordinal, export_id, change_type, sent, pending, object_type_id, external_id in rows:
            changes: Changes = orjson.loads(sent)
            if pending is not None:
                changes = merged[export_id] = merge(changes, orjson.loads(pending))
            form = self.forms[object_type_id]
            leaving.objects.append(form.export_object(export_id, OPERATIONS[change_type], external_id, changes))
            if change_type == "Update" and changes.get(form.external_key) is not None:
                leaving.renamed[export_id] = to_text(changes[form.external_key])
            leaving.last = ordinal
        if merged:
            frozen = ((export_id, orjson.dumps(changes).decode()) for export_id, changes in merged.items())
            copy_temporary(cursor, "merged_export", {"id": "uuid", "sent": "jsonb"}, frozen)
            cursor.execute(sql("freeze_merged"))
        self.references.take(cursor, after, leaving.objects, leaving.last)
        return leaving


class Form:
    """How objects of one type leave: their attributes by name, in the types that connectors know."""

    def __init__(self, kind: ObjectType, external_id: Attribute) -> None:
        self.name = kind.name
        self.external_key = external_id.key
        self.external_name = external_id.name
        self.attributes = {a.key: a for a in kind.attributes}
        self.plain = {a.key: a.name for a in kind.attributes if a.type not in READERS}

    def export_object(
        self, export_id: str, operation: ExportOperation, external_id: str | None, changes: Changes
    ) -> ExportObject:
        """What the connector gets; attributes that have left the schema meanwhile are left out."""
        plain = self.plain
        named: dict[str, AttributeChange] = {}
        for key, part in changes.items():
            if key in plain and not isinstance(part, dict):
                named[plain[key]] = part
            elif key in self.attributes:
                named[self.attributes[key].name] = _attribute_change(self.attributes[key], part)
        return ExportObject(export_id, operation, self.name, self.external_name, external_id, named)


def forms_of(specification: Specification) -> dict[int, Form]:
    """By object type id. A type without an external ID is not exported: see queue_due."""
    return {kind.id: Form(kind, kind.external_id) for kind in specification.own_types() if kind.external_id}


def _attribute_change(attribute: Attribute, part: Part) -> AttributeChange:
    if not isinstance(part, dict):
        return None if part is None else _value(attribute, part)
    if SEALED in part:
        return decrypt(part[SEALED].encode())
    add, remove = part.get("add", ()), part.get("remove", ())
    return ValuesChange([_value(attribute, v) for v in add], [_value(attribute, v) for v in remove])


def _value(attribute: Attribute, value: JsonValue) -> Value:
    read = READERS.get(attribute.type)
    return read(value) if read else value
