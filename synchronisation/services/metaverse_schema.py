"""Change the schema of the metaverse: object types with their deletion rules, and who contributes first."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, record
from synchronisation.models import (
    ConnectedSystem,
    DeletionRule,
    MetaverseAttribute,
    MetaverseObjectType,
    SyncRule,
)

from .audit import changed_fields
from .errors import RefusedError
from .priorities import replace_order


@transaction.atomic
def create_object_type(values: Mapping[str, Any], initiator: Initiator) -> MetaverseObjectType:
    object_type = MetaverseObjectType.objects.create(**values)
    record(
        TargetType.METAVERSE_OBJECT_TYPE,
        OperationType.CREATE,
        target_name=object_type.name,
        initiator=initiator,
        message="Object type created.",
    )
    return object_type


@transaction.atomic
def update_deletion_rule(
    object_type: MetaverseObjectType,
    values: Mapping[str, Any],
    trigger_system_ids: Sequence[int] | None,
    initiator: Initiator,
) -> MetaverseObjectType:
    """values: fields that are to change. trigger_system_ids: None leaves them. Raises: RefusedError."""
    message = changed_fields(object_type, values)
    for name, value in values.items():
        setattr(object_type, name, value)
    object_type.save(update_fields=list(values))
    if trigger_system_ids is not None:
        _set_trigger_systems(object_type, trigger_system_ids)
        message += " Authoritative sources replaced."
    _check_trigger_systems(object_type)
    record(
        TargetType.METAVERSE_OBJECT_TYPE,
        OperationType.UPDATE,
        target_name=object_type.name,
        initiator=initiator,
        message=message,
    )
    return object_type


def _set_trigger_systems(object_type: MetaverseObjectType, system_ids: Sequence[int]) -> None:
    known = set(ConnectedSystem.objects.filter(pk__in=system_ids).values_list("pk", flat=True))
    unknown = [str(pk) for pk in system_ids if pk not in known]
    if unknown:
        raise RefusedError(
            {"deletion_trigger_connected_system_ids": [f"There is no connected system {', '.join(unknown)}."]}
        )
    object_type.deletion_trigger_systems.set(known)


def _check_trigger_systems(object_type: MetaverseObjectType) -> None:
    needs_systems = object_type.deletion_rule == DeletionRule.WHEN_AUTHORITATIVE_SOURCE_DISCONNECTED
    if needs_systems and not object_type.deletion_trigger_systems.exists():
        raise RefusedError(
            {"deletion_trigger_connected_system_ids": ["Name the systems whose loss deletes an object."]}
        )


@transaction.atomic
def reorder_contributors(
    object_type: MetaverseObjectType, attribute: MetaverseAttribute, mapping_ids: Sequence[int], initiator: Initiator
) -> None:
    """mapping_ids: the best first. Raises: RefusedError."""
    # Rules before the object type, as whoever saves a mapping locks them.
    SyncRule.objects.filter(mappings__in=mapping_ids).update(edited=timezone.now())
    replace_order(object_type.pk, attribute.pk, mapping_ids)
    record(
        TargetType.METAVERSE_ATTRIBUTE,
        OperationType.UPDATE,
        target_name=attribute.name,
        target_context=object_type.name,
        initiator=initiator,
        message="Order of its contributors changed.",
    )
