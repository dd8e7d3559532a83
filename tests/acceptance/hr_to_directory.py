"""A small installation, made without the API: people of an HR file get accounts in a directory file.

In: a folder and a number of people. Out: two connected systems with rules and run profiles, and what the runs
made of them as plain values, free of ids and times, so that two runs can be compared.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.models import Activity, ActivityProgress, ExecutionItem, RunType
from samples import people
from synchronisation.models import (
    Attribute,
    ConnectedSystem,
    ConnectorDefinition,
    ConnectorSpaceObject,
    Direction,
    Join,
    MatchingRule,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseObjectType,
    ObjectType,
    PendingExport,
    RunProfile,
    SettingValue,
    SyncRule,
)

INBOUND = {"Employee ID": "employeeId", "First Name": "firstName", "Last Name": "lastName", "Email": "email"}
"""Metaverse attribute by column of the HR file."""
OUTBOUND = {"uid": "Employee ID", "givenName": "First Name", "sn": "Last Name", "mail": "Email"}
"""Metaverse attribute by column of the directory file."""


@dataclass(frozen=True, slots=True)
class Installation:
    """profiles: by run type; the export is the directory's, the others are HR's."""

    folder: Path
    profiles: dict[RunType, RunProfile]


def install(folder: Path, count: int) -> Installation:
    """An HR file of `count` people in `folder`, and everything to bring them into an empty directory file."""
    people.write(folder / "hr.csv", count)
    (folder / "directory.csv").unlink(missing_ok=True)
    person = _metaverse()
    hr = _system("HR", "hr.csv", "Import Only", people.COLUMNS, "employeeId")
    directory = _system("Directory", "directory.csv", "Bidirectional", tuple(OUTBOUND), "uid")
    _matching_rule(hr, "employeeId", person)
    _import_rule(hr, person)
    _export_rule(directory, person)
    systems = {RunType.FULL_IMPORT: hr, RunType.FULL_SYNCHRONISATION: hr, RunType.EXPORT: directory}
    profiles = {
        kind: RunProfile.objects.create(system=system, name=kind.value, run_type=kind, page_size=500)
        for kind, system in systems.items()
    }
    return Installation(folder, profiles)


def _metaverse() -> MetaverseObjectType:
    person, _ = MetaverseObjectType.objects.get_or_create(name="person", defaults={"plural_name": "people"})
    for name in INBOUND:
        attribute, _ = MetaverseAttribute.objects.get_or_create(name=name, defaults={"type": "Text"})
        attribute.object_types.add(person)
    return person


def _system(name: str, file: str, mode: str, columns: tuple[str, ...], external_id: str) -> ConnectedSystem:
    connector = ConnectorDefinition.objects.get(key="file")
    system = ConnectedSystem.objects.create(name=name, connector=connector, setting_values_valid=True)
    values = {"File Path": file, "Mode": mode, "Object Type": "person"}
    for setting in connector.settings.filter(name__in=values):
        SettingValue.objects.create(system=system, setting=setting, string_value=values[setting.name])
    object_type = ObjectType.objects.create(system=system, name="person", selected=True)
    Attribute.objects.bulk_create(
        Attribute(
            object_type=object_type, name=column, type="Text", selected=True, is_external_id=column == external_id
        )
        for column in columns
    )
    return system


def _matching_rule(system: ConnectedSystem, column: str, person: MetaverseObjectType) -> None:
    object_type = system.object_types.get()
    rule = MatchingRule.objects.create(
        object_type=object_type,
        metaverse_object_type=person,
        target_metaverse_attribute=MetaverseAttribute.objects.get(name="Employee ID"),
    )
    rule.sources.create(attribute=object_type.attributes.get(name=column))


def _rule(system: ConnectedSystem, person: MetaverseObjectType, direction: Direction, **fields: bool) -> SyncRule:
    return SyncRule.objects.create(
        name=f"{system.name} {direction}",
        system=system,
        object_type=system.object_types.get(),
        metaverse_object_type=person,
        direction=direction,
        **fields,
    )


def _import_rule(system: ConnectedSystem, person: MetaverseObjectType) -> None:
    rule = _rule(system, person, Direction.IMPORT, project_to_metaverse=True)
    for target, column in INBOUND.items():
        attribute = MetaverseAttribute.objects.get(name=target)
        mapping = rule.mappings.create(target_metaverse_attribute=attribute, priority=1)
        mapping.sources.create(attribute=rule.object_type.attributes.get(name=column))


def _export_rule(system: ConnectedSystem, person: MetaverseObjectType) -> None:
    rule = _rule(system, person, Direction.EXPORT, provision_to_connected_system=True)
    for column, source in OUTBOUND.items():
        mapping = rule.mappings.create(target_attribute=rule.object_type.attributes.get(name=column))
        mapping.sources.create(metaverse_attribute=MetaverseAttribute.objects.get(name=source))


def state_of(installation: Installation) -> dict[str, Any]:
    """Objects, joins, pending exports and the directory file, by external ID instead of id."""
    names = dict(Attribute.objects.values_list("id", "name"))
    metaverse_names = dict(MetaverseAttribute.objects.values_list("id", "name"))
    external_ids = dict(ConnectorSpaceObject.objects.values_list("id", "external_id"))
    return {
        "objects": sorted(
            (system, external_id or "", status, str(_named(document, names)))
            for system, external_id, status, document in ConnectorSpaceObject.objects.values_list(
                "system__name", "external_id", "status", "document"
            )
        ),
        "identities": sorted(
            (name or "", status, str(_named(document, metaverse_names)))
            for name, status, document in MetaverseObject.objects.values_list("display_name", "status", "document")
        ),
        "joins": sorted(
            (external_ids[cso] or "", kind, str(_named(document, metaverse_names)))
            for cso, kind, document in Join.objects.values_list("cso_id", "type", "mvo__document")
        ),
        "pending exports": sorted(
            (change, status, attempts, str(_named(pending, names)), str(_named(sent or {}, names)))
            for change, status, attempts, pending, sent in PendingExport.objects.values_list(
                "change_type", "status", "error_count", "pending", "sent"
            )
        ),
        "directory": sorted(_lines(installation.folder / "directory.csv")),
    }


def record_of(activity: Activity) -> dict[str, Any]:
    """The activity as it ended: status, counters, and what its items say, with their ordinals without a gap."""
    activity.refresh_from_db()
    progress = ActivityProgress.objects.get(activity=activity)
    items = ExecutionItem.objects.filter(activity=activity)
    return {
        "status": activity.status,
        "messages": (activity.error_message, activity.warning_message),
        "counters": dict(sorted(progress.counters.items())),
        "ordinals": sorted(items.values_list("ordinal", flat=True)) == list(range(progress.item_count)),
        "items": sorted(
            map(str, items.values_list("external_id", "display_name", "change_type", "error_type", "outcome_summary"))
        ),
    }


def _named(document: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    return dict(sorted((names[int(key)], value) for key, value in document.items()))


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []
