"""A connected system is cleared, or deleted: what that means for identities, their values and their other accounts."""

from collections.abc import Iterator
from typing import Any

import pytest

from activities.models import Activity, RunType
from jim.accounts.models import Role
from synchronisation.models import (
    ConnectedSystem,
    ConnectorSpaceObject,
    Join,
    MatchingRule,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseObjectType,
    MetaverseReference,
    PendingExport,
    RunLease,
    SyncRuleMapping,
)
from synchronisation.services import removals
from tests.acceptance.installation import (
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
    memory_connector,
)
from tests.acceptance.references import REFERENCE, holders, metaverse
from tests.api import assert_error, client_of, create_key
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.broker import empty_queue
from tests.integration.synchronisation.runs import taken_run

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

V1 = "/api/v1"
HISTORY = f"{V1}/history/deleted-objects"
IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT


@pytest.fixture(autouse=True)
def own_queue(memory_connector: None) -> Iterator[None]:
    yield
    empty_queue()


@pytest.fixture
def client(transactional_db: None) -> ContractClient:
    Role.objects.get_or_create(name="Administrator", defaults={"built_in": True})
    client = ContractClient()
    client.credentials(HTTP_X_API_KEY=create_key("Administrator", name="Zoë's key"))
    return client


def path_of(connected: InMemory, action: str = "") -> str:
    return f"{V1}/synchronisation/connected-systems/{connected.system.pk}{action}"


def source(name: str, *attributes: str, priority: int, **flows: str) -> InMemory:
    connected = in_memory(name, "id", *attributes, types={"manager": REFERENCE})
    import_rule(connected, {"Badge": "id"} | {a.replace("_", " "): s for a, s in flows.items()}, priority=priority)
    matching_rule(connected, "id", "Badge")
    return connected


def flow(*systems: InMemory) -> None:
    for connected in systems:
        connected.run(IMPORT)
        connected.run(SYNC)


def values() -> dict[str, dict[str, Any]]:
    """Badge -> attribute -> value, of every identity that is not obsolete."""
    names = {str(pk): name for pk, name in MetaverseAttribute.objects.values_list("pk", "name")}
    documents = [
        {names[key]: value for key, value in mvo.document.items()}
        for mvo in MetaverseObject.objects.filter(status="Normal")
    ]
    return {document.pop("Badge", "?"): document for document in documents}


def company(**fields: Any) -> tuple[InMemory, InMemory, InMemory]:
    """HR knows Zoë and Bo, who is her manager; CRM knows Zoë; both have accounts in the directory."""
    person = identities("Badge", "Name", "Phone", "Manager", types={"Manager": REFERENCE}, **fields)
    hr = source("HR", "name", "manager", priority=1, Name="name", Manager="manager")
    crm = source("CRM", "name", "phone", priority=2, Name="name", Phone="phone")
    directory = in_memory("Directory", "uid", "cn", "boss", types={"boss": REFERENCE})
    export_rule(directory, {"uid": "Badge", "cn": "Name", "boss": "Manager"}, deletes=True)
    matching_rule(directory, "uid", "Badge")
    person.deletion_trigger_systems.add(hr.system)
    hr.put("1", name="Zoë", manager="2")
    hr.put("2", name="Bo")
    crm.put("1", name="Zoe", phone="11")
    flow(hr, crm)
    directory.run(EXPORT)
    directory.run(IMPORT)
    return hr, crm, directory


def test_cleared_system_leaves_the_metaverse_as_it_was_and_finds_it_again(client: ContractClient) -> None:
    hr, crm, _ = company()
    before, references = values(), metaverse()
    joined = set(Join.objects.filter(system_id=hr.system.pk).values_list("mvo_id", flat=True))
    response = client.post(path_of(hr, "/clear?deleteChangeHistory=false"))
    assert (response.status_code, response.content) == (200, b"")
    assert not ConnectorSpaceObject.objects.filter(system=hr.system).exists()
    assert values() == before
    assert MetaverseReference.objects.count() == len(references) == 1
    assert {entry[0] for mvo in MetaverseObject.objects.all() for entry in mvo.holders} == {crm.system.pk}
    assert not PendingExport.objects.exists()
    (activity,) = Activity.objects.filter(operation_type="Clear")
    assert (activity.status, activity.initiated_by_name) == ("Complete", "Zoë's key")
    page = client.get(f"{HISTORY}/cso?connectedSystemId={hr.system.pk}").json()
    assert {(item["externalId"], item["connectedSystemName"]) for item in page["items"]} == {("1", "HR"), ("2", "HR")}
    assert {item["initiatedByName"] for item in page["items"]} == {"Zoë's key"}
    assert "run a full import first" in hr.run(RunType.DELTA_IMPORT).activity.error_message
    flow(hr)
    assert (values(), metaverse(), holders()) == (before, references, {"HR Import"})
    assert set(Join.objects.filter(system_id=hr.system.pk).values_list("mvo_id", flat=True)) == joined


