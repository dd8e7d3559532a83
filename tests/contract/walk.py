"""One successful call of every served operation, in the order in which an administrator would come to them.

Every answer is held against its schema by the client (`validation.ContractClient`), which also notes what it called.
"""

import base64
from pathlib import Path
from typing import Any

from django.utils import timezone

from connectors.contract import HierarchyNode
from synchronisation.models import ObjectType
from tests.acceptance.installation import in_memory
from tests.activities import create_items, create_run
from tests.certificates import certificate, pem
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.api.configuration import (
    RULES,
    SYSTEMS,
    V1,
    attribute_ids,
    call,
    create_mapping,
    create_profile,
    create_rule,
    create_system,
    file_connector,
    metaverse_attribute_ids,
    metaverse_type_id,
    object_type_id,
)
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, join, metaverse, queue
from tests.integration.synchronisation.systems import file_system, profile_of

Json = Any


def walk(client: ContractClient, hr: Json, directory: Json, files: Path) -> None:
    """hr, directory: connected systems on files in `files`, with their schemas."""
    system(client)
    api_keys(client)
    roles(client)
    connected_systems(client)
    connected_system_schema(client, hr)
    run_profiles(client, hr)
    activities(client)
    matching_rules(client, hr)
    sync_rules(client, hr)
    connector_space(client, directory)
    metaverse_schema(client)
    metaverse_objects(client)
    expressions(client)
    hierarchy(client)
    pending_deletions(client)
    history(client, hr)
    predefined_searches(client)
    schedules(client)
    service_settings(client)
    certificates(client, files)


def system(client: ContractClient) -> None:
    for path in ("health", "health/ready", "health/live", "health/version", "auth/config", "userinfo"):
        call(client, "get", f"{V1}/{path}")
    call(client, "get", "/api/openapi/v1.json")


def api_keys(client: ContractClient) -> None:
    path = f"{V1}/apikeys"
    key = call(client, "post", path, {"name": "walk"}, 201)
    call(client, "get", path)
    call(client, "get", f"{path}/{key['id']}")
    call(client, "put", f"{path}/{key['id']}", {"name": "walked", "roleIds": [], "isEnabled": False})
    call(client, "delete", f"{path}/{key['id']}", status=204)


def roles(client: ContractClient) -> None:
    path = f"{V1}/security/roles"
    _, user = call(client, "get", path)
    call(client, "get", f"{path}/{user['id']}")
    zoe = create_mvo(display_name="Zoë").pk
    call(client, "put", f"{path}/{user['id']}/members/{zoe}", status=204)
    call(client, "get", f"{path}/{user['id']}/members")
    call(client, "get", f"{V1}/metaverse/objects/{zoe}/roles")
    call(client, "delete", f"{path}/{user['id']}/members/{zoe}", status=204)


def connected_systems(client: ContractClient) -> None:
    connector = file_connector(client)
    call(client, "get", f"{V1}/synchronisation/connector-definitions/{connector['id']}")
    feed = create_system(client, "Feed", File_Path="hr.csv", Mode="Import Only", Object_Type="person")
    call(client, "get", SYSTEMS)
    call(client, "get", f"{SYSTEMS}/{feed['id']}")
    call(client, "post", f"{SYSTEMS}/{feed['id']}/import-schema")
    call(client, "get", f"{SYSTEMS}/{feed['id']}/deletion-preview")
    call(client, "post", f"{SYSTEMS}/{feed['id']}/clear")
    call(client, "delete", f"{SYSTEMS}/{feed['id']}")


def connected_system_schema(client: ContractClient, hr: Json) -> None:
    path = f"{SYSTEMS}/{hr['id']}/object-types"
    (object_type,) = call(client, "get", path)
    path += f"/{object_type['id']}"
    attribute = attribute_ids(hr["id"])["skills"]
    call(client, "put", path, {"selected": True})
    call(client, "put", f"{path}/attributes/{attribute}", {"selected": False})
    call(client, "post", f"{path}/attributes/bulk-update", {"attributes": {str(attribute): {"selected": True}}})


def run_profiles(client: ContractClient, hr: Json) -> None:
    path = f"{SYSTEMS}/{hr['id']}/run-profiles"
    profile = create_profile(client, hr)
    call(client, "get", path)
    call(client, "put", f"{path}/{profile['id']}", {"name": "Everything"})
    call(client, "post", f"{path}/{profile['id']}/execute", status=202)
    unused = create_profile(client, hr, "FullSynchronisation")
    call(client, "delete", f"{path}/{unused['id']}", status=204)


def activities(client: ContractClient) -> None:
    run = create_run(status="CompleteWithError", progress={"counters": {"CsoAdded": 1}})
    create_items(run, {"external_id": "1"}, {"error_type": "AmbiguousMatch"})
    create_run(parent=run)
    call(client, "get", f"{V1}/activities")
    call(client, "get", f"{V1}/activities/{run.pk}")
    for part in ("stats", "items", "children"):
        assert call(client, "get", f"{V1}/activities/{run.pk}/{part}")


