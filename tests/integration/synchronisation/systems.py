"""Connected systems on files, as the API leaves them, without a file behind them."""

from activities.models import RunType
from synchronisation.models import (
    ConnectedSystem,
    ConnectorDefinition,
    Direction,
    MetaverseObjectType,
    ObjectType,
    RunProfile,
    SettingValue,
    SyncRule,
)


def file_system(name: str = "HR", mode: str = "Bidirectional") -> ConnectedSystem:
    """Its settings count as valid; one selected object type."""
    connector = ConnectorDefinition.objects.get(key="file")
    system = ConnectedSystem.objects.create(name=name, connector=connector, setting_values_valid=True)
    values = {"File Path": f"{name}.csv", "Mode": mode, "Object Type": "person"}
    for setting in connector.settings.filter(name__in=values):
        SettingValue.objects.create(system=system, setting=setting, string_value=values[setting.name])
    ObjectType.objects.create(system=system, name="person", selected=True)
    return system


def profile_of(system: ConnectedSystem, run_type: RunType = RunType.FULL_IMPORT) -> RunProfile:
    return RunProfile.objects.create(system=system, name=run_type.value, run_type=run_type)


def rule_of(system: ConnectedSystem, direction: Direction = Direction.IMPORT, **fields: object) -> SyncRule:
    return SyncRule.objects.create(
        name=f"{system.name} {direction}",
        system=system,
        object_type=system.object_types.get(),
        metaverse_object_type=MetaverseObjectType.objects.get_or_create(name="person", plural_name="people")[0],
        direction=direction,
        **fields,
    )
