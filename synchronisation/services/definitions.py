"""Connector definitions: rows that follow the registry of this installation, written after each migration.

Always: the row of a connector and of each of its settings keeps its id, under which clients send values; the row of
a connector that is gone stays while a connected system uses it.
"""

from collections.abc import Mapping

from connectors.contract import Capabilities, Connector, ConnectorClass, Setting, SettingType
from connectors.registry import Registration
from synchronisation.models import ConnectorDefinition, ConnectorSetting

CAPABILITY_NAMES = {
    "full_import": "FullImport",
    "delta_import": "DeltaImport",
    "export": "Export",
    "hierarchy": "Hierarchy",
    "partitions": "Partitions",
    "container_creation": "ContainerCreation",
    "parallel_export": "ParallelExport",
}
"""Field of `Capabilities` -> name in the contract (ConnectorCapability)."""


def write_definitions(registrations: Mapping[str, Registration]) -> None:
    """Make the rows say what the registry says; a second call changes nothing. registrations: by key."""
    for registration in registrations.values():
        if registration.connector_class is None:
            _write_unavailable(registration)
        else:
            _write_available(registration, registration.connector_class)
    ConnectorDefinition.objects.exclude(key__in=registrations).filter(systems=None).delete()


def _write_unavailable(registration: Registration) -> None:
    """Its description says what is missing and how to install it; what else was known of it stays."""
    ConnectorDefinition.objects.update_or_create(
        key=registration.key,
        defaults={"description": registration.problem},
        create_defaults={"name": registration.key, "description": registration.problem, "capabilities": []},
    )


def _write_available(registration: Registration, connector: ConnectorClass) -> None:
    fields = {
        "name": connector.name,
        "description": connector.description or None,
        "url": connector.url,
        "built_in": registration.target.startswith("connectors."),
        "capabilities": capability_names(connector),
    }
    definition, _ = ConnectorDefinition.objects.update_or_create(key=registration.key, defaults=fields)
    _write_settings(definition, connector.settings_schema)


def capability_names(connector: ConnectorClass) -> list[str]:
    """What the connector can do at most, in the contract's words."""
    most: Capabilities = connector.capabilities({})
    names = [name for field, name in CAPABILITY_NAMES.items() if getattr(most, field)]
    confirms_itself = connector.self_confirming is not Connector.self_confirming
    return [*names, "AutoConfirmExport"] if confirms_itself else names


def _write_settings(definition: ConnectorDefinition, declared: tuple[Setting, ...]) -> None:
    for position, setting in enumerate(declared):
        ConnectorSetting.objects.update_or_create(
            definition=definition, name=setting.name, defaults=_setting_fields(setting, position)
        )
    definition.settings.exclude(name__in=[setting.name for setting in declared]).delete()


def _setting_fields(setting: Setting, position: int) -> dict[str, object]:
    is_text = setting.type in (SettingType.STRING, SettingType.DROP_DOWN)
    return {
        "description": setting.description or None,
        "category": setting.category or None,
        "type": setting.type.value,
        "required": setting.required,
        "default_string_value": setting.default if is_text else None,
        "default_int_value": setting.default if setting.type == SettingType.INTEGER else None,
        "default_checkbox_value": setting.default if setting.type == SettingType.CHECK_BOX else None,
        "drop_down_values": list(setting.choices) or None,
        "position": position,
    }
