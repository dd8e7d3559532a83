"""Configure connected systems as a client does: through the API only.

Every function makes one or a few calls, asserts that they succeed, and returns what was answered.
"""

from typing import Any

from rest_framework.test import APIClient

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


def discovered_system(client: APIClient, name: str = "HR", file: str = "hr.csv", mode: str = "Import Only") -> Json:
    """A system with the schema of its file: one object type `person`, selected with all its attributes."""
    system = create_system(client, name, File_Path=file, Mode=mode, Object_Type="person")
    call(client, "post", f"{SYSTEMS}/{system['id']}/import-schema")
    (person,) = object_types(client, system["id"])
    path = f"{SYSTEMS}/{system['id']}/object-types/{person['id']}"
    call(client, "put", path, {"selected": True})
    selection = {str(attribute["id"]): {"selected": True} for attribute in person["attributes"]}
    call(client, "post", f"{path}/attributes/bulk-update", {"attributes": selection})
    return call(client, "get", f"{SYSTEMS}/{system['id']}")


def object_types(client: APIClient, system_id: int) -> list[Json]:
    return call(client, "get", f"{SYSTEMS}/{system_id}/object-types")


def attribute_ids(client: APIClient, system_id: int) -> dict[str, int]:
    """Attribute name -> id, of the system's only object type."""
    (object_type,) = object_types(client, system_id)
    return {attribute["name"]: attribute["id"] for attribute in object_type["attributes"]}


def metaverse_attribute_ids(client: APIClient) -> dict[str, int]:
    page = call(client, "get", f"{V1}/metaverse/attributes?pageSize=100")
    return {attribute["name"]: attribute["id"] for attribute in page["items"]}


def metaverse_type_id(client: APIClient, name: str = "person") -> int:
    page = call(client, "get", f"{V1}/metaverse/object-types")
    return next(found["id"] for found in page["items"] if found["name"] == name)


def create_rule(client: APIClient, system: Json, direction: str = "Import", **fields: Json) -> Json:
    (object_type,) = object_types(client, system["id"])
    body = {
        "name": f"{system['name']} {direction}",
        "connectedSystemId": system["id"],
        "connectedSystemObjectTypeId": object_type["id"],
        "metaverseObjectTypeId": metaverse_type_id(client),
        "direction": direction,
    }
    return call(client, "post", RULES, body | fields, 201)


def create_mapping(client: APIClient, rule: Json, body: Json) -> Json:
    return call(client, "post", f"{RULES}/{rule['id']}/mappings", body, 201)


def create_profile(client: APIClient, system: Json, run_type: str = "FullImport", **fields: Json) -> Json:
    body = {"name": run_type, "runType": run_type} | fields
    return call(client, "post", f"{SYSTEMS}/{system['id']}/run-profiles", body, 201)
