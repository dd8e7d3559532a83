"""Configure connected systems for tests of the API.

What takes a client makes one or a few calls, asserts that they succeed, and returns what was answered.
"""

from typing import Any

from rest_framework.test import APIClient

from activities.recorder import SYSTEM
from synchronisation.models import (
    Attribute,
    ConnectedSystem,
    ConnectorDefinition,
    MetaverseAttribute,
    MetaverseObjectType,
    ObjectType,
)
from synchronisation.services.schema import import_schema
from synchronisation.services.setting_values import store_values

V1 = "/api/v1"
SYSTEMS = f"{V1}/synchronisation/connected-systems"
RULES = f"{V1}/synchronisation/sync-rules"

Json = Any


def call(client: APIClient, method: str, path: str, body: Json = None, status: int = 200) -> Json:
    response = getattr(client, method)(path, body) if body is not None else getattr(client, method)(path)
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def file_connector(client: APIClient) -> Json:
    (definition,) = [
        found
        for found in call(client, "get", f"{V1}/synchronisation/connector-definitions")
        if found["name"] == "JIM File Connector"
    ]
    return definition


def create_system(client: APIClient, name: str = "HR", **settings: str) -> Json:
    """A system on the file connector; settings by name, given as text."""
    body = {"name": name, "connectorDefinitionId": file_connector(client)["id"]}
    system = call(client, "post", SYSTEMS, body, 201)
    if not settings:
        return system
    values = {name.replace("_", " "): {"stringValue": value} for name, value in settings.items()}
    return call(client, "put", f"{SYSTEMS}/{system['id']}", {"settingValues": values})


def discovered_system(name: str = "HR", file: str = "hr.csv", mode: str = "Import Only") -> ConnectedSystem:
    """A system with the schema of its file: one object type `person`, selected with all its attributes.

    Made below the API, which many tests need and few are about.
    """
    connector = ConnectorDefinition.objects.get(key="file")
    system = ConnectedSystem.objects.create(name=name, connector=connector, setting_values_valid=True)
    values = {"File Path": file, "Mode": mode, "Object Type": "person"}
    store_values(system, {key: {"string_value": value} for key, value in values.items()})
    import_schema(system, SYSTEM)
    system.object_types.update(selected=True)
    Attribute.objects.filter(object_type__system=system).update(selected=True)
    return system


def object_type_id(system_id: int) -> int:
    """The system's only object type."""
    return ObjectType.objects.get(system=system_id).pk


def attribute_ids(system_id: int) -> dict[str, int]:
    """Attribute name -> id, of the system's only object type."""
    return dict(Attribute.objects.filter(object_type__system=system_id).values_list("name", "pk"))


def metaverse_attribute_ids() -> dict[str, int]:
    return dict(MetaverseAttribute.objects.values_list("name", "pk"))


def metaverse_type_id(name: str = "person") -> int:
    return MetaverseObjectType.objects.get(name=name).pk


def create_rule(client: APIClient, system: Json, direction: str = "Import", **fields: Json) -> Json:
    body = {
        "name": f"{system['name']} {direction}",
        "connectedSystemId": system["id"],
        "connectedSystemObjectTypeId": object_type_id(system["id"]),
        "metaverseObjectTypeId": metaverse_type_id(),
        "direction": direction,
    }
    return call(client, "post", RULES, body | fields, 201)


def create_mapping(client: APIClient, rule: Json, body: Json) -> Json:
    return call(client, "post", f"{RULES}/{rule['id']}/mappings", body, 201)


def create_profile(client: APIClient, system: Json, run_type: str = "FullImport", **fields: Json) -> Json:
    body = {"name": run_type, "runType": run_type} | fields
    return call(client, "post", f"{SYSTEMS}/{system['id']}/run-profiles", body, 201)
