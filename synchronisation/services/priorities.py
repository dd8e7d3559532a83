"""Attribute priority: the order in which import mappings contend for one metaverse attribute of one object type.

Always: dense from 1, which is best; a new mapping comes last. Writers lock the object type's row first.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from synchronisation.models import MetaverseObjectType, SyncRuleMapping

from .errors import RefusedError


def contributors(object_type_id: int, attribute_id: int) -> QuerySet[SyncRuleMapping]:
    """The import mappings that write one attribute of one metaverse object type, best first."""
    return SyncRuleMapping.objects.filter(
        rule__metaverse_object_type=object_type_id, target_metaverse_attribute=attribute_id
    ).order_by("priority", "id")


def place_mapping(mapping: SyncRuleMapping, priority: int | None) -> None:
    """Give a saved import mapping its place; None keeps the one it has, or is the last. Call in a transaction.

    A place beyond the end is the last one.
    """
    object_type_id = mapping.rule.metaverse_object_type_id
    others = list(_locked(object_type_id, mapping.target_metaverse_attribute_id).exclude(pk=mapping.pk))
    place = len(others) + 1 if priority is None else min(priority, len(others) + 1)
    _number([*others[: place - 1], mapping, *others[place - 1 :]])


def close_gap(object_type_id: int, attribute_id: int) -> None:
    """Number the mappings that are left after one was removed. Call in a transaction."""
    _number(list(_locked(object_type_id, attribute_id)))


def replace_order(object_type_id: int, attribute_id: int, mapping_ids: Sequence[int]) -> None:
    """Put the contributors in this order. Call in a transaction. Raises: RefusedError unless each is named once."""
    mappings = {mapping.pk: mapping for mapping in _locked(object_type_id, attribute_id)}
    if sorted(mappings) != sorted(mapping_ids):
        raise RefusedError({"": ["Name every mapping that writes this attribute once, and no other."]})
    _number([mappings[mapping_id] for mapping_id in mapping_ids])


def _locked(object_type_id: int, attribute_id: int | None) -> QuerySet[SyncRuleMapping]:
    MetaverseObjectType.objects.select_for_update().get(pk=object_type_id)
    assert attribute_id is not None
    return contributors(object_type_id, attribute_id)


def _number(mappings: Sequence[SyncRuleMapping]) -> None:
    moved = []
    for priority, mapping in enumerate(mappings, 1):
        if mapping.priority != priority:
            mapping.priority = priority
            moved.append(mapping)
    SyncRuleMapping.objects.bulk_update(moved, ["priority"])
