from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from connectors.contract import HierarchyNode
from connectors.errors import TransientConnectorError
from connectors.testing import InMemoryConnector, InMemoryStore
from synchronisation.models import Container, Partition, RunProfile, Watermark
from synchronisation.services.hierarchy_merge import LEVELS
from tests.acceptance.installation import in_memory, use_memory_connector
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import SYSTEMS, call


def node(external_id: str, *children: HierarchyNode, name: str | None = None, **fields: Any) -> HierarchyNode:
    return HierarchyNode(external_id, name or external_id.partition("=")[2], children, **fields)


STAFF = node("ou=staff")
FIRST = (
    node("dc=com", node("ou=people", STAFF, node("ou=guests"), description="Everybody"), node("ou=old", hidden=True)),
    node("dc=org"),
)
LATER = (node("DC=com", node("ou=people", node("ou=guests", name="Visitors")), STAFF, name="Company"),)


class TestPartitionAccess(EndpointTests):
    path = f"{SYSTEMS}/1/partitions"
    missing = (f"{SYSTEMS}/999999/partitions",)


class TestContainerAccess(EndpointTests):
    method = "put"
    path = f"{SYSTEMS}/1/containers/1"
    missing = (path,)


class TestImportAccess(EndpointTests):
    method = "post"
    path = f"{SYSTEMS}/1/import-hierarchy"
    missing = (path,)


@pytest.fixture
def store(administrator: APIClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryStore]:
    use_memory_connector(monkeypatch)
    connected = in_memory("LDAP", "id", Hierarchy=True, Partitions=True)
    connected.store.hierarchy = FIRST
    yield connected.store
    InMemoryConnector.stores.clear()


@pytest.fixture
def system(administrator: APIClient, store: InMemoryStore) -> str:
    """Path of a system with the first hierarchy imported."""
    (found,) = call(administrator, "get", SYSTEMS)["items"]
    path = f"{SYSTEMS}/{found['id']}"
    call(administrator, "post", f"{path}/import-hierarchy")
    return path


def ids_of(result: Any, kind: str) -> list[tuple[str, bool]]:
    return [(item["externalId"], item["wasSelected"]) for item in result[kind]]


def tree(containers: Any) -> Any:
    return {one["externalId"]: tree(one["childContainers"]) for one in containers}


def test_first_import_adds_everything_and_selects_nothing(administrator: APIClient, store: InMemoryStore) -> None:
    (found,) = call(administrator, "get", SYSTEMS)["items"]
    result = call(administrator, "post", f"{SYSTEMS}/{found['id']}/import-hierarchy")
    assert (result["success"], result["totalPartitions"], result["totalContainers"]) == (True, 2, 4)
    assert ids_of(result, "addedPartitions") == [("dc=com", False), ("dc=org", False)]
    assert {item["externalId"]: item["newParentExternalId"] for item in result["addedContainers"]} == {
        "ou=people": "dc=com",
        "ou=old": "dc=com",
        "ou=staff": "ou=people",
        "ou=guests": "ou=people",
    }
    partitions = call(administrator, "get", f"{SYSTEMS}/{found['id']}/partitions")
    assert [(one["externalId"], tree(one["containers"])) for one in partitions] == [
        ("dc=com", {"ou=people": {"ou=staff": {}, "ou=guests": {}}, "ou=old": {}}),
        ("dc=org", {}),
    ]
    (people, old) = partitions[0]["containers"]
    assert (people["description"], people["selected"], old["hidden"], old["description"]) == (
        "Everybody",
        False,
        True,
        None,
    )
    (activity,) = Activity.objects.filter(operation_type="ImportHierarchy")
    assert activity.message == "Partitions added: 2. Containers added: 4."


def test_second_import_keeps_selections_and_says_what_changed(
    administrator: APIClient, store: InMemoryStore, system: str
) -> None:
    Partition.objects.update(selected=True)
    Container.objects.exclude(external_id="ou=old").update(selected=True)
    RunProfile.objects.create(
        system_id=Partition.objects.first().system_id,  # type: ignore[union-attr]
        name="Org",
        run_type="FullImport",
        partition=Partition.objects.get(external_id="dc=org"),
    )
    store.hierarchy = LATER
    result = call(administrator, "post", f"{system}/import-hierarchy")
    assert ids_of(result, "removedPartitions") == [("dc=org", True)]
    assert [(one["externalId"], one["previousName"]) for one in result["renamedPartitions"]] == [("DC=com", "com")]
    assert [(one["name"], one["previousName"]) for one in result["renamedContainers"]] == [("Visitors", "guests")]
    assert ids_of(result, "removedContainers") == [("ou=old", False)]
    (moved,) = result["movedContainers"]
    assert (moved["previousParentExternalId"], moved["newParentExternalId"]) == ("ou=people", "DC=com")
    assert (result["hasChanges"], result["hasSelectedItemsRemoved"]) == (True, True)
    (partition,) = call(administrator, "get", f"{system}/partitions")
    assert (partition["name"], partition["selected"]) == ("Company", True)
    assert tree(partition["containers"]) == {"ou=people": {"ou=guests": {}}, "ou=staff": {}}
    assert set(Container.objects.values_list("selected", flat=True)) == {True}
    activity = Activity.objects.filter(operation_type="ImportHierarchy").latest("created")
    assert "Run profile Org was for partition org, which is gone" in (activity.warning_message or "")
    again = call(administrator, "post", f"{system}/import-hierarchy")
    assert (again["hasChanges"], again["hasSelectedItemsRemoved"]) == (False, False)


