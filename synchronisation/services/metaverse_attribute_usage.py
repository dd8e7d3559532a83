"""What relies on an attribute of the metaverse: rules, matching rules, scopes, and values of objects.

In: an attribute, and the object types to look at. Out: who uses it, as words for an administrator.
"""

from collections.abc import Collection, Iterator

from django.db import connection
from django.db.models import Q

from synchronisation.expressions.compile import compile_expression
from synchronisation.expressions.errors import ExpressionError
from synchronisation.models import (
    MatchingRule,
    MetaverseAttribute,
    ScopingCriterion,
    SyncRule,
    SyncRuleMapping,
    SyncRuleMappingSource,
)

from .rule_schema import RuleSchema

HOLDS_VALUE = """
SELECT EXISTS (
    SELECT FROM mvo
    WHERE type_id = ANY (%s)
      AND document ? %s
)
"""

HOLDS_REFERENCE = """
SELECT EXISTS (
    SELECT FROM mvo_reference
    JOIN mvo ON mvo.id = mvo_reference.mvo_id
    WHERE mvo_reference.attribute_id = %s
      AND mvo.type_id = ANY (%s)
)
"""


def users_of(attribute: MetaverseAttribute, type_ids: Collection[int]) -> list[str]:
    """Everything in the rules of these object types that uses the attribute, each once."""
    return list(dict.fromkeys((*_named_by_id(attribute, type_ids), *readers_of(attribute, type_ids))))


def _named_by_id(attribute: MetaverseAttribute, type_ids: Collection[int]) -> Iterator[str]:
    mappings = SyncRuleMapping.objects.filter(
        Q(target_metaverse_attribute=attribute) | Q(sources__metaverse_attribute=attribute),
        rule__metaverse_object_type__in=type_ids,
    )
    for name in mappings.order_by("rule").values_list("rule__name", flat=True).distinct():
        yield f"rule {name}"
    criteria = ScopingCriterion.objects.filter(
        metaverse_attribute=attribute, group__rule__metaverse_object_type__in=type_ids
    )
    for name in criteria.values_list("group__rule__name", flat=True):
        yield f"the scope of rule {name}"
    matching = MatchingRule.objects.filter(target_metaverse_attribute=attribute, metaverse_object_type__in=type_ids)
    for pk, name in matching.values_list("pk", "object_type__system__name"):
        yield f"matching rule {pk} of {name}"


def readers_of(attribute: MetaverseAttribute, type_ids: Collection[int]) -> Iterator[str]:
    """Rules whose expressions name it: they know it by its name."""
    for rule in SyncRule.objects.filter(metaverse_object_type__in=type_ids):
        sources = SyncRuleMappingSource.objects.filter(mapping__rule=rule, expression__isnull=False)
        texts = list(sources.values_list("expression", flat=True))
        schema = RuleSchema.of(rule) if texts else None
        if schema is not None and any(_reads(text or "", schema, attribute) for text in texts):
            yield f"rule {rule.name}"


def _reads(text: str, schema: RuleSchema, attribute: MetaverseAttribute) -> bool:
    """False when the schema has moved under the expression."""
    try:
        compiled = compile_expression(text, mv=schema.metaverse_names, cs=schema.connected_system_names)
    except ExpressionError:
        return False
    return str(attribute.pk) in compiled.reads_mv


def holds_values(attribute: MetaverseAttribute, type_ids: Collection[int]) -> bool:
    """Whether any object of these types has a value. Reads objects until one has."""
    if not type_ids:
        return False
    with connection.cursor() as cursor:
        cursor.execute(HOLDS_VALUE, [list(type_ids), str(attribute.pk)])
        (found,) = cursor.fetchone()
        if not found:
            cursor.execute(HOLDS_REFERENCE, [attribute.pk, list(type_ids)])
            (found,) = cursor.fetchone()
    return bool(found)
