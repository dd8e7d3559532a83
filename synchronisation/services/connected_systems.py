"""Create and change connected systems.

Always: a change is saved first and validated afterwards, outside the transaction, since validating may wait for the
external store; what is wrong with the settings stands in the activity.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, recording
from connectors.errors import ConnectorError
from synchronisation.connecting import connector_for
from synchronisation.models import ConnectedSystem

from .audit import changed_fields, record_system_change
from .setting_values import store_values


@transaction.atomic
def create_system(values: Mapping[str, Any], initiator: Initiator) -> ConnectedSystem:
    """values: the model's fields, the connector as a definition's row."""
    system = ConnectedSystem.objects.create(**values)
    record_system_change(system, OperationType.CREATE, initiator, f"Connected system on {system.connector} created.")
    return system


def update_system(
    system: ConnectedSystem,
    values: Mapping[str, Any],
    setting_values: Mapping[str, Mapping[str, Any]],
    initiator: Initiator,
) -> ConnectedSystem:
    """Save and validate. Raises: RefusedError, SecretError."""
    message = save_system(system, values, setting_values)
    validate_system(system, message, initiator)
    return system


@transaction.atomic
def save_system(
    system: ConnectedSystem, values: Mapping[str, Any], setting_values: Mapping[str, Mapping[str, Any]]
) -> str:
    """Save what is to change, a sentence about it; `validate_system` must follow, after the transaction.

    values: the model's fields. setting_values: as `store_values` takes them. Raises: RefusedError, SecretError.
    """
    message = changed_fields(system, values)
    if setting_values:
        message += f" Settings given: {', '.join(setting_values)}."
    for name, value in values.items():
        setattr(system, name, value)
    system.last_updated = timezone.now()
    system.setting_values_valid = False
    system.save(update_fields=[*values, "last_updated", "setting_values_valid"])
    store_values(system, setting_values)
    return message


def validate_system(system: ConnectedSystem, message: str, initiator: Initiator) -> None:
    """Validate what `save_system` saved, and record the change with what is wrong with it."""
    with recording(
        TargetType.CONNECTED_SYSTEM,
        OperationType.UPDATE,
        target_name=system.name,
        initiator=initiator,
        message=message,
        connected_system_id=system.pk,
    ) as activity:
        problem = validate_settings(system)
        if problem is not None:
            activity.warning_message = f"The settings are not valid. {problem}"


def validate_settings(system: ConnectedSystem) -> str | None:
    """Ask the connector whether the settings fit, and keep the answer. What is wrong, None when nothing is."""
    problem = settings_problem(system)
    system.setting_values_valid = problem is None
    system.save(update_fields=["setting_values_valid"])
    return problem


def settings_problem(system: ConnectedSystem) -> str | None:
    """What is wrong; a store that cannot be reached leaves the question open, which counts as not valid."""
    try:
        with connector_for(system) as connector:
            connector.validate()
    except ConnectorError as error:
        return str(error)
    return None