def test_only_what_is_named_is_selected_and_the_position_is_forgotten(administrator: APIClient, system: str) -> None:
    partition = Partition.objects.get(external_id="dc=com")
    people = Container.objects.get(external_id="ou=people")
    for path in (f"{system}/partitions/{partition.pk}", f"{system}/containers/{people.pk}"):
        Watermark.objects.create(system=partition.system, partition=partition, position="5")
        assert call(administrator, "put", path, {"selected": True})["selected"] is True
        assert not Watermark.objects.exists()
        assert call(administrator, "put", path, {})["selected"] is True
    answered = call(administrator, "put", f"{system}/containers/{people.pk}", {"selected": True})
    assert tree(answered["childContainers"]) == {"ou=staff": {}, "ou=guests": {}}
    assert set(Container.objects.filter(selected=True)) == {people}
    messages = Activity.objects.filter(operation_type="Update").values_list("message", flat=True)
    assert {"Partition com. Changed: selected.", "Container people. Changed: selected."} < set(messages)


@pytest.mark.parametrize("kind", ["partitions", "containers"])
def test_selection_that_is_none_is_refused(administrator: APIClient, system: str, kind: str) -> None:
    model = Partition if kind == "partitions" else Container
    path = f"{system}/{kind}/{model.objects.order_by('pk')[0].pk}"
    assert_error(administrator.put(path, {"selected": "yes"}), 400, "VALIDATION_ERROR", {"selected": ...})


def test_connector_without_a_hierarchy_refuses(administrator: APIClient, hr: Any) -> None:
    path = f"{SYSTEMS}/{hr['id']}"
    response = administrator.post(f"{path}/import-hierarchy")
    assert_error(response, 400, "BAD_REQUEST")
    assert "HR is read as a whole" in response.json()["message"]
    assert call(administrator, "get", f"{path}/partitions") == []


def deep(levels: int) -> HierarchyNode:
    found = node(f"ou={levels}")
    for level in range(levels - 1, 0, -1):
        found = node(f"ou={level}", found)
    return found


@pytest.mark.parametrize(
    ("hierarchy", "sentence"),
    [
        ((node("dc=a"), node("DC=A")), "DC=A twice"),
        ((node("dc=a", node("ou=x"), node("ou=y", node("OU=X"))),), "OU=X twice"),
        ((node("dc=" + "x" * 1_000, name="long"),), "external ID of long is longer than 1000"),
        ((node("dc=a", deep(LEVELS + 1)),), "nest more than 100 deep"),
    ],
    ids=["partition twice", "container twice", "external ID too long", "too deep"],
)
def test_hierarchy_that_cannot_be_kept_is_refused_by_name(
    administrator: APIClient, store: InMemoryStore, system: str, hierarchy: Any, sentence: str
) -> None:
    store.hierarchy = hierarchy
    response = administrator.post(f"{system}/import-hierarchy")
    assert_error(response, 400, "BAD_REQUEST")
    assert sentence in response.json()["message"]
    assert Container.objects.count() == 4


def test_deepest_hierarchy_can_be_listed(administrator: APIClient, store: InMemoryStore, system: str) -> None:
    store.hierarchy = (node("dc=a", deep(LEVELS)),)
    assert call(administrator, "post", f"{system}/import-hierarchy")["totalContainers"] == LEVELS
    assert len(call(administrator, "get", f"{system}/partitions")) == 1


def test_store_that_is_away_is_the_servers_error(administrator: APIClient, store: InMemoryStore, system: str) -> None:
    store.times_away = 1
    response = administrator.post(f"{system}/import-hierarchy")
    assert_error(response, 500, "INTERNAL_ERROR")
    assert response.json()["message"] == str(TransientConnectorError("The store is away; try again."))


def test_list_costs_the_same_however_many_there_are(
    administrator: APIClient, store: InMemoryStore, system: str
) -> None:
    before = query_count(administrator, f"{system}/partitions")
    store.hierarchy = tuple(node(f"dc={n}", *(node(f"ou={n}-{m}") for m in range(5))) for n in range(5))
    call(administrator, "post", f"{system}/import-hierarchy")
    assert query_count(administrator, f"{system}/partitions") == before == 3
