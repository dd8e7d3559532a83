"""Configuration: the rows an administrator edits, as the specification a run works by.

Read once, when a run is first taken, in a few queries whatever the size of the configuration.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Prefetch

from activities.models import Activity, OperationType, RunType, TargetType
from connectors.contract import AttributeType, Capabilities, Connector
from synchronisation import models
from synchronisation.connecting import connector_for
from synchronisation.rules import specification as spec

from .errors import RunFailedError
from .import_scope import import_scopes
from .precedence import CLEARING, DELETION, HOUSEKEEPING

NO_SYSTEM = spec.System(
    0, "", per_rule_matching=False, deletion_threshold_percent=None, deletion_threshold_minimum=0, max_export_attempts=0
)
SYNCHRONISATIONS = (RunType.FULL_SYNCHRONISATION, RunType.DELTA_SYNCHRONISATION)


def specification_of(activity: Activity, now: datetime) -> spec.Specification:
    """Everything the run of this activity needs to know. Raises: RunFailedError when its profile was deleted."""
    if activity.target_type == TargetType.METAVERSE_OBJECT:
        return _of_housekeeping(now)
    if activity.target_type == TargetType.CONNECTED_SYSTEM:
        return _of_removal(activity, now)
    profiles = models.RunProfile.objects.select_related("system", "partition")
    profile = profiles.filter(pk=activity.run_profile_id or 0).first()
    if profile is None:
        raise RunFailedError("The run profile was deleted before its run began.")
    synchronises = profile.run_type in SYNCHRONISATIONS
    connector = connector_for(profile.system)
    capabilities = connector.capabilities(connector.settings)
    partition = profile.partition if capabilities.partitions else None
    rules = _rules() if synchronises else []
    systems = {profile.system_id: profile.system}
    systems.update((rule.system_id, rule.system) for rule in rules)
    return spec.Specification(
        now=now,
        run_type=profile.run_type,
        system=_system(profile.system, connector),
        systems=tuple(_system(system) for system in systems.values()),
        object_types=tuple(map(_object_type, _object_types(systems))),
        metaverse_types=_metaverse_types() if synchronises or profile.run_type == RunType.EXPORT else (),
        rules=tuple(_rule(rule) for rule in rules),
        matching_rules=_matching_rules() if synchronises else (),
        partition_id=partition.pk if partition else None,
        partition=partition.external_id if partition else None,
        scopes=import_scopes(profile.system, capabilities, partition.pk if partition else None),
        file_path=profile.file_path or None,
        page_size=profile.page_size,
        ignore_deletion_threshold=bool(activity.options.get("ignoreDeletionThreshold")),
    )


def _of_housekeeping(now: datetime) -> spec.Specification:
    """For deleting identities: no system's own, all rules."""
    rules = _rules()
    systems = {rule.system_id: rule.system for rule in rules}
    return spec.Specification(
        now=now,
        run_type=HOUSEKEEPING,
        system=NO_SYSTEM,
        systems=tuple(_system(system) for system in systems.values()),
        object_types=tuple(map(_object_type, _object_types(systems))),
        metaverse_types=_metaverse_types(),
        rules=tuple(_rule(rule) for rule in rules),
        matching_rules=_matching_rules(),
    )


def _of_removal(activity: Activity, now: datetime) -> spec.Specification:
    """For removing all objects of a system: to clear it, or before it is deleted.

    Clearing follows no rules. Deleting follows those of the other systems, and the system's own import rules, which
    say whose values go; into a system that goes nothing is exported.
    """
    assert activity.connected_system_id is not None  # as whoever opened it says
    system = models.ConnectedSystem.objects.get(pk=activity.connected_system_id)
    is_deletion = activity.operation_type == OperationType.DELETE
    rules = [
        rule
        for rule in (_rules() if is_deletion else [])
        if rule.system_id != system.pk or rule.direction == models.Direction.IMPORT
    ]
    systems = {system.pk: system} | {rule.system_id: rule.system for rule in rules}
    return spec.Specification(
        now=now,
        run_type=DELETION if is_deletion else CLEARING,
        system=_system(system),
        systems=tuple(_system(system) for system in systems.values()),
        object_types=tuple(map(_object_type, _object_types(systems))),
        metaverse_types=_metaverse_types(),
        rules=tuple(_rule(rule) for rule in rules),
        matching_rules=_matching_rules() if is_deletion else (),
        keep_change_history=not activity.options.get("deleteChangeHistory"),
    )


def _rules() -> list[models.SyncRule]:
    """The enabled rules of all systems: a synchronisation exports to any, and weighs contributors of all."""
    sources = Prefetch("mappings__sources", models.SyncRuleMappingSource.objects.order_by("order", "id"))
    enabled = models.SyncRule.objects.filter(enabled=True).order_by("id")
    parts = ("mappings", sources, "scoping_groups__criteria")
    return list(enabled.select_related("system__connector").prefetch_related(*parts))


