"""Rules that a change of the schema has broken."""

from collections.abc import Iterator

from synchronisation.engine.configuration import criterion_of
from synchronisation.expressions.compile import compile_expression
from synchronisation.expressions.errors import ExpressionError
from synchronisation.models import ConnectedSystem, ScopingCriterion, SyncRule, SyncRuleMappingSource
from synchronisation.rules.scope import CriterionError, check_criterion

from .rule_schema import RuleSchema
from .scoping_checks import as_compared


def broken_parts(system: ConnectedSystem) -> Iterator[str]:
    """A sentence for each expression and each criterion in the system's rules that no longer works."""
    for rule in system.sync_rules.all():
        yield from _broken_expressions(rule)
        yield from _broken_criteria(rule)


def _broken_expressions(rule: SyncRule) -> Iterator[str]:
    schema = RuleSchema.of(rule)
    for source in SyncRuleMappingSource.objects.filter(mapping__rule=rule, expression__isnull=False):
        try:
            compile_expression(source.expression or "", mv=schema.metaverse_names, cs=schema.connected_system_names)
        except ExpressionError as error:
            yield f"Mapping {source.mapping_id} of rule {rule.name} no longer works: {error}"


def _broken_criteria(rule: SyncRule) -> Iterator[str]:
    criteria = ScopingCriterion.objects.filter(group__rule=rule, attribute__isnull=False)
    for criterion in criteria.select_related("attribute"):
        try:
            check_criterion(criterion_of(criterion), as_compared(criterion.compared))
        except CriterionError as error:
            yield f"Criterion {criterion.pk} of rule {rule.name} no longer works: {error}"