def matching_rules(client: ContractClient, hr: Json) -> None:
    body = {
        "connectedSystemObjectTypeId": object_type_id(hr["id"]),
        "metaverseObjectTypeId": metaverse_type_id(),
        "targetMetaverseAttributeId": metaverse_attribute_ids()["Employee ID"],
        "sources": [{"connectedSystemAttributeId": attribute_ids(hr["id"])["employeeId"]}],
    }
    path = f"{SYSTEMS}/{hr['id']}"
    rule = call(client, "post", f"{path}/matching-rules", body, 201)
    one = f"{path}/matching-rules/{rule['id']}"
    call(client, "get", one)
    call(client, "put", one, {"caseSensitive": False})
    call(client, "get", f"{path}/object-types/{object_type_id(hr['id'])}/matching-rules")
    call(client, "delete", one, status=204)
    call(client, "post", f"{path}/matching-mode", {"mode": "SyncRule"})
    advanced_matching_rules(client, create_rule(client, hr, name="Advanced"), body)
    call(client, "post", f"{path}/matching-mode", {"mode": "ConnectedSystem"})


def advanced_matching_rules(client: ContractClient, rule: Json, body: Json) -> None:
    path = f"{RULES}/{rule['id']}/matching-rules"
    own = {name: body[name] for name in ("targetMetaverseAttributeId", "sources")}
    one = f"{path}/{call(client, 'post', path, own, 201)['id']}"
    call(client, "get", path)
    call(client, "get", one)
    call(client, "put", one, {"order": 3})
    call(client, "delete", one, status=204)


def sync_rules(client: ContractClient, hr: Json) -> None:
    rule = create_rule(client, hr)
    path = f"{RULES}/{rule['id']}"
    call(client, "get", RULES)
    call(client, "get", path)
    call(client, "put", path, {"enabled": False})
    column = attribute_ids(hr["id"])["email"]
    mapping = {
        "targetMetaverseAttributeId": metaverse_attribute_ids()["Email"],
        "sources": [{"connectedSystemAttributeId": column}],
    }
    mapping = create_mapping(client, rule, mapping)
    call(client, "get", f"{path}/mappings")
    call(client, "get", f"{path}/mappings/{mapping['id']}")
    scoping_criteria(client, f"{path}/scoping-criteria", column)
    call(client, "delete", f"{path}/mappings/{mapping['id']}", status=204)
    call(client, "delete", path, status=204)


def scoping_criteria(client: ContractClient, path: str, column: int) -> None:
    group = call(client, "post", path, {"type": "All"}, 201)
    one = f"{path}/{group['id']}"
    call(client, "post", f"{one}/child-groups", {"type": "Any"}, 201)
    body = {"connectedSystemAttributeId": column, "comparisonType": "Equals", "stringValue": "a"}
    criterion = call(client, "post", f"{one}/criteria", body, 201)
    call(client, "get", path)
    call(client, "get", one)
    call(client, "put", one, {"type": "Any"})
    call(client, "delete", f"{one}/criteria/{criterion['id']}", status=204)
    call(client, "delete", one, status=204)


def connector_space(client: ContractClient, directory: Json) -> None:
    object_type = ObjectType.objects.get(system=directory["id"])
    mail = object_type.attributes.get(name="mail")
    account = create_cso(object_type, {mail: "a@x"}, external_id="zoe")
    identity = create_mvo({metaverse("Email"): "b@x"}, display_name="Zoë")
    join(account, identity)
    export = queue(account, {mail: "b@x"}, mvo_id=identity.pk)
    path = f"{SYSTEMS}/{directory['id']}"
    assert call(client, "get", f"{path}/connector-space/count") == 1
    call(client, "get", f"{path}/connector-space/unresolved-references/count")
    call(client, "get", f"{path}/connector-space/{account.pk}")
    call(client, "get", f"{path}/connector-space/{account.pk}/attributes/mail/values")
    call(client, "get", f"{path}/pending-exports")
    assert call(client, "get", f"{path}/pending-exports/count") == 1
    one = f"{V1}/synchronisation/pending-exports/{export.pk}"
    call(client, "get", one)
    call(client, "get", f"{one}/attribute-changes/mail/values")


def metaverse_schema(client: ContractClient) -> None:
    types, attributes = f"{V1}/metaverse/object-types", f"{V1}/metaverse/attributes"
    call(client, "get", types)
    call(client, "get", f"{types}/{metaverse_type_id()}")
    call(client, "put", f"{types}/{metaverse_type_id()}", {"deletionGracePeriod": "7.00:00:00"})
    body = {"name": "Badge", "type": "Text", "objectTypeIds": [metaverse_type_id()]}
    badge = call(client, "post", attributes, body, 201)
    call(client, "get", attributes)
    call(client, "get", f"{attributes}/{badge['id']}")
    call(client, "put", f"{attributes}/{badge['id']}", {"name": "Badge Number"})
    call(client, "delete", f"{attributes}/{badge['id']}", status=204)


