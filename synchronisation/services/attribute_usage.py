"""What relies on the attributes of one object type: rules, matching rules and stored values."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db import connection

from synchronisation.expressions.compile import compile_expression
from synchronisation.expressions.errors import ExpressionError
from synchronisation.models import (
    CsoReference,
    MatchingRuleSource,
    ObjectType,
    ScopingCriterion,
    SyncRuleMapping,
    SyncRuleMappingSource,
)

from .rule_schema import RuleSchema

HOLDS_VALUE = """
SELECT EXISTS (
    SELECT FROM cso
    WHERE object_type_id = %s
      AND document ? %s
)
"""


@dataclass(frozen=True)
class AttributeUsage:
    """Looked up once, when first asked."""

    object_type: ObjectType

    @cached_property
    def export_targets(self) -> dict[int, str]:
        """Attribute id -> name of a rule that writes it."""
        written = SyncRuleMapping.objects.filter(rule__object_type=self.object_type, target_attribute__isnull=False)
        return dict(written.values_list("target_attribute_id", "rule__name"))

    @cached_property
    def compared(self) -> dict[int, str]:
        """Attribute id -> name of a rule whose scoping criteria compare it."""
        criteria = ScopingCriterion.objects.filter(attribute__object_type=self.object_type)
        return {pk: name for pk, name in criteria.values_list("attribute_id", "group__rule__name") if pk is not None}

    @cached_property
    def users(self) -> dict[int, str]:
        """Attribute id -> what uses it, for an administrator to look at."""
        return {
            **{attribute_id: f"rule {name}" for attribute_id, name in self._read_by_expressions()},
            **{attribute_id: f"rule {name}" for attribute_id, name in self._read_by_mappings()},
            **{attribute_id: f"rule {name}" for attribute_id, name in self.export_targets.items()},
            **{attribute_id: f"the scope of rule {name}" for attribute_id, name in self.compared.items()},
            **{attribute_id: f"matching rule {rule_id}" for attribute_id, rule_id in self._matched_by()},
        }

    def holds_values(self, attribute_id: int) -> bool:
        """Whether any object has a value. Reads the type's objects until one has."""
        if CsoReference.objects.filter(system_id=self.object_type.system_id, attribute_id=attribute_id).exists():
            return True
        with connection.cursor() as cursor:
            cursor.execute(HOLDS_VALUE, [self.object_type.pk, str(attribute_id)])
            (found,) = cursor.fetchone()
        return bool(found)

    def _read_by_mappings(self) -> Iterator[tuple[int, str]]:
        read = SyncRuleMappingSource.objects.filter(attribute__object_type=self.object_type)
        yield from read.values_list("attribute_id", "mapping__rule__name")

    def _matched_by(self) -> Iterator[tuple[int, int]]:
        matched = MatchingRuleSource.objects.filter(attribute__object_type=self.object_type)
        yield from matched.values_list("attribute_id", "rule_id")

    def _read_by_expressions(self) -> Iterator[tuple[int, str]]:
        for rule in self.object_type.sync_rules.all():
            schema = RuleSchema.of(rule)
            sources = SyncRuleMappingSource.objects.filter(mapping__rule=rule, expression__isnull=False)
            for text in sources.values_list("expression", flat=True):
                for key in _reads(text or "", schema):
                    yield int(key), rule.name


def _reads(text: str, schema: RuleSchema) -> frozenset[str]:
    """Keys of the connected system's attributes an expression names; none when the schema has moved under it."""
    try:
        return compile_expression(text, mv=schema.metaverse_names, cs=schema.connected_system_names).reads_cs
    except ExpressionError:
        return frozenset()
