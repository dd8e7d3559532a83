"""Imported references: the reference rows of a page of imported objects.

In: `import_page`, the staged references. Out: cso_reference as the source has it. Always: what an object keeps is not
touched, so that one member more is one row more, and what it loses is noted for the next synchronisation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from psycopg import Cursor

from connectors.contract import AttributeType
from synchronisation.rules.values import reference_hashes

from .bulk import array_of, copy_lines, escaped
from .pages import Run
from .statements import sql

CHANGES_AT_A_TIME = 20_000
"""Reference rows in memory, however many members a group gained."""

WITHOUT_SPILLING = "SET LOCAL work_mem = '64MB'"
"""Half a million members are hashed in memory."""

COLUMNS = ("cso_id", "system_id", "attribute_id", "text", "text_hash", "name_hash")

Changed = tuple[str, int, str, str | None]
"""(object, attribute, text, hash); the hash is null when the value is new."""


class ImportedReferences:
    """Does nothing, and costs nothing, for a system without a reference attribute."""

    def __init__(self, run: Run, cursor: Cursor[Any]) -> None:
        self.system_id = run.specification.system.id
        self.cursor = cursor
        self.has_any = any(
            attribute.type is AttributeType.REFERENCE
            for kind in run.specification.own_types()
            for attribute in kind.attributes
        )

    def note_renamed(self, bounds: Mapping[str, Any]) -> None:
        """Note whose secondary external ID is to become another, before it does. bounds: of the page's staged rows."""
        if self.has_any:
            self.cursor.execute(sql("note_renamed"), bounds)

    def note_gone(self, ids: Sequence[str]) -> None:
        """Note objects that are not read any more: their names may have gone to others."""
        if self.has_any:
            self.cursor.execute(sql("note_gone"), {"ids": array_of(ids)})

    def write(self, bounds: Mapping[str, Any]) -> None:
        """Write the page's reference rows, and where its objects' items are. bounds: of the page's staged rows."""
        if not self.has_any:
            return
        self.cursor.execute(sql("insert_references"), bounds)
        if self.cursor.execute(sql("any_changed_references")).fetchone() is not None:
            self.cursor.execute(WITHOUT_SPILLING)
            for changed in self._changes(bounds):
                self._remove([row for row in changed if row[3] is not None])
                copy_lines(self.cursor, "cso_reference", COLUMNS, self._lines(changed))
        self.cursor.execute(sql("note_items"), bounds)

    def _changes(self, bounds: Mapping[str, Any]) -> Iterator[list[Changed]]:
        """What the page's objects gained and lost, as it was before any of it was written."""
        with self.cursor.connection.cursor(name="changed_references") as reading:
            reading.execute(sql("changed_references"), bounds)
            while rows := reading.fetchmany(CHANGES_AT_A_TIME):
                yield rows

    def _remove(self, lost: Sequence[Changed]) -> None:
        if lost:
            csos, attributes, _, hashes = zip(*lost, strict=True)
            parameters = {"csos": list(csos), "attributes": list(attributes), "hashes": list(hashes)}
            self.cursor.execute(sql("remove_references"), {**parameters, "system": self.system_id})

    def _lines(self, changed: Sequence[Changed]) -> Iterator[bytes]:
        for cso_id, attribute, text, known_hash in changed:
            if known_hash is None:
                text_hash, name_hash = reference_hashes(text)
                line = f"{cso_id}\t{self.system_id}\t{attribute}\t{escaped(text)}\t{text_hash}\t{name_hash}\n"
                yield line.encode()