def _system(system: models.ConnectedSystem, connector: Connector | None = None) -> spec.System:
    """connector: of the run's own system."""
    capabilities = Capabilities() if connector is None else connector.capabilities(connector.settings)
    return spec.System(
        id=system.id,
        name=system.name,
        per_rule_matching=system.matching_mode == models.MatchingMode.SYNC_RULE,
        deletion_threshold_percent=system.deletion_threshold_percent,
        deletion_threshold_minimum=system.deletion_threshold_minimum,
        max_export_attempts=system.max_export_attempts,
        self_confirming=connector is not None and connector.self_confirming,
        checks_references=capabilities.checks_references,
        partial_updates=capabilities.partial_updates,
    )


def _object_types(system_ids: Iterable[int]) -> Iterable[models.ObjectType]:
    return models.ObjectType.objects.filter(system_id__in=list(system_ids)).prefetch_related("attributes")


def _object_type(object_type: models.ObjectType) -> spec.ObjectType:
    return spec.ObjectType(
        id=object_type.id,
        system_id=object_type.system_id,
        name=object_type.name,
        selected=object_type.selected,
        recall=object_type.remove_contributed_attributes_on_obsoletion,
        attributes=tuple(
            spec.Attribute(
                id=attribute.id,
                name=attribute.name,
                type=AttributeType(attribute.type),
                multi_valued=attribute.multi_valued,
                selected=attribute.selected,
                external_id=attribute.is_external_id,
                secondary_external_id=attribute.is_secondary_external_id,
            )
            for attribute in sorted(object_type.attributes.all(), key=lambda a: a.id)
        ),
    )


def _metaverse_types() -> tuple[spec.MetaverseType, ...]:
    types = models.MetaverseObjectType.objects.prefetch_related("attributes", "deletion_trigger_systems")
    return tuple(
        spec.MetaverseType(
            id=kind.id,
            name=kind.name,
            deletion_rule=kind.deletion_rule,
            grace_seconds=kind.deletion_grace_period.total_seconds() if kind.deletion_grace_period else None,
            trigger_systems=tuple(system.id for system in kind.deletion_trigger_systems.all()),
            attributes=tuple(
                spec.Attribute(a.id, a.name, AttributeType(a.type), a.multi_valued)
                for a in sorted(kind.attributes.all(), key=lambda a: a.id)
            ),
        )
        for kind in types
    )


def _rule(rule: models.SyncRule) -> spec.Rule:
    return spec.Rule(
        id=rule.id,
        name=rule.name,
        system_id=rule.system_id,
        object_type_id=rule.object_type_id,
        metaverse_type_id=rule.metaverse_object_type_id,
        is_import=rule.direction == models.Direction.IMPORT,
        projects=bool(rule.project_to_metaverse),
        provisions=bool(rule.provision_to_connected_system),
        enforces_state=rule.enforce_state,
        deletes=rule.outbound_deprovision_action == models.DeprovisionAction.DELETE,
        mappings=tuple(_mapping(mapping) for mapping in rule.mappings.all()),
        scope=tuple(_criteria_group(group) for group in models.nested_groups(rule.scoping_groups.all())),
        retains_join=rule.inbound_out_of_scope_action == models.OutOfScopeAction.REMAIN_JOINED,
    )


def _criteria_group(group: models.ScopingCriteriaGroup) -> spec.CriteriaGroup:
    return spec.CriteriaGroup(
        needs_all=group.type == models.ScopingGroupType.ALL,
        criteria=tuple(map(criterion_of, group.criteria.all())),
        groups=tuple(map(_criteria_group, group.children)),
    )


def criterion_of(criterion: models.ScopingCriterion) -> spec.Criterion:
    return spec.Criterion(
        attribute_id=criterion.compared_id,
        comparison=spec.Comparison(criterion.comparison_type),
        value=criterion.value,
        case_sensitive=criterion.case_sensitive,
    )


def _mapping(mapping: models.SyncRuleMapping) -> spec.Mapping:
    target = mapping.target_metaverse_attribute_id or mapping.target_attribute_id
    assert target is not None  # the table's check constraint
    return spec.Mapping(
        id=mapping.id,
        target_id=target,
        priority=mapping.priority,
        null_is_value=mapping.null_is_value,
        initial_only=mapping.initial_only,
        sources=tuple(
            spec.Source(source.attribute_id or source.metaverse_attribute_id, source.expression)
            for source in mapping.sources.all()
        ),
    )


def _matching_rules() -> tuple[spec.MatchingRule, ...]:
    """Those of all systems, enabled rules or not: whoever changes an MVO keeps all of its match keys true."""
    rules = models.MatchingRule.objects.order_by("sync_rule", "order", "id").prefetch_related("sources")
    return tuple(
        spec.MatchingRule(
            id=rule.id,
            object_type_id=rule.object_type_id,
            metaverse_type_id=rule.metaverse_object_type_id,
            rule_id=rule.sync_rule_id,
            target_id=rule.target_metaverse_attribute_id,
            case_sensitive=rule.case_sensitive,
            source_ids=tuple(s.attribute_id for s in rule.sources.all() if s.attribute_id is not None),
        )
        for rule in rules
    )
