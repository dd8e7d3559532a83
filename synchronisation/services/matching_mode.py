"""Switch between matching rules per object type (simple mode) and per synchronisation rule (advanced mode).

Always: rules are carried over so that the same objects are compared in the same order; what cannot be carried over
is removed and named in a warning.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from activities.models import OperationType
from activities.recorder import Initiator
from synchronisation.models import ConnectedSystem, MatchingMode, MatchingRule, MatchingRuleSource, SyncRule

from .audit import record_system_change
from .match_keys import remove_orphaned_match_keys


@dataclass(slots=True)
class ModeSwitch:
    """migrated: rules of the old mode that live on; removed: those that do not. warnings: sentences."""

    migrated: int = 0
    removed: int = 0
    warnings: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"{self.migrated} matching rules carried over, {self.removed} removed."


@transaction.atomic
def switch_matching_mode(system: ConnectedSystem, mode: MatchingMode, initiator: Initiator) -> ModeSwitch:
    """Switching to the mode that is active changes nothing."""
    ConnectedSystem.objects.select_for_update().get(pk=system.pk)
    if system.matching_mode == mode:
        return ModeSwitch()
    old = list(_rules_of(system).prefetch_related("sources"))
    switch = _to_sync_rules(old) if mode == MatchingMode.SYNC_RULE else _to_object_types(old)
    MatchingRule.objects.filter(pk__in=[rule.pk for rule in old]).delete()
    remove_orphaned_match_keys()
    system.matching_mode = mode
    system.save(update_fields=["matching_mode"])
    SyncRule.objects.filter(system=system).update(edited=timezone.now())
    message = " ".join([f"Matching mode switched to {mode}.", switch.summary(), *switch.warnings])
    record_system_change(system, OperationType.UPDATE, initiator, message)
    return switch


def _rules_of(system: ConnectedSystem) -> QuerySet[MatchingRule]:
    return MatchingRule.objects.filter(object_type__system=system).order_by("object_type", "sync_rule", "order", "id")


def _to_sync_rules(old: Iterable[MatchingRule]) -> ModeSwitch:
    """Every synchronisation rule between the two object types gets a copy."""
    switch = ModeSwitch()
    for rule in old:
        owners = SyncRule.objects.filter(
            object_type=rule.object_type_id, metaverse_object_type=rule.metaverse_object_type_id
        )
        for owner in owners:
            _copy(rule, owner)
        if owners:
            switch.migrated += 1
        else:
            switch.removed += 1
            switch.warnings.append(f"Matching rule {rule.pk} was removed: no synchronisation rule could take it over.")
    return switch


def _to_object_types(old: Iterable[MatchingRule]) -> ModeSwitch:
    """Each object type gets every different rule once, in the order of its synchronisation rules."""
    switch = ModeSwitch()
    for _, rules in groupby(old, key=lambda rule: rule.object_type_id):
        known: set[tuple[object, ...]] = set()
        for rule in rules:
            if _meaning(rule) in known:
                switch.removed += 1
                continue
            known.add(_meaning(rule))
            _copy(rule, None, order=len(known) - 1)
            switch.migrated += 1
    if switch.migrated:
        switch.warnings.append("The matching rules of each synchronisation rule now apply to its whole object type.")
    return switch


def _meaning(rule: MatchingRule) -> tuple[object, ...]:
    """What two rules have in common when they find the same objects."""
    sources = tuple(source.attribute_id for source in rule.sources.all())
    return rule.metaverse_object_type_id, rule.target_metaverse_attribute_id, rule.case_sensitive, sources


def _copy(rule: MatchingRule, owner: SyncRule | None, order: int | None = None) -> None:
    copy = MatchingRule.objects.create(
        object_type_id=rule.object_type_id,
        metaverse_object_type_id=rule.metaverse_object_type_id,
        sync_rule=owner,
        target_metaverse_attribute_id=rule.target_metaverse_attribute_id,
        order=rule.order if order is None else order,
        case_sensitive=rule.case_sensitive,
    )
    MatchingRuleSource.objects.bulk_create(
        MatchingRuleSource(rule=copy, order=source.order, attribute_id=source.attribute_id)
        for source in rule.sources.all()
    )
