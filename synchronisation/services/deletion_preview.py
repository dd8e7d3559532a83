"""What deleting a connected system would do: the same questions that the deletion asks, in a few queries over sets."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection

from activities.models import Activity, ActivityStatus, TargetType
from synchronisation.engine.precedence import METAVERSE, system_resource
from synchronisation.engine.statements import sql
from synchronisation.models import ConnectedSystem, ConnectorSpaceObject, DeletionRule, PendingExport, RunLease

from .removals import BACKGROUND_FROM

OBJECTS_PER_SECOND = 2_000
"""Removed with all that is theirs, their identities judged and their other accounts brought up to date."""


@dataclass(slots=True)
class DeletionPreview:
    """mvos_...: metaverse objects joined to an object of the system. with_deletion_rule: that would be deleted, at once
    or after a grace period; with_grace_period: the latter. warnings: sentences.
    """

    connected_system_id: int
    connected_system_name: str
    connected_system_object_count: int
    sync_rule_count: int
    run_profile_count: int
    partition_count: int
    container_count: int
    pending_export_count: int
    activity_count: int
    has_running_sync_operation: bool
    joined_mvo_count: int = 0
    mvos_with_other_connectors_count: int = 0
    mvos_with_deletion_rule_count: int = 0
    mvos_with_grace_period_count: int = 0
    warnings: list[str] = field(default_factory=list)

    @property
    def estimated_deletion_time(self) -> timedelta:
        """In whole seconds, at least one."""
        return timedelta(seconds=max(1, -(-self.connected_system_object_count // OBJECTS_PER_SECOND)))

    @property
    def will_run_as_background_job(self) -> bool:
        return self.connected_system_object_count >= BACKGROUND_FROM or self.has_running_sync_operation


def preview_deletion(system: ConnectedSystem) -> DeletionPreview:
    preview = DeletionPreview(
        connected_system_id=system.pk,
        connected_system_name=system.name,
        connected_system_object_count=ConnectorSpaceObject.objects.filter(system=system).count(),
        sync_rule_count=system.sync_rules.count(),
        run_profile_count=system.run_profiles.count(),
        partition_count=system.partitions.count(),
        container_count=system.containers.count(),
        pending_export_count=PendingExport.objects.filter(system=system).count(),
        activity_count=Activity.objects.filter(connected_system_id=system.pk).count(),
        has_running_sync_operation=_is_in_use(system),
    )
    _count_metaverse_objects(system, preview)
    preview.warnings = _warnings(system, preview)
    return preview


def _is_in_use(system: ConnectedSystem) -> bool:
    """A run of the system is open, or any run has the metaverse: the deletion would wait for it."""
    runs = Activity.objects.filter(
        connected_system_id=system.pk, target_type=TargetType.RUN_PROFILE, status=ActivityStatus.IN_PROGRESS
    )
    leases = RunLease.objects.filter(resource__in=[system_resource(system.pk), METAVERSE])
    return runs.exists() or leases.exists()


def _count_metaverse_objects(system: ConnectedSystem, preview: DeletionPreview) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql("count_losing_mvos"), {"system": system.pk})
        for rule, has_grace, is_trigger, mvos, with_others, with_connectors in cursor.fetchall():
            preview.joined_mvo_count += mvos
            preview.mvos_with_other_connectors_count += with_others
            lost = {
                DeletionRule.WHEN_LAST_CONNECTOR_DISCONNECTED: mvos - with_connectors,
                DeletionRule.WHEN_AUTHORITATIVE_SOURCE_DISCONNECTED: mvos if is_trigger else 0,
            }.get(rule, 0)
            preview.mvos_with_deletion_rule_count += lost
            preview.mvos_with_grace_period_count += lost if has_grace else 0


def _warnings(system: ConnectedSystem, preview: DeletionPreview) -> list[str]:
    at_once = preview.mvos_with_deletion_rule_count - preview.mvos_with_grace_period_count
    rules = [rule.name for rule in system.sync_rules.all()]
    sentences = {
        f"{at_once} metaverse objects will be deleted at once.": at_once,
        f"{preview.mvos_with_grace_period_count} metaverse objects will be marked, and deleted when their grace period "
        "is over.": preview.mvos_with_grace_period_count,
        f"{preview.pending_export_count} pending exports will never be sent.": preview.pending_export_count,
        f"Synchronisation rules go with the system: {', '.join(rules)}.": rules,
        f"Runs are using {system.name} or the metaverse: the deletion waits until they have ended.": (
            preview.has_running_sync_operation
        ),
    }
    return [sentence for sentence, applies in sentences.items() if applies]
