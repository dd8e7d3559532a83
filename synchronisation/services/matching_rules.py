"""Matching rules: how a connector space object finds its metaverse object.

In: what the administrator wants, for an object type (simple mode) or a synchronisation rule (advanced mode).
Always: a rule has at least one source; after a change of what it compares its match keys are gone, and the next
synchronisation writes them anew.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max, QuerySet

from activities.models import OperationType
from activities.recorder import Initiator
from synchronisation.models import (
    Attribute,
    MatchingMode,
    MatchingRule,
    MatchingRuleSource,
    MetaverseAttribute,
    ObjectType,
    SyncRule,
)

from .audit import record_matching_change
from .compatibility import WITHOUT_TEXT
from .errors import NotPossibleError, RefusedError
from .match_keys import forget_match_keys, remove_orphaned_match_keys

MODE_NAME = {MatchingMode.CONNECTED_SYSTEM: "per object type", MatchingMode.SYNC_RULE: "per synchronisation rule"}


@dataclass(frozen=True, slots=True)
class MatchingSourceInput:
    order: int = 0
    connected_system_attribute_id: int | None = None
    metaverse_attribute_id: int | None = None


@dataclass(frozen=True, slots=True)
class MatchingRuleInput:
    """order: lowest first; None: where it is, or last."""

    metaverse_object_type_id: int
    target_metaverse_attribute_id: int
    sources: tuple[MatchingSourceInput, ...]
    case_sensitive: bool = True
    order: int | None = None


@transaction.atomic
def create_matching_rule(
    object_type: ObjectType, sync_rule: SyncRule | None, wanted: MatchingRuleInput, initiator: Initiator
) -> MatchingRule:
    """sync_rule: the owner in advanced mode, None in simple mode. Raises: RefusedError."""
    _check_mode(object_type, sync_rule)
    rule = MatchingRule(object_type=object_type, sync_rule=sync_rule)
    _save(rule, wanted)
    record_matching_change(rule, OperationType.CREATE, initiator, "Matching rule created.")
    return rule


@transaction.atomic
def update_matching_rule(rule: MatchingRule, wanted: MatchingRuleInput, initiator: Initiator) -> MatchingRule:
    """Raises: RefusedError."""
    compares_otherwise = _compared(as_input(rule)) != _compared(wanted)
    _save(rule, wanted)
    if compares_otherwise:
        _forget_match_keys(rule)
    record_matching_change(rule, OperationType.UPDATE, initiator, "Matching rule changed.")
    return rule


def _forget_match_keys(rule: MatchingRule) -> None:
    try:
        forget_match_keys([rule.pk])
    except NotPossibleError as error:
        raise RefusedError({"": [str(error)]}) from None


@transaction.atomic
def delete_matching_rule(rule: MatchingRule, initiator: Initiator) -> None:
    record_matching_change(rule, OperationType.DELETE, initiator, "Matching rule deleted.")
    rule.delete()
    remove_orphaned_match_keys()


def as_input(rule: MatchingRule) -> MatchingRuleInput:
    """The rule as it is, for changing a part of it."""
    return MatchingRuleInput(
        metaverse_object_type_id=rule.metaverse_object_type_id,
        target_metaverse_attribute_id=rule.target_metaverse_attribute_id,
        sources=tuple(MatchingSourceInput(s.order, s.attribute_id) for s in rule.sources.all()),
        case_sensitive=rule.case_sensitive,
        order=rule.order,
    )


def _compared(wanted: MatchingRuleInput) -> tuple[object, ...]:
    """What match keys depend on."""
    sources = sorted(wanted.sources, key=lambda source: source.order)
    ids = [source.connected_system_attribute_id for source in sources]
    return wanted.metaverse_object_type_id, wanted.target_metaverse_attribute_id, wanted.case_sensitive, ids


def _check_mode(object_type: ObjectType, sync_rule: SyncRule | None) -> None:
    mode = MatchingMode.CONNECTED_SYSTEM if sync_rule is None else MatchingMode.SYNC_RULE
    active = MatchingMode(object_type.system.matching_mode)
    if mode != active:
        raise RefusedError(
            {"": [f"{object_type.system.name} matches {MODE_NAME[active]}: add the rule there, or switch the mode."]}
        )


def _save(rule: MatchingRule, wanted: MatchingRuleInput) -> None:
    _check(rule.object_type, wanted)
    rule.metaverse_object_type_id = wanted.metaverse_object_type_id
    rule.target_metaverse_attribute_id = wanted.target_metaverse_attribute_id
    rule.case_sensitive = wanted.case_sensitive
    rule.order = _last_order(rule) if wanted.order is None else wanted.order
    rule.save()
    rule.sources.all().delete()
    MatchingRuleSource.objects.bulk_create(
        MatchingRuleSource(rule=rule, order=source.order, attribute_id=source.connected_system_attribute_id)
        for source in wanted.sources
    )


def _last_order(rule: MatchingRule) -> int:
    highest = siblings(rule).aggregate(highest=Max("order"))["highest"]
    return 0 if highest is None else highest + 1


def siblings(rule: MatchingRule) -> QuerySet[MatchingRule]:
    """The other rules tried for the same objects."""
    return MatchingRule.objects.filter(object_type=rule.object_type_id, sync_rule=rule.sync_rule_id).exclude(pk=rule.pk)


def _check(object_type: ObjectType, wanted: MatchingRuleInput) -> None:
    """Raises: RefusedError with every problem."""
    problems: dict[str, list[str]] = {}
    target = MetaverseAttribute.objects.filter(
        pk=wanted.target_metaverse_attribute_id, object_types=wanted.metaverse_object_type_id
    ).first()
    if target is None:
        problems["target_metaverse_attribute_id"] = ["The metaverse object type has no such attribute."]
    elif target.type in WITHOUT_TEXT:
        problems["target_metaverse_attribute_id"] = [f"A {target.type} attribute cannot be matched by."]
    attributes = {a.pk: a for a in Attribute.objects.filter(object_type=object_type)}
    for index, source in enumerate(wanted.sources):
        problem = _source_problem(source, attributes)
        if problem is not None:
            problems[f"sources[{index}].{problem[0]}"] = [problem[1]]
    if problems:
        raise RefusedError(problems)


def _source_problem(source: MatchingSourceInput, attributes: dict[int, Attribute]) -> tuple[str, str] | None:
    """(field, sentence), None when the source can be matched by: values are compared in their text form."""
    field = "connected_system_attribute_id"
    if source.metaverse_attribute_id is not None:
        return "metaverse_attribute_id", "The sources of a matching rule are attributes of the connected system."
    if source.connected_system_attribute_id is None:
        return field, "Name the attribute to match by."
    attribute = attributes.get(source.connected_system_attribute_id)
    if attribute is None:
        return field, "The object type has no such attribute."
    if attribute.type in WITHOUT_TEXT:
        return field, f"A {attribute.type} attribute cannot be matched by."
    return None
