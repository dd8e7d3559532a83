"""Partitions and containers of a connected system: discover them, and select what imports read.

Always: only what is named changes; a selected container stands for everything below it. What is selected anew was never
read, so the position that delta imports go on from is forgotten: the next one asks for a full import.
"""

from django.db import transaction

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, recording
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem, Container, Partition, Watermark

from .audit import changed_fields, record_system_change
from .errors import NotPossibleError
from .hierarchy_merge import HierarchyChanges, merge_hierarchy


def import_hierarchy(system: ConnectedSystem, initiator: Initiator) -> HierarchyChanges:
    """Reading the store happens outside the transaction that writes. The activity says how much changed.

    Raises: NotPossibleError when the connector knows no hierarchy, ConfigurationError when the settings do not fit, any
    other ConnectorError when the store failed.
    """
    with recording(
        TargetType.CONNECTED_SYSTEM,
        OperationType.IMPORT_HIERARCHY,
        target_name=system.name,
        initiator=initiator,
        connected_system_id=system.pk,
    ) as activity:
        with connector_for(system) as connector:
            capabilities = connector.capabilities(connector.settings)
            if not capabilities.hierarchy:
                raise NotPossibleError(
                    f"{system.connector} has neither partitions nor containers: {system.name} is read as a whole."
                )
            discovered = connector.discover_hierarchy()
        with transaction.atomic():
            changes = merge_hierarchy(system, discovered, has_partitions=capabilities.partitions)
        activity.message = changes.summary()
        activity.warning_message = " ".join(changes.warnings) or None
    return changes


@transaction.atomic
def select_partition(partition: Partition, selected: bool | None, initiator: Initiator) -> Partition:
    """selected: None leaves it."""
    _select(partition, selected, partition, initiator)
    return partition


@transaction.atomic
def select_container(container: Container, selected: bool | None, initiator: Initiator) -> Container:
    """selected: None leaves it."""
    _select(container, selected, container.partition, initiator)
    return container


def _select(item: Partition | Container, selected: bool | None, within: Partition | None, initiator: Initiator) -> None:
    values = {} if selected is None else {"selected": selected}
    message = f"{type(item).__name__} {item.name}. {changed_fields(item, values)}"
    if selected and not item.selected:
        Watermark.objects.filter(system=item.system, partition=within).delete()
    for name, value in values.items():
        setattr(item, name, value)
    item.save(update_fields=list(values))
    record_system_change(item.system, OperationType.UPDATE, initiator, message)
