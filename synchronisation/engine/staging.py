"""Staging: the run's tables of what was read, and their rows as COPY takes them.

In: shaped objects and rejections. Out: lines of `staged`, rows of `rejected`. Always: a row
number is an object's place in what the run reads.
"""

from typing import Any

from uuid_utils import uuid7

from synchronisation.rules import values
from synchronisation.rules.shape import Rejection, Shaped
from synchronisation.rules.specification import ObjectType

from .bulk import NULL, escaped

UNCHANGED = ("row_number", "object_type_id", "external_id_hash")
STAGED = (
    "row_number", "source_row", "cso_id", "is_new", "is_delete", "object_type_id", "external_id", "external_id_hash",
    "secondary_external_id_hash", "display_name", "fingerprint", "reference_fingerprint", "document",
)  # fmt: skip
STAGED_PIECE = ("object_type_id", "external_id_hash", "row_number", "source_row", "external_id", "content")
PIECE_REFERENCE = ("row_number", "attribute_id", "text", "is_removal")
REJECTED = (
    "row_number", "source_row", "object_type", "external_id", "external_id_hash", "object_type_id", "display_name",
    "error_type", "message",
)  # fmt: skip


def staged_line(row_number: int, shaped: Shaped, known_id: str | None) -> bytes:
    """The object's line in `staged`."""
    cso_id = known_id or str(uuid7())
    external_id, display_name, document = shaped.external_id, shaped.display_name or NULL, shaped.serialised
    if document.find(b"\\") >= 0:  # JSON escapes with it whatever COPY needs escaped, in the texts taken from it too
        external_id, document = escaped(external_id), document.replace(b"\\", b"\\\\")
        display_name = NULL if display_name is NULL else escaped(display_name)
    start = (
        f"{row_number}\t{shaped.row}\t{cso_id}\t{'f' if known_id else 't'}\t{'t' if shaped.is_delete else 'f'}\t"
        f"{shaped.object_type_id}\t{external_id}\t{shaped.external_id_hash}\t{shaped.secondary_hash or NULL}\t"
        f"{display_name}\t{shaped.fingerprint}\t{shaped.reference_fingerprint or NULL}\t"
    )
    return start.encode() + document + b"\n"


def rejected_row(row_number: int, source_row: int, object_type: ObjectType, rejection: Rejection) -> tuple[Any, ...]:
    """The row of an object that cannot be taken; its external ID may be unknown."""
    known_hash = values.hash_text(rejection.external_id) if rejection.external_id is not None else None
    message = f"row {source_row}: {rejection.message}" if source_row else rejection.message
    return (
        row_number, source_row, object_type.name, rejection.external_id, known_hash, object_type.id,
        rejection.display_name, rejection.error_type, message,
    )  # fmt: skip
