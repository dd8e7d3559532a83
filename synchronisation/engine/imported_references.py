"""Imported references: the reference rows of a page of imported objects.

In: `import_page`, the staged references. Out: cso_reference as the source has it. Always: what an object keeps is not
touched, so that one member more is one row more, and what it loses is noted for the next synchronisation.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import Cursor

from connectors.contract import AttributeType

from .bulk import array_of
from .pages import Run
from .statements import sql


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
        for name in ("remove_references", "insert_references", "note_items"):
            self.cursor.execute(sql(name), bounds)
