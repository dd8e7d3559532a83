"""Rules that a change of the schema has broken."""

from collections.abc import Iterator

from synchronisation.expressions.compile import compile_expression
from synchronisation.expressions.errors import ExpressionError
from synchronisation.models import ConnectedSystem, SyncRuleMappingSource

from .rule_schema import RuleSchema


def broken_expressions(system: ConnectedSystem) -> Iterator[str]:
    """A sentence for each expression in the system's rules that can no longer be compiled."""
    for rule in system.sync_rules.all():
        schema = RuleSchema.of(rule)
        for source in SyncRuleMappingSource.objects.filter(mapping__rule=rule, expression__isnull=False):
            try:
                compile_expression(source.expression or "", mv=schema.metaverse_names, cs=schema.connected_system_names)
            except ExpressionError as error:
                yield f"Mapping {source.mapping_id} of rule {rule.name} no longer works: {error}"