def metaverse_objects(client: ContractClient) -> None:
    manager = create_mvo({metaverse("Email"): "m@x"}, display_name="Mo")
    report = create_mvo({metaverse("Manager"): [manager]}, display_name="Al")
    path = f"{V1}/metaverse/objects"
    call(client, "get", f"{path}?attributes=*")
    call(client, "get", f"{path}/count")
    call(client, "get", f"{path}/{report.pk}")


def expressions(client: ContractClient) -> None:
    call(client, "post", f"{V1}/synchronisation/expressions/test", {"expression": "1 + 1"})


def hierarchy(client: ContractClient) -> None:
    """On the in-memory connector, which `test_calls` has added: files have no partitions."""
    connected = in_memory("LDAP", "id", Hierarchy=True, Partitions=True)
    connected.store.hierarchy = (HierarchyNode("dc=com", "com", (HierarchyNode("ou=people", "people", ()),)),)
    path = f"{SYSTEMS}/{connected.system.pk}"
    call(client, "post", f"{path}/import-hierarchy")
    (partition,) = call(client, "get", f"{path}/partitions")
    call(client, "put", f"{path}/partitions/{partition['id']}", {"selected": True})
    (container,) = partition["containers"]
    call(client, "put", f"{path}/containers/{container['id']}", {"selected": True})


def pending_deletions(client: ContractClient) -> None:
    create_mvo(display_name="Leaver", deletion_eligible=timezone.now())
    path = f"{V1}/metaverse/pending-deletions"
    assert call(client, "get", path)["totalCount"] == 1
    assert call(client, "get", f"{path}/count") == 1
    call(client, "get", f"{path}/summary")


def history(client: ContractClient, hr: Json) -> None:
    path = f"{V1}/history"
    call(client, "get", f"{path}/deleted-objects/cso")
    call(client, "get", f"{path}/deleted-objects/mvo")
    call(client, "get", f"{path}/connected-systems/{hr['id']}/count")
    call(client, "post", f"{path}/cleanup")


def predefined_searches(client: ContractClient) -> None:
    path = f"{V1}/predefined-searches"
    people = call(client, "get", path)[0]
    call(client, "get", f"{path}/{people['id']}")
    call(client, "get", f"{path}/by-uri/{people['uri']}")
    call(client, "patch", f"{path}/{people['id']}", {"isEnabled": True}, 204)
    call(client, "get", f"{V1}/metaverse/objects/search/{people['uri']}")


def schedules(client: ContractClient) -> None:
    path, executions = f"{V1}/schedules", f"{V1}/schedule-executions"
    step = {"stepIndex": 0, "stepType": "RunProfile", "runProfileId": profile_of(file_system("Payroll")).pk}
    schedule = call(client, "post", path, {"name": "Nightly", "steps": [step]}, 201)
    one = f"{path}/{schedule['id']}"
    call(client, "get", path)
    call(client, "get", one)
    call(client, "put", one, {"description": "All systems"})
    call(client, "post", f"{one}/enable")
    call(client, "post", f"{one}/disable")
    execution = f"{executions}/{call(client, 'post', f'{one}/run', status=202)['executionId']}"
    call(client, "get", executions)
    call(client, "get", f"{executions}/active")
    call(client, "get", execution)
    call(client, "post", f"{execution}/cancel")
    unused = call(client, "post", path, {"name": "Unused"}, 201)
    call(client, "delete", f"{path}/{unused['id']}", status=204)


def service_settings(client: ContractClient) -> None:
    path = f"{V1}/service-settings"
    call(client, "get", path)
    one = f"{path}/Sync.PageSize"
    call(client, "get", one)
    call(client, "put", one, {"value": "500"})
    call(client, "delete", one)


def certificates(client: ContractClient, files: Path) -> None:
    path = f"{V1}/certificates"
    data = pem(certificate())
    (files / "ca.pem").write_bytes(pem(certificate()))
    body = {"name": "Root", "certificateDataBase64": base64.b64encode(data).decode()}
    one = f"{path}/{call(client, 'post', f'{path}/upload', body, 201)['id']}"
    call(client, "post", f"{path}/file", {"name": "File", "filePath": "ca.pem"}, 201)
    call(client, "get", path)
    call(client, "get", f"{path}/enabled")
    call(client, "get", one)
    call(client, "patch", one, {"notes": "For LDAP"}, 204)
    call(client, "get", f"{one}/validate")
    assert client.get(f"{one}/download").status_code == 200
    call(client, "delete", one, status=204)
