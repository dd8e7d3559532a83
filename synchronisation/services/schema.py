"""Discover the schema of a connected system's store and merge it into ours."""

from django.db import transaction

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, recording
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem

from .rule_review import broken_parts
from .schema_merge import merge_schema


def import_schema(system: ConnectedSystem, initiator: Initiator) -> None:
    """Reading the store happens outside the transaction that writes. The activity names what changed.

    Raises: ConfigurationError when the settings do not fit, any other ConnectorError when the store failed.
    """
    with recording(
        TargetType.CONNECTED_SYSTEM,
        OperationType.IMPORT_SCHEMA,
        target_name=system.name,
        initiator=initiator,
        connected_system_id=system.pk,
    ) as activity:
        with connector_for(system) as connector:
            discovered = connector.discover_schema()
        with transaction.atomic():
            changes = merge_schema(system, discovered)
            changes.warnings += broken_parts(system)
        activity.message = changes.summary()
        activity.warning_message = " ".join(changes.warnings) or None
