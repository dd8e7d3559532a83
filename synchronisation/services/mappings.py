"""Create, replace and delete attribute mappings.

Always: the rule's row is locked while one of its mappings changes, so that two callers cannot map one attribute
twice; every change counts as an edit of the rule and leaves an activity.
"""

from django.db import transaction

from activities.models import OperationType
from activities.recorder import Initiator
from synchronisation.models import Direction, SyncRule, SyncRuleMapping, SyncRuleMappingSource

from .audit import record_rule_change
from .mapping_checks import MappingInput, check_mapping
from .priorities import close_gap, place_mapping
from .rule_schema import RuleSchema


@transaction.atomic
def create_mapping(rule: SyncRule, wanted: MappingInput, initiator: Initiator) -> SyncRuleMapping:
    """Raises: RefusedError."""
    mapping = _save(rule, SyncRuleMapping(rule=rule), wanted)
    record_rule_change(rule, OperationType.UPDATE, initiator, f"Mapping {mapping.pk} of {_target(mapping)} added.")
    return mapping


@transaction.atomic
def replace_mapping(mapping: SyncRuleMapping, wanted: MappingInput, initiator: Initiator) -> SyncRuleMapping:
    """Raises: RefusedError."""
    rule, before = mapping.rule, mapping.target_metaverse_attribute_id
    _save(rule, mapping, wanted)
    if before is not None and before != mapping.target_metaverse_attribute_id:
        close_gap(rule.metaverse_object_type_id, before)
    record_rule_change(rule, OperationType.UPDATE, initiator, f"Mapping {mapping.pk} of {_target(mapping)} changed.")
    return mapping


@transaction.atomic
def delete_mapping(mapping: SyncRuleMapping, initiator: Initiator) -> None:
    rule, target, number = mapping.rule, mapping.target_metaverse_attribute_id, mapping.pk
    message = f"Mapping {number} of {_target(mapping)} removed."
    mapping.delete()
    if target is not None:
        close_gap(rule.metaverse_object_type_id, target)
    record_rule_change(rule, OperationType.UPDATE, initiator, message)


def _save(rule: SyncRule, mapping: SyncRuleMapping, wanted: MappingInput) -> SyncRuleMapping:
    SyncRule.objects.select_for_update().get(pk=rule.pk)
    check_mapping(wanted, rule.direction, RuleSchema.of(rule), _written_by_others(rule, mapping))
    if mapping.target_metaverse_attribute_id != wanted.target_metaverse_attribute_id:
        mapping.priority = None  # its place was one among other contributors
    mapping.target_metaverse_attribute_id = wanted.target_metaverse_attribute_id
    mapping.target_attribute_id = wanted.target_connected_system_attribute_id
    mapping.null_is_value = wanted.null_is_value
    mapping.initial_only = wanted.initial_only
    mapping.save()
    _replace_sources(mapping, wanted)
    if rule.direction == Direction.IMPORT:
        place_mapping(mapping, wanted.priority or mapping.priority)
    return mapping


def _written_by_others(rule: SyncRule, mapping: SyncRuleMapping) -> set[int]:
    field = "target_metaverse_attribute" if rule.direction == Direction.IMPORT else "target_attribute"
    return set(rule.mappings.exclude(pk=mapping.pk).values_list(field, flat=True))


def _replace_sources(mapping: SyncRuleMapping, wanted: MappingInput) -> None:
    mapping.sources.all().delete()
    SyncRuleMappingSource.objects.bulk_create(
        SyncRuleMappingSource(
            mapping=mapping,
            order=source.order,
            attribute_id=source.connected_system_attribute_id,
            metaverse_attribute_id=source.metaverse_attribute_id,
            expression=source.expression,
        )
        for source in wanted.sources
    )


def _target(mapping: SyncRuleMapping) -> str:
    target = mapping.target_metaverse_attribute or mapping.target_attribute
    assert target is not None
    return target.name
