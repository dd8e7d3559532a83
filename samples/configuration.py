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
FILE_CONNECTOR = "JIM File Connector"
# Objects that a connector is asked for at a time: few requests, and still little memory.
PAGE_SIZE = 5000
RUN_TYPE_BY_PROFILE = {
    "Full Import": "FullImport",
    "Delta Import": "DeltaImport",
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
class ObjectType:
    """One kind of object of a system, and the metaverse object type that it stands for.

    external_id: the column that identifies an object for life. matching: the column and the metaverse attribute that
    must be equal for a join. types: of columns that are not what discovery takes them for. several: columns that hold
    several values.
    """

    name: str
    external_id: str
    matching: tuple[str, str]
    types: Mapping[str, str] = field(default_factory=dict)
    several: tuple[str, ...] = ()
    metaverse_type: str = "person"


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A connected system on a CSV file.

    file_path: below JIM_CONNECTOR_FILES. mode: Import Only, Export Only or Bidirectional. run_profiles: names, see
    RUN_TYPE_BY_PROFILE. type_column: names each row's object type where there are several; the file then has a row of
    each. connector: one that has the settings of the file connector.
    """

    name: str
    file_path: str
    mode: str
    object_types: tuple[ObjectType, ...]
    run_profiles: tuple[str, ...]
    type_column: str | None = None
    connector: str = FILE_CONNECTOR


@dataclass(frozen=True, slots=True)
class ImportRule:
    """Objects of a system become identities in the metaverse. mappings: source by metaverse attribute.

    object_type: of the system; None: its only one. projects: whoever matches nobody becomes a new identity. scope: the
    columns, and the text of each, of the objects that the rule takes. priorities: by metaverse attribute, where the
    mapping is not to come last.
    """

    name: str
    system: str
    mappings: Mapping[str, str]
    object_type: str | None = None
    projects: bool = True
    scope: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExportRule:
    """Identities of the metaverse get an account in a system, and lose it again. mappings: source by column.

    object_type: of the system; None: its only one.
    """

    name: str
    system: str
    mappings: Mapping[str, str]
    object_type: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """authorities: metaverse object type -> the system whose word it is that an object of it is gone.

    Then the identity is deleted, accounts too.
    """

    systems: tuple[FileSystem, ...]
    import_rules: tuple[ImportRule, ...]
    export_rules: tuple[ExportRule, ...]
    authorities: Mapping[str, str]


def apply(configuration: Configuration, client: Client) -> None:
    """Create everything in a JIM that has nothing of these names yet. Raises: ClientError."""
    metaverse = _Metaverse(client)
    schema_by_system = {system.name: _create_system(client, system, metaverse) for system in configuration.systems}
    for inbound in configuration.import_rules:
        _create_import_rule(client, inbound, schema_by_system[inbound.system], metaverse)
    for outbound in configuration.export_rules:
        _create_export_rule(client, outbound, schema_by_system[outbound.system], metaverse)
    for object_type, system in configuration.authorities.items():
        _delete_with(client, metaverse.object_type_ids[object_type], schema_by_system[system])


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
    def __init__(self, client: Client) -> None:
        self.object_type_ids = _Ids("metaverse object type", [*client.every("/metaverse/object-types")])
        self.attribute_ids = _Ids("metaverse attribute", [*client.every("/metaverse/attributes")])


@dataclass(frozen=True, slots=True)
class _TypeSchema:
    """An object type of a created system: its id, its attributes', and the metaverse object type that it stands for."""

    object_type_id: int
    attribute_ids: _Ids
    metaverse_type_id: int


@dataclass(frozen=True, slots=True)
class _SystemSchema:
    """A created system, with its object types by name."""

    system_id: int
    types: Mapping[str, _TypeSchema]

    def of_type(self, name: str | None) -> _TypeSchema:
        return self.types[name] if name is not None else next(iter(self.types.values()))


def _create_system(client: Client, system: FileSystem, metaverse: _Metaverse) -> _SystemSchema:
    """The system with its settings, schema, matching rules and run profiles."""
    definitions = _Ids("connector", client.get("/synchronisation/connector-definitions"))
    created = client.post(SYSTEMS, {"name": system.name, "connectorDefinitionId": definitions[system.connector]})
    path = f"{SYSTEMS}/{created['id']}"
    settings = {"File Path": system.file_path, "Mode": system.mode, **_type_setting(system)}
    client.put(path, {"settingValues": {name: {"stringValue": value} for name, value in settings.items()}})
    client.post(f"{path}/import-schema")
    found = client.get(f"{path}/object-types")
    types = {kind.name: _select_type(client, system, kind, found, path, metaverse) for kind in system.object_types}
    for kind in system.object_types:
        _create_matching_rule(client, kind, types[kind.name], path, metaverse)
    for name in system.run_profiles:
        profile = {"name": name, "runType": RUN_TYPE_BY_PROFILE[name], "pageSize": PAGE_SIZE}
        client.post(f"{path}/run-profiles", profile)
    return _SystemSchema(created["id"], types)


def _type_setting(system: FileSystem) -> dict[str, str]:
    if system.type_column is not None:
        return {"Object Type Column": system.type_column}
    (only,) = system.object_types
    return {"Object Type": only.name}


def _select_type(
    client: Client, system: FileSystem, kind: ObjectType, found: list[JsonObject], path: str, metaverse: _Metaverse
) -> _TypeSchema:
    """Select an object type with all its attributes; say which one identifies an object."""
    object_type_id = _Ids("object type", found)[kind.name]
    attributes = next(row["attributes"] for row in found if row["id"] == object_type_id)
    client.put(f"{path}/object-types/{object_type_id}", {"selected": True})
    updates = {str(row["id"]): _attribute_update(kind, row["name"]) for row in attributes}
    result = client.post(f"{path}/object-types/{object_type_id}/attributes/bulk-update", {"attributes": updates})
    for error in result["errors"] or ():
        raise ConfigurationError(f"attribute {error['attributeId']} of {system.name}: {error['errorMessage']}")
    attribute_ids = _Ids(f"attribute of {system.name}", attributes)
    return _TypeSchema(object_type_id, attribute_ids, metaverse.object_type_ids[kind.metaverse_type])


def _attribute_update(kind: ObjectType, name: str) -> JsonObject:
    update: JsonObject = {"selected": True}
    if name == kind.external_id:
        update["isExternalId"] = True
    if name in kind.types:
        update["type"] = kind.types[name]
    if name in kind.several:
        update["attributePlurality"] = "MultiValued"
    return update


def _create_matching_rule(
    client: Client, kind: ObjectType, schema: _TypeSchema, path: str, metaverse: _Metaverse
) -> None:
    column, metaverse_attribute = kind.matching
    rule = {
        "connectedSystemObjectTypeId": schema.object_type_id,
        "metaverseObjectTypeId": schema.metaverse_type_id,
        "targetMetaverseAttributeId": metaverse.attribute_ids[metaverse_attribute],
        "sources": [{"connectedSystemAttributeId": schema.attribute_ids[column]}],
    }
    client.post(f"{path}/matching-rules", rule)


def _create_import_rule(client: Client, rule: ImportRule, system: _SystemSchema, metaverse: _Metaverse) -> None:
    schema = system.of_type(rule.object_type)
    path = _create_rule(client, rule, system, {"direction": "Import", "projectToMetaverse": rule.projects})
    if rule.scope:
        _limit_rule(client, path, rule.scope, schema)
    for target, source in rule.mappings.items():
        mapping = {"targetMetaverseAttributeId": metaverse.attribute_ids[target]}
        if target in rule.priorities:
            mapping["priority"] = rule.priorities[target]
        client.post(f"{path}/mappings", mapping | _source(source, "connectedSystemAttributeId", schema.attribute_ids))


def _limit_rule(client: Client, path: str, scope: Mapping[str, str], schema: _TypeSchema) -> None:
    """The rule takes objects that have all these texts."""
    group = client.post(f"{path}/scoping-criteria", {"type": "All"})
    for column, text in scope.items():
        criterion = {
            "connectedSystemAttributeId": schema.attribute_ids[column],
            "comparisonType": "Equals",
            "stringValue": text,
        }
        client.post(f"{path}/scoping-criteria/{group['id']}/criteria", criterion)


def _create_export_rule(client: Client, rule: ExportRule, system: _SystemSchema, metaverse: _Metaverse) -> None:
    """Provisions an account for everybody, and deletes it when the identity goes."""
    options = {
        "direction": "Export",
        "provisionToConnectedSystem": True,
        "outboundDeprovisionAction": "Delete",
    }
    path = _create_rule(client, rule, system, options)
    for target, source in rule.mappings.items():
        mapping = {"targetConnectedSystemAttributeId": system.of_type(rule.object_type).attribute_ids[target]}
        client.post(f"{path}/mappings", mapping | _source(source, "metaverseAttributeId", metaverse.attribute_ids))


def _create_rule(client: Client, rule: ImportRule | ExportRule, system: _SystemSchema, options: JsonObject) -> str:
    """The path of the new rule."""
    schema = system.of_type(rule.object_type)
    ends = {
        "connectedSystemId": system.system_id,
        "connectedSystemObjectTypeId": schema.object_type_id,
        "metaverseObjectTypeId": schema.metaverse_type_id,
    }
    created = client.post(SYNC_RULES, {"name": rule.name, **ends, **options})
    return f"{SYNC_RULES}/{created['id']}"


def _source(source: str, attribute_key: str, attribute_ids: _Ids) -> JsonObject:
    if isinstance(source, Expression):
        return {"sources": [{"expression": str(source)}]}
    return {"sources": [{attribute_key: attribute_ids[source]}]}


def _delete_with(client: Client, metaverse_type_id: int, schema: _SystemSchema) -> None:
    """An identity whose object left this system is deleted at once, whatever accounts there still are."""
    rule = {
        "deletionRule": "WhenAuthoritativeSourceDisconnected",
        "deletionTriggerConnectedSystemIds": [schema.system_id],
    }
    client.put(f"/metaverse/object-types/{metaverse_type_id}", rule)
