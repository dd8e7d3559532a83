"""What every change of the configuration leaves behind: an activity saying who changed which fields.

Values are not written down, so that no secret can be; the names of the fields are.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.utils import timezone

from activities.models import Activity, OperationType, TargetType
from activities.recorder import Initiator, record
from jim.api.names import camel_case
from synchronisation.models import ConnectedSystem, MatchingRule, SyncRule


def changed_fields(instance: Model, values: Mapping[str, Any]) -> str:
    """A sentence naming the fields, as clients know them, that `values` would change."""
    names = [camel_case(name) for name, value in values.items() if getattr(instance, name) != value]
    return f"Changed: {', '.join(names)}." if names else "Nothing changed."


def record_system_change(
    system: ConnectedSystem, operation: OperationType, initiator: Initiator, message: str
) -> Activity:
    return record(
        TargetType.CONNECTED_SYSTEM,
        operation,
        target_name=system.name,
        initiator=initiator,
        message=message,
        connected_system_id=system.pk,
    )


def record_rule_change(rule: SyncRule, operation: OperationType, initiator: Initiator, message: str) -> Activity:
    """A change of the rule or a part of it, which a delta synchronisation warns about."""
    SyncRule.objects.filter(pk=rule.pk).update(edited=timezone.now())
    return record(
        TargetType.SYNC_RULE,
        operation,
        target_name=rule.name,
        target_context=rule.system.name,
        initiator=initiator,
        message=message,
        connected_system_id=rule.system_id,
        sync_rule_id=rule.pk,
    )


def record_matching_change(
    rule: MatchingRule, operation: OperationType, initiator: Initiator, message: str
) -> Activity:
    """A change of a matching rule; it counts as an edit of the synchronisation rules that join by it."""
    system = rule.object_type.system
    SyncRule.objects.filter(object_type=rule.object_type_id).update(edited=timezone.now())
    return record(
        TargetType.OBJECT_MATCHING_RULE,
        operation,
        target_name=f"{rule.object_type.name}: matching rule {rule.pk}",
        target_context=system.name,
        initiator=initiator,
        message=message,
        connected_system_id=system.pk,
        sync_rule_id=rule.sync_rule_id,
    )
