"""Create, change and delete attributes of the metaverse.

Always: what rules or stored values rely on does not change under them; a built-in attribute keeps its name and shape,
though other object types may have it too. Every change leaves an activity.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction

from activities.models import Activity, OperationType, TargetType
from activities.recorder import Initiator, record
from synchronisation.models import MetaverseAttribute, MetaverseObjectType

from .audit import changed_fields
from .errors import RefusedError
from .metaverse_attribute_usage import holds_values, readers_of, users_of

SPOKEN = {"name": "name", "type": "type", "plurality": "attribute_plurality"}
"""Field of the model -> field of the request."""


@transaction.atomic
def create_attribute(
    values: Mapping[str, Any], object_type_ids: Sequence[int], initiator: Initiator
) -> MetaverseAttribute:
    """values: the model's fields. Raises: RefusedError."""
    types = _object_types(object_type_ids)
    attribute = MetaverseAttribute.objects.create(**values)
    attribute.object_types.set(types)
    _record(attribute, OperationType.CREATE, "Attribute created.", initiator)
    return attribute


@transaction.atomic
def update_attribute(
    attribute: MetaverseAttribute,
    values: Mapping[str, Any],
    object_type_ids: Sequence[int] | None,
    initiator: Initiator,
) -> MetaverseAttribute:
    """values: only what is to change. object_type_ids: those that are to have it; None leaves them.

    Raises: RefusedError.
    """
    MetaverseAttribute.objects.select_for_update().get(pk=attribute.pk)
    present = set(attribute.object_types.values_list("pk", flat=True))
    changed = {name: value for name, value in values.items() if getattr(attribute, name) != value}
    problems = _shape_problems(attribute, changed, present)
    message = changed_fields(attribute, values)
    if object_type_ids is not None:
        wanted = _object_types(object_type_ids)
        problems |= _unmapping_problems(attribute, present - {kind.pk for kind in wanted})
    if problems:
        raise RefusedError(problems)
    for name, value in changed.items():
        setattr(attribute, name, value)
    attribute.save(update_fields=list(changed))
    if object_type_ids is not None:
        attribute.object_types.set(wanted)
        message += " Object types replaced."
    _record(attribute, OperationType.UPDATE, message, initiator)
    return attribute


@transaction.atomic
def delete_attribute(attribute: MetaverseAttribute, initiator: Initiator) -> None:
    """Raises: RefusedError when it is built in, used by rules or has values."""
    MetaverseAttribute.objects.select_for_update().get(pk=attribute.pk)
    if attribute.built_in:
        raise RefusedError({"": [f"{attribute.name} is built in: it cannot be deleted."]})
    types = set(MetaverseObjectType.objects.values_list("pk", flat=True))
    reason = _in_use(attribute, types)
    if reason is not None:
        raise RefusedError({"": [f"{reason} before {attribute.name} is deleted."]})
    _record(attribute, OperationType.DELETE, "Attribute deleted.", initiator)
    attribute.delete()


def _object_types(ids: Sequence[int]) -> list[MetaverseObjectType]:
    types = list(MetaverseObjectType.objects.filter(pk__in=ids))
    if len(types) != len(ids):
        unknown = sorted(set(ids) - {t.pk for t in types})
        raise RefusedError({"object_type_ids": [f"There is no object type {', '.join(map(str, unknown))}."]})
    return types


def _shape_problems(
    attribute: MetaverseAttribute, changed: Mapping[str, Any], type_ids: Collection[int]
) -> dict[str, list[str]]:
    """Why name, type or plurality cannot become another, by field."""
    if not changed:
        return {}
    if attribute.built_in:
        return {SPOKEN[name]: [f"{attribute.name} is built in: it keeps its {SPOKEN[name]}."] for name in changed}
    problems = {}
    if changed.keys() & {"type", "plurality"}:
        reason = _in_use(attribute, type_ids)
        if reason is not None:
            for name in changed.keys() & {"type", "plurality"}:
                problems[SPOKEN[name]] = [f"{reason} before this changes."]
    if "name" in changed:
        readers = list(readers_of(attribute, type_ids))
        if readers:
            problems["name"] = [f"Expressions of {', '.join(readers)} name it: change them first."]
    return problems


def _unmapping_problems(attribute: MetaverseAttribute, type_ids: Collection[int]) -> dict[str, list[str]]:
    """Why object types cannot do without it."""
    reason = _in_use(attribute, type_ids) if type_ids else None
    if reason is None:
        return {}
    names = MetaverseObjectType.objects.filter(pk__in=type_ids).values_list("name", flat=True)
    return {"object_type_ids": [f"{reason} before {', '.join(names)} can do without {attribute.name}."]}


def _in_use(attribute: MetaverseAttribute, type_ids: Collection[int]) -> str | None:
    """The beginning of a sentence that says what has to be changed first; None when nothing has."""
    users = users_of(attribute, type_ids)
    if users:
        return f"{attribute.name} is used by {', '.join(users)}: remove it there"
    if holds_values(attribute, type_ids):
        return f"Objects hold values of {attribute.name}: let these go, by a rule that writes it no longer,"
    return None


def _record(attribute: MetaverseAttribute, operation: OperationType, message: str, initiator: Initiator) -> Activity:
    return record(
        TargetType.METAVERSE_ATTRIBUTE, operation, target_name=attribute.name, initiator=initiator, message=message
    )
