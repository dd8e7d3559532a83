"""Create, change and delete synchronisation rules.

Always: a rule's system, object types and direction never change; every change leaves an activity.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from activities.models import OperationType
from activities.recorder import Initiator
from synchronisation.models import Direction, ObjectType, SyncRule

from .audit import changed_fields, record_rule_change
from .errors import RefusedError
from .match_keys import remove_orphaned_match_keys
from .priorities import close_gap

ACTION_OF_DIRECTION = {
    Direction.IMPORT: "project_to_metaverse",
    Direction.EXPORT: "provision_to_connected_system",
}


@transaction.atomic
def create_rule(values: Mapping[str, Any], initiator: Initiator) -> SyncRule:
    """values: the model's fields, foreign keys as `..._id`. Raises: RefusedError."""
    if not ObjectType.objects.filter(pk=values["object_type_id"], system=values["system_id"]).exists():
        raise RefusedError({"connected_system_object_type_id": ["The connected system has no such object type."]})
    direction = Direction(values["direction"])
    rule = SyncRule(**dict(values) | _actions(direction, values))
    rule.save(force_insert=True)
    record_rule_change(rule, OperationType.CREATE, initiator, "Rule created.")
    return rule


@transaction.atomic
def update_rule(rule: SyncRule, values: Mapping[str, Any], initiator: Initiator) -> SyncRule:
    """values: only what is to change. Raises: RefusedError."""
    actions = _actions(Direction(rule.direction), values)
    wanted = dict(values) | {name: actions[name] for name in actions if name in values}
    message = changed_fields(rule, wanted)
    for name, value in wanted.items():
        setattr(rule, name, value)
    rule.save()
    record_rule_change(rule, OperationType.UPDATE, initiator, message)
    return rule


@transaction.atomic
def delete_rule(rule: SyncRule, initiator: Initiator) -> None:
    """Delete a rule with its mappings, matching rules and scope. Values that flowed through it are let go by the next
    full synchronisation of its system."""
    targets = list(
        rule.mappings.exclude(target_metaverse_attribute=None).values_list("target_metaverse_attribute", flat=True)
    )
    record_rule_change(rule, OperationType.DELETE, initiator, "Rule deleted.")
    object_type_id = rule.metaverse_object_type_id
    rule.delete()
    for attribute_id in targets:
        close_gap(object_type_id, attribute_id)
    remove_orphaned_match_keys()


def _actions(direction: Direction, values: Mapping[str, Any]) -> dict[str, bool | None]:
    """Projecting and provisioning as stored: null for the direction it does not fit, false unless asked for.

    Raises: RefusedError when it is asked for in the wrong direction.
    """
    for other, name in ACTION_OF_DIRECTION.items():
        if other != direction and values.get(name):
            raise RefusedError({name: [f"Only {other.value.lower()} rules can do this."]})
    return {
        name: bool(values.get(name)) if fitting == direction else None for fitting, name in ACTION_OF_DIRECTION.items()
    }
