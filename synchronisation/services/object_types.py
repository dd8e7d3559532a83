"""Change the schema of a connected system as an administrator sees it: object types and their attributes."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from activities.models import Activity, OperationType
from activities.recorder import Initiator
from synchronisation.models import Attribute, ObjectType

from .attribute_updates import AttributeChange, AttributeUpdates, update_attributes
from .audit import changed_fields, record_system_change
from .errors import RefusedError


@transaction.atomic
def update_object_type(object_type: ObjectType, values: Mapping[str, Any], initiator: Initiator) -> ObjectType:
    message = f"Object type {object_type.name}. {changed_fields(object_type, values)}"
    for name, value in values.items():
        setattr(object_type, name, value)
    object_type.save(update_fields=list(values))
    record_system_change(object_type.system, OperationType.UPDATE, initiator, message)
    return object_type


@transaction.atomic
def update_attribute(attribute: Attribute, change: AttributeChange, initiator: Initiator) -> None:
    """Raises: RefusedError."""
    object_type = attribute.object_type
    refused = update_attributes(object_type, {attribute.pk: change}).refused
    if refused:
        refusal = refused[attribute.pk]
        raise RefusedError({refusal.field: [str(refusal)]})
    message = f"Attribute {attribute.name} of {object_type.name} changed."
    record_system_change(object_type.system, OperationType.UPDATE, initiator, message)


@transaction.atomic
def bulk_update_attributes(
    object_type: ObjectType, changes: Mapping[int, AttributeChange], initiator: Initiator
) -> tuple[AttributeUpdates, Activity]:
    """Change what can be changed; the activity says how many could not."""
    updates = update_attributes(object_type, changes)
    message = f"{len(updates.updated)} attributes of {object_type.name} changed, {len(updates.refused)} refused."
    return updates, record_system_change(object_type.system, OperationType.UPDATE, initiator, message)
