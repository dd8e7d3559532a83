"""Scoping criteria of a synchronisation rule: create, change and delete groups and the comparisons in them.

Always: every change counts as an edit of the rule and leaves an activity. Objects follow the new scope in the next
full synchronisation.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from activities.models import OperationType
from activities.recorder import Initiator
from synchronisation.models import Attribute, MetaverseAttribute, ScopingCriteriaGroup, ScopingCriterion, SyncRule

from .audit import changed_fields, record_rule_change
from .errors import RefusedError
from .rule_schema import RuleSchema
from .scoping_checks import CriterionInput, checked

LEVELS = 100
"""Groups inside groups; a hundred is more than anybody can read, and far from what recursion can bear."""


@transaction.atomic
def create_group(
    rule: SyncRule, parent: ScopingCriteriaGroup | None, values: Mapping[str, Any], initiator: Initiator
) -> ScopingCriteriaGroup:
    """values: type and position. parent: a group of the same rule. Raises: RefusedError."""
    if parent is not None and _level(parent) >= LEVELS:
        raise RefusedError({"": [f"Groups nest at most {LEVELS} deep."]})
    group = ScopingCriteriaGroup.objects.create(rule=rule, parent=parent, **values)
    within = f" in group {parent.pk}" if parent is not None else ""
    record_rule_change(rule, OperationType.UPDATE, initiator, f"Scoping group {group.pk} added{within}.")
    return group


def _level(group: ScopingCriteriaGroup) -> int:
    """1 for a top-level group."""
    parent_by_id = dict(ScopingCriteriaGroup.objects.filter(rule=group.rule_id).values_list("pk", "parent_id"))
    level, above = 1, group.parent_id
    while above is not None:
        level, above = level + 1, parent_by_id[above]
    return level


@transaction.atomic
def update_group(group: ScopingCriteriaGroup, values: Mapping[str, Any], initiator: Initiator) -> ScopingCriteriaGroup:
    """values: type or position, or both."""
    message = f"Scoping group {group.pk}. {changed_fields(group, values)}"
    for name, value in values.items():
        setattr(group, name, value)
    group.save()
    record_rule_change(group.rule, OperationType.UPDATE, initiator, message)
    return group


@transaction.atomic
def delete_group(group: ScopingCriteriaGroup, initiator: Initiator) -> None:
    """With everything in it."""
    rule, message = group.rule, f"Scoping group {group.pk} removed."
    group.delete()
    record_rule_change(rule, OperationType.UPDATE, initiator, message)


@transaction.atomic
def create_criterion(group: ScopingCriteriaGroup, wanted: CriterionInput, initiator: Initiator) -> ScopingCriterion:
    """Raises: RefusedError."""
    criterion = _save(ScopingCriterion(group=group), wanted)
    _record(criterion, "added", initiator)
    return criterion


@transaction.atomic
def replace_criterion(criterion: ScopingCriterion, wanted: CriterionInput, initiator: Initiator) -> ScopingCriterion:
    """Raises: RefusedError."""
    _save(criterion, wanted)
    _record(criterion, "changed", initiator)
    return criterion


@transaction.atomic
def delete_criterion(criterion: ScopingCriterion, initiator: Initiator) -> None:
    _record(criterion, "removed", initiator)
    criterion.delete()


def _save(criterion: ScopingCriterion, wanted: CriterionInput) -> ScopingCriterion:
    rule = criterion.group.rule
    attribute, value = checked(wanted, rule.direction, RuleSchema.of(rule))
    criterion.attribute = attribute if isinstance(attribute, Attribute) else None
    criterion.metaverse_attribute = attribute if isinstance(attribute, MetaverseAttribute) else None
    criterion.comparison_type = wanted.comparison_type
    criterion.value = value
    criterion.case_sensitive = wanted.case_sensitive
    criterion.save()
    return criterion


def _record(criterion: ScopingCriterion, done: str, initiator: Initiator) -> None:
    group = criterion.group
    message = f"Criterion {criterion.pk} on {criterion.compared.name} {done}, in scoping group {group.pk}."
    record_rule_change(group.rule, OperationType.UPDATE, initiator, message)
