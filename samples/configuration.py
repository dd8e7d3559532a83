"""A configuration of JIM written down as data, and the function that makes it so through the REST API.

In: connected systems and synchronisation rules by name. Out: the same in a running JIM.
Always: only the API is used, so everything here can be done from any other program in the same way; names are
resolved to ids once; whatever JIM refuses stops with its own words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jim.client import Client, ClientError, JsonObject

SYSTEMS = "/synchronisation/connected-systems"
SYNC_RULES = "/synchronisation/sync-rules"
# Objects that a connector is asked for at a time: few requests, and still little memory.
PAGE_SIZE = 5000
RUN_TYPE_BY_PROFILE = {
    "Full Import": "FullImport",
    "Full Synchronisation": "FullSynchronisation",
    "Delta Synchronisation": "DeltaSynchronisation",
    "Export": "Export",
}


class ConfigurationError(ClientError):
    """The configuration names something that JIM does not know."""


class Expression(str):
    """A mapping's source that is computed; a plain str is the name of an attribute."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A connected system on a CSV file.

    file_path: below JIM_CONNECTOR_FILES. mode: Import Only, Export Only or Bidirectional. external_id: the column that
    identifies an object for life. matching: the column and the metaverse attribute that must be equal for a join.
    run_profiles: names, see RUN_TYPE_BY_PROFILE. types: of columns that are not what discovery takes them for.
    """

    name: str
    file_path: str
    mode: str
    object_type: str
    external_id: str
    matching: tuple[str, str]
    run_profiles: tuple[str, ...]
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportRule:
    """Objects of a system become people in the metaverse. mappings: source by metaverse attribute."""

    name: str
    system: str
    mappings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ExportRule:
    """People of the metaverse get an account in a system, and lose it again. mappings: source by column."""

    name: str
    system: str
    mappings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Configuration:
    """authority: the system whose word it is that somebody is gone: then the person is deleted, accounts too."""

    systems: tuple[FileSystem, ...]
    import_rules: tuple[ImportRule, ...]
    export_rules: tuple[ExportRule, ...]
    authority: str
    metaverse_object_type: str = "person"


def apply(configuration: Configuration, client: Client) -> None:
    """Create everything in a JIM that has nothing of these names yet. Raises: ClientError."""
    metaverse = _Metaverse(client, configuration.metaverse_object_type)
    schema_by_system = {system.name: _create_system(client, system, metaverse) for system in configuration.systems}
    for inbound in configuration.import_rules:
        _create_import_rule(client, inbound, schema_by_system[inbound.system], metaverse)
    for outbound in configuration.export_rules:
        _create_export_rule(client, outbound, schema_by_system[outbound.system], metaverse)
    _delete_people_with(client, schema_by_system[configuration.authority], metaverse)


class _Ids:
    """Ids by name, in any case; an unknown name is an error that says which there are."""

    def __init__(self, kind: str, rows: list[JsonObject]) -> None:
        self._kind = kind
        self._id_by_name: dict[str, int] = {row["name"].casefold(): row["id"] for row in rows}
        self._names = [row["name"] for row in rows]

    def __getitem__(self, name: str) -> int:
        try:
            return self._id_by_name[name.casefold()]
        except KeyError:
            raise ConfigurationError(f"no {self._kind} {name!r}; there are: {', '.join(self._names)}") from None


class _Metaverse:
    def __init__(self, client: Client, object_type: str) -> None:
        self.object_type_id = _Ids("metaverse object type", [*client.every("/metaverse/object-types")])[object_type]
        self.attribute_ids = _Ids("metaverse attribute", [*client.every("/metaverse/attributes")])


@dataclass(frozen=True, slots=True)
class _SystemSchema:
    """A created system: its id, and those of its object type and that type's attributes."""

    system_id: int
    object_type_id: int
    attribute_ids: _Ids


def _create_system(client: Client, system: FileSystem, metaverse: _Metaverse) -> _SystemSchema:
    """The system with its settings, schema, matching rule and run profiles."""
    definitions = _Ids("connector", client.get("/synchronisation/connector-definitions"))
    created = client.post(SYSTEMS, {"name": system.name, "connectorDefinitionId": definitions["JIM File Connector"]})
    path = f"{SYSTEMS}/{created['id']}"
    settings = {"File Path": system.file_path, "Mode": system.mode, "Object Type": system.object_type}
    client.put(path, {"settingValues": {name: {"stringValue": value} for name, value in settings.items()}})
    client.post(f"{path}/import-schema")
    schema = _select_schema(client, system, created["id"])
    _create_matching_rule(client, system, schema, metaverse)
    for name in system.run_profiles:
        profile = {"name": name, "runType": RUN_TYPE_BY_PROFILE[name], "pageSize": PAGE_SIZE}
        client.post(f"{path}/run-profiles", profile)
    return schema


