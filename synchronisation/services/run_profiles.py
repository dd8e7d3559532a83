"""Create, change and delete run profiles. A run that is open keeps what it was started with."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from activities.models import OperationType, RunType
from activities.recorder import Initiator
from connectors.contract import Capabilities
from synchronisation.connecting import capabilities_of
from synchronisation.models import ConnectedSystem, Partition, RunProfile

from .audit import changed_fields, record_system_change
from .errors import RefusedError

CAPABILITY_OF_RUN_TYPE = {
    RunType.FULL_IMPORT: "full_import",
    RunType.DELTA_IMPORT: "delta_import",
    RunType.EXPORT: "export",
}
"""Synchronisation asks nothing of a connector."""


def supports(capabilities: Capabilities, run_type: str) -> bool:
    needed = CAPABILITY_OF_RUN_TYPE.get(RunType(run_type))
    return needed is None or getattr(capabilities, needed)


@transaction.atomic
def create_run_profile(system: ConnectedSystem, values: Mapping[str, Any], initiator: Initiator) -> RunProfile:
    """Raises: RefusedError."""
    if not supports(capabilities_of(system), values["run_type"]):
        raise RefusedError({"run_type": [f"{system.connector} cannot run {values['run_type']} with these settings."]})
    _check_partition(system, values)
    profile = RunProfile.objects.create(system=system, **values)
    record_system_change(system, OperationType.UPDATE, initiator, f"Run profile {profile.name} created.")
    return profile


@transaction.atomic
def update_run_profile(profile: RunProfile, values: Mapping[str, Any], initiator: Initiator) -> RunProfile:
    """Raises: RefusedError."""
    _check_partition(profile.system, values)
    message = f"Run profile {profile.name}. {changed_fields(profile, values)}"
    for name, value in values.items():
        setattr(profile, name, value)
    profile.save(update_fields=list(values))
    record_system_change(profile.system, OperationType.UPDATE, initiator, message)
    return profile


@transaction.atomic
def delete_run_profile(profile: RunProfile, initiator: Initiator) -> None:
    record_system_change(profile.system, OperationType.UPDATE, initiator, f"Run profile {profile.name} deleted.")
    profile.delete()


def _check_partition(system: ConnectedSystem, values: Mapping[str, Any]) -> None:
    partition_id = values.get("partition_id")
    if partition_id is not None and not Partition.objects.filter(pk=partition_id, system=system).exists():
        raise RefusedError({"partition_id": ["The connected system has no such partition."]})
