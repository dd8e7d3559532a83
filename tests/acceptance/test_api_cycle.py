"""A whole cycle, configured and read back through the API alone: HR file -> metaverse -> directory file.

Every answer is held against the contract on the way; the runs are carried out in this process.
"""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from jim.accounts.models import Role
from synchronisation.models import MetaverseObjectType
from synchronisation.tasks import run
from tests.api import create_key
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
    metaverse_attribute_ids,
    metaverse_type_id,
    object_type_id,
)
from tests.integration.synchronisation.broker import empty_queue

pytestmark = pytest.mark.django_db(transaction=True)

HR = """\
employeeId,firstName,lastName,email,manager,skills
00123,Zoë,O'Brien,ZOE@example.com,,piano|chess
00124,"Li, Wei",Å,li@example.com,00123,go
"""


@pytest.fixture
def built_in(transactional_db: None) -> None:
    """What migrations made and an earlier test on a real transaction has emptied."""
    Role.objects.get_or_create(name="Administrator")
    if not MetaverseObjectType.objects.exists():
        import_module("synchronisation.migrations.0003_built_in").create(apps, None)


@pytest.fixture
def client(built_in: None, tmp_path: Path, settings: Any) -> Iterator[ContractClient]:
    settings.JIM_CONNECTOR_FILES = tmp_path
    (tmp_path / "hr.csv").write_text(HR, encoding="utf-8")
    (tmp_path / "directory.csv").write_text("uid,givenName,cn,mail\n", encoding="utf-8")
    client = ContractClient()
    client.credentials(HTTP_X_API_KEY=create_key("Administrator"))
    yield client
    empty_queue()


def configure(client: ContractClient, name: str, file: str, mode: str) -> Any:
    """A system whose only object type is selected with all its attributes."""
    system = create_system(client, name, File_Path=file, Mode=mode, Object_Type="person")
    path = f"{SYSTEMS}/{system['id']}"
    call(client, "post", f"{path}/import-schema")
    type_path = f"{path}/object-types/{object_type_id(system['id'])}"
    call(client, "put", type_path, {"selected": True})
    selected = {str(attribute_id): {"selected": True} for attribute_id in attribute_ids(system["id"]).values()}
    call(client, "post", f"{type_path}/attributes/bulk-update", {"attributes": selected})
    return system


def add_inbound_rule(client: ContractClient, hr: Any) -> None:
    rule = create_rule(client, hr, projectToMetaverse=True)
    columns, targets = attribute_ids(hr["id"]), metaverse_attribute_ids()
    sources = {
        "Employee ID": {"connectedSystemAttributeId": columns["employeeId"]},
        "First Name": {"connectedSystemAttributeId": columns["firstName"]},
        "Email": {"expression": 'Lower(cs["email"])'},
        "Display Name": {"expression": 'cs["firstName"] + " " + cs["lastName"]'},
    }
    for target, source in sources.items():
        create_mapping(client, rule, {"targetMetaverseAttributeId": targets[target], "sources": [source]})
    matching = {
        "connectedSystemObjectTypeId": object_type_id(hr["id"]),
        "metaverseObjectTypeId": metaverse_type_id(),
        "targetMetaverseAttributeId": targets["Employee ID"],
        "sources": [sources["Employee ID"]],
    }
    call(client, "post", f"{SYSTEMS}/{hr['id']}/matching-rules", matching, 201)


def add_outbound_rule(client: ContractClient, directory: Any) -> None:
    rule = create_rule(client, directory, "Export", provisionToConnectedSystem=True)
    columns, sources = attribute_ids(directory["id"]), metaverse_attribute_ids()
    wanted = {"uid": "Employee ID", "givenName": "First Name", "cn": "Display Name", "mail": "Email"}
    for target, source in wanted.items():
        body = {"sources": [{"metaverseAttributeId": sources[source]}]}
        create_mapping(client, rule, body | {"targetConnectedSystemAttributeId": columns[target]})


def execute(client: ContractClient, system: Any, run_type: str) -> Any:
    """The activity of a run that has ended."""
    profile = create_profile(client, system, run_type)
    path = f"{SYSTEMS}/{system['id']}/run-profiles/{profile['id']}"
    started = call(client, "post", f"{path}/execute", status=202)
    run(started["activityId"])
    activity = call(client, "get", f"{V1}/activities/{started['activityId']}")
    call(client, "get", f"{V1}/activities/{started['activityId']}/items")
    call(client, "delete", path, status=204)
    assert activity["status"] == "Complete", activity
    return activity


def test_people_of_the_hr_file_arrive_in_the_directory(client: ContractClient, tmp_path: Path) -> None:
    hr = configure(client, "HR", "hr.csv", "Import Only")
    directory = configure(client, "Directory", "directory.csv", "Bidirectional")
    add_inbound_rule(client, hr)
    add_outbound_rule(client, directory)

    assert execute(client, hr, "FullImport")["totalAdded"] == 2
    (first,) = call(client, "get", f"{SYSTEMS}/{hr['id']}/connector-space?search=00123")["items"]
    values = call(client, "get", f"{SYSTEMS}/{hr['id']}/connector-space/{first['id']}")["attributeValues"]
    assert {(v["attributeName"], v["stringValue"]) for v in values} >= {("skills", "chess"), ("skills", "piano")}

    assert execute(client, hr, "FullSynchronisation")["totalProjected"] == 2
    people = call(client, "get", f"{V1}/metaverse/objects?attributes=Email")["items"]
    assert [(p["displayName"], p["attributes"]["Email"]) for p in people] == [
        ("Li, Wei Å", "li@example.com"),
        ("Zoë O'Brien", "zoe@example.com"),
    ]
    person = call(client, "get", f"{V1}/metaverse/objects/{people[0]['id']}")
    assert {c["connectedSystemName"] for c in person["connectedSystemObjects"]} == {"HR", "Directory"}
    assert {v["contributedBySystemName"] for v in person["attributeValues"]} == {"HR"}

    pending = call(client, "get", f"{SYSTEMS}/{directory['id']}/pending-exports")["items"]
    assert [(p["changeType"], p["attributeChangeCount"]) for p in pending] == [("Create", 4), ("Create", 4)]
    changes = call(client, "get", f"{V1}/synchronisation/pending-exports/{pending[0]['id']}")["attributeChanges"]
    assert {(c["changeType"], c["status"]) for c in changes} == {("Replace", "Pending")}

    assert execute(client, directory, "Export")["totalExported"] == 2
    sent = call(client, "get", f"{V1}/synchronisation/pending-exports/{pending[0]['id']}")
    assert {c["status"] for c in sent["attributeChanges"]} == {"ExportedPendingConfirmation"}
    assert "zoe@example.com" in (tmp_path / "directory.csv").read_text(encoding="utf-8")

    execute(client, directory, "FullImport")
    assert call(client, "get", f"{SYSTEMS}/{directory['id']}/pending-exports/count") == 0
    listed = {s["name"]: s["objectCount"] for s in call(client, "get", SYSTEMS)["items"]}
    assert listed == {"HR": 2, "Directory": 2}
    assert call(client, "get", RULES)["totalCount"] == 2