def test_clearing_is_refused_where_everybody_would_come_twice_or_a_run_is_busy(
    client: ContractClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """400 as engine.md section 9 has it; the contract documents no 400 here, so another client asks."""
    monkeypatch.setattr(removals, "PATIENCE_SECONDS", 0)
    hr, _, _ = company()
    other = client_of(create_key("Administrator"))
    run, _ = taken_run(RunType.EXPORT, 999_999)
    refused = other.post(path_of(hr, "/clear"))
    assert_error(refused, 400, "BAD_REQUEST")
    assert "A run is using HR" in refused.json()["message"]
    RunLease.objects.filter(activity_id=run.pk).delete()
    run.delete()
    rule = MatchingRule.objects.filter(object_type=hr.object_type)
    rule.update(metaverse_object_type=MetaverseObjectType.objects.create(name="device", plural_name="devices"))
    refused = other.post(path_of(hr, "/clear"))
    assert_error(refused, 400, "BAD_REQUEST")
    assert "person of HR is projected without a matching rule" in refused.json()["message"]
    assert ConnectorSpaceObject.objects.filter(system=hr.system).count() == 2
    rule.update(metaverse_object_type=identities())
    count = f"{V1}/history/connected-systems/{hr.system.pk}/count"
    assert client.get(count).json()["changeRecordCount"] == 4  # two objects read, two projected
    assert client.post(path_of(hr, "/clear")).status_code == 200
    assert client.get(count).json()["changeRecordCount"] == 0
    assert client.get(f"{HISTORY}/cso").json()["items"] == []


def test_deleted_system_recalls_its_values_and_the_next_best_takes_over(client: ContractClient) -> None:
    hr, _, directory = company(deletion_rule="Manual")
    assert client.delete(path_of(hr)).json()["outcome"] == "CompletedImmediately"
    assert not ConnectedSystem.objects.filter(pk=hr.system.pk).exists()
    assert values() == {"1": {"Name": "Zoe", "Phone": "11"}, "?": {}}
    assert set(SyncRuleMapping.objects.filter(priority__isnull=False).values_list("priority", flat=True)) == {1}
    directory.run(EXPORT)
    assert directory.objects()["1"] == {"uid": "1", "cn": "Zoe"}
    assert client.get(f"{HISTORY}/cso").json()["totalCount"] == 2
    assert client.get(f"{V1}/history/connected-systems/{hr.system.pk}/count").json()["connectedSystemName"] == "HR"


def test_identities_that_the_system_held_are_deleted_with_it(client: ContractClient) -> None:
    hr, _, directory = company(deletion_rule="WhenAuthoritativeSourceDisconnected")
    pending = f"{V1}/metaverse/pending-deletions"
    preview = client.get(path_of(hr, "/deletion-preview")).json()
    assert (preview["mvosWithDeletionRuleCount"], preview["mvosWithOtherConnectorsCount"]) == (2, 2)
    assert client.delete(path_of(hr)).json()["success"] is True
    assert client.get(f"{pending}/summary").json() == {
        "totalCount": 2,
        "deprovisioningCount": 2,
        "awaitingGracePeriodCount": 0,
        "readyForDeletionCount": 0,
    }
    (first, _) = client.get(pending).json()["items"]
    assert (first["status"], first["deletionEligibleDate"]) == ("Deprovisioning", None)
    assert client.get(f"{HISTORY}/mvo").json()["items"] == []
    directory.run(EXPORT, ignore_deletion_threshold=True)
    assert directory.objects() == {}
    gone = client.get(f"{HISTORY}/mvo").json()["items"]
    assert {(item["objectTypeName"], item["initiatedByName"]) for item in gone} == {("person", "Zoë's key")}
    assert len(gone) == 2
