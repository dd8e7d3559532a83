"""Objects as the engine leaves them, for tests of what the API shows."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from activities.models import new_id
from synchronisation.models import (
    Attribute,
    ConnectorSpaceObject,
    CsoReference,
    Join,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseObjectType,
    MetaverseReference,
    ObjectType,
    PendingExport,
)
from synchronisation.rules.values import hash_name, hash_text

Values = dict[Any, Any]
"""Attribute (a row) -> value in document form, or for a reference a list of texts or targets."""


def create_cso(object_type: ObjectType, values: Values | None = None, **fields: Any) -> ConnectorSpaceObject:
    number = fields.pop("external_id", str(new_id()))
    document, references = _split(values or {})
    cso = ConnectorSpaceObject.objects.create(
        **{"system_id": object_type.system_id, "created": timezone.now(), "display_name": f"Object {number}"} | fields,
        object_type=object_type,
        external_id=number,
        external_id_hash=UUID(hash_text(number)),
        document=document,
    )
    for attribute, texts in references.items():
        for text in texts:
            create_reference(cso, attribute, text)
    return cso


def create_reference(cso: ConnectorSpaceObject, attribute: Attribute, text: str, target: UUID | None = None) -> None:
    CsoReference.objects.create(
        cso_id=cso.pk,
        system_id=cso.system_id,
        attribute_id=attribute.pk,
        text=text,
        text_hash=UUID(hash_text(text)),
        name_hash=UUID(hash_name(text)),
        target_id=target,
    )


def create_mvo(values: Values | None = None, type_name: str = "person", **fields: Any) -> MetaverseObject:
    document, references = _split(values or {})
    mvo = MetaverseObject.objects.create(
        **{"created": timezone.now()} | fields,
        type=MetaverseObjectType.objects.get(name=type_name),
        document=document,
    )
    for attribute, targets in references.items():
        for target in targets:
            MetaverseReference.objects.create(mvo_id=mvo.pk, attribute_id=attribute.pk, target_id=target.pk)
    return mvo


def join(cso: ConnectorSpaceObject, mvo: MetaverseObject, kind: str = "Projected") -> None:
    Join.objects.create(cso=cso, mvo=mvo, system_id=cso.system_id, type=kind, created=timezone.now())


def queue(cso: ConnectorSpaceObject, changes: Values, **fields: Any) -> PendingExport:
    pending = {str(attribute.pk): part for attribute, part in changes.items()}
    defaults = {"change_type": "Update", "created": timezone.now(), "pending": pending}
    return PendingExport.objects.create(cso_id=cso.pk, system_id=cso.system_id, **defaults | fields)


def _split(values: Values) -> tuple[dict[str, Any], Values]:
    """(document, references by attribute)."""
    document = {str(a.pk): value for a, value in values.items() if a.type != "Reference"}
    return document, {a: value for a, value in values.items() if a.type == "Reference"}


def metaverse(name: str) -> MetaverseAttribute:
    return MetaverseAttribute.objects.get(name=name)
