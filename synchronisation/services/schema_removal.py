"""Remove parts of a connected system's schema together with the rule parts that cannot stand without them.

In: attributes or object types the store has no more. Out: a sentence for each mapping, matching rule or
synchronisation rule that went with them. Always: no mapping or matching rule is left without a source.
"""

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from synchronisation.models import Attribute, MatchingRule, ObjectType, SyncRule, SyncRuleMapping

from .match_keys import forget_match_keys, remove_orphaned_match_keys


def remove_attributes(attributes: Sequence[Attribute]) -> list[str]:
    """Remove attributes of one object type. Their values stay in documents under a key that nothing reads.

    Raises: NotPossibleError while a synchronisation joins by a matching rule that goes on without one of them.
    """
    ids = [attribute.pk for attribute in attributes]
    touched = list(
        SyncRuleMapping.objects.filter(Q(target_attribute__in=ids) | Q(sources__attribute__in=ids))
        .select_related("rule")
        .distinct()
    )
    matching = list(MatchingRule.objects.filter(sources__attribute__in=ids).distinct())
    Attribute.objects.filter(pk__in=ids).delete()
    SyncRule.objects.filter(pk__in={m.rule_id for m in touched}).update(edited=timezone.now())
    return [*_drop_empty_mappings(touched), *_shrink_matching_rules(matching)]


def _drop_empty_mappings(touched: Sequence[SyncRuleMapping]) -> list[str]:
    """Delete the mappings that lost their last source; those that lost their target went with it."""
    ids = [mapping.pk for mapping in touched]
    SyncRuleMapping.objects.filter(pk__in=ids, sources__isnull=True).delete()
    left = set(SyncRuleMapping.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [
        f"Mapping {mapping.pk} of rule {mapping.rule.name} was removed: it used an attribute that is gone."
        for mapping in touched
        if mapping.pk not in left
    ]


def _shrink_matching_rules(touched: Sequence[MatchingRule]) -> list[str]:
    """Delete the matching rules that lost their last source; the others compare less now. Raises: NotPossibleError."""
    if not touched:
        return []
    ids = [rule.pk for rule in touched]
    emptied = MatchingRule.objects.filter(pk__in=ids, sources__isnull=True)
    sentences = [
        f"Matching rule {pk} was removed: it used an attribute that is gone."
        for pk in emptied.values_list("pk", flat=True)
    ]
    emptied.delete()
    forget_match_keys(MatchingRule.objects.filter(pk__in=ids).values_list("pk", flat=True))
    remove_orphaned_match_keys()
    return sentences


def remove_object_types(object_types: Sequence[ObjectType]) -> list[str]:
    """Remove object types without objects, their synchronisation rules and matching rules included."""
    rules = SyncRule.objects.filter(object_type__in=object_types)
    sentences = [f"Rule {rule.name} was removed: its object type is gone." for rule in rules]
    ObjectType.objects.filter(pk__in=[t.pk for t in object_types]).delete()
    remove_orphaned_match_keys()
    return sentences