def _select_schema(client: Client, system: FileSystem, system_id: int) -> _SystemSchema:
    """Select the object type with all its attributes; say which one identifies an object."""
    path = f"{SYSTEMS}/{system_id}/object-types"
    object_types = client.get(path)
    object_type_id = _Ids("object type", object_types)[system.object_type]
    attributes = next(row["attributes"] for row in object_types if row["id"] == object_type_id)
    client.put(f"{path}/{object_type_id}", {"selected": True})
    updates = {str(row["id"]): _attribute_update(system, row["name"]) for row in attributes}
    result = client.post(f"{path}/{object_type_id}/attributes/bulk-update", {"attributes": updates})
    for error in result["errors"] or ():
        raise ConfigurationError(f"attribute {error['attributeId']} of {system.name}: {error['errorMessage']}")
    return _SystemSchema(system_id, object_type_id, _Ids(f"attribute of {system.name}", attributes))


def _attribute_update(system: FileSystem, name: str) -> JsonObject:
    update: JsonObject = {"selected": True}
    if name == system.external_id:
        update["isExternalId"] = True
    if name in system.types:
        update["type"] = system.types[name]
    return update


def _create_matching_rule(client: Client, system: FileSystem, schema: _SystemSchema, metaverse: _Metaverse) -> None:
    column, metaverse_attribute = system.matching
    rule = {
        "connectedSystemObjectTypeId": schema.object_type_id,
        "metaverseObjectTypeId": metaverse.object_type_id,
        "targetMetaverseAttributeId": metaverse.attribute_ids[metaverse_attribute],
        "sources": [{"connectedSystemAttributeId": schema.attribute_ids[column]}],
    }
    client.post(f"{SYSTEMS}/{schema.system_id}/matching-rules", rule)


def _create_import_rule(client: Client, rule: ImportRule, schema: _SystemSchema, metaverse: _Metaverse) -> None:
    """Projects: whoever matches nobody becomes a new person."""
    options = {"direction": "Import", "projectToMetaverse": True}
    path = _create_rule(client, rule.name, schema, metaverse, options)
    for target, source in rule.mappings.items():
        mapping = {"targetMetaverseAttributeId": metaverse.attribute_ids[target]}
        client.post(path, mapping | _source(source, "connectedSystemAttributeId", schema.attribute_ids))


def _create_export_rule(client: Client, rule: ExportRule, schema: _SystemSchema, metaverse: _Metaverse) -> None:
    """Provisions an account for everybody, and deletes it when the person goes."""
    options = {
        "direction": "Export",
        "provisionToConnectedSystem": True,
        "outboundDeprovisionAction": "Delete",
    }
    path = _create_rule(client, rule.name, schema, metaverse, options)
    for target, source in rule.mappings.items():
        mapping = {"targetConnectedSystemAttributeId": schema.attribute_ids[target]}
        client.post(path, mapping | _source(source, "metaverseAttributeId", metaverse.attribute_ids))


def _create_rule(client: Client, name: str, schema: _SystemSchema, metaverse: _Metaverse, options: JsonObject) -> str:
    """The path below which the new rule's mappings are made."""
    ends = {
        "connectedSystemId": schema.system_id,
        "connectedSystemObjectTypeId": schema.object_type_id,
        "metaverseObjectTypeId": metaverse.object_type_id,
    }
    rule = client.post(SYNC_RULES, {"name": name, **ends, **options})
    return f"{SYNC_RULES}/{rule['id']}/mappings"


def _source(source: str, attribute_key: str, attribute_ids: _Ids) -> JsonObject:
    if isinstance(source, Expression):
        return {"sources": [{"expression": str(source)}]}
    return {"sources": [{attribute_key: attribute_ids[source]}]}


def _delete_people_with(client: Client, schema: _SystemSchema, metaverse: _Metaverse) -> None:
    """Somebody whose record left this system is deleted at once, whatever accounts there still are."""
    rule = {
        "deletionRule": "WhenAuthoritativeSourceDisconnected",
        "deletionTriggerConnectedSystemIds": [schema.system_id],
    }
    client.put(f"/metaverse/object-types/{metaverse.object_type_id}", rule)
