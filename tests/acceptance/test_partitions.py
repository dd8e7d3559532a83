"""What an import reads of a store with partitions and containers, and what it makes of the rest."""

from collections.abc import Iterator, Mapping

import pytest

from activities.models import RunType
from activities.recorder import SYSTEM
from connectors.contract import HierarchyNode
from synchronisation import tasks
from synchronisation.models import ConnectorSpaceObject, Container, Partition, RunProfile
from synchronisation.services.hierarchy import import_hierarchy, select_container, select_partition
from synchronisation.services.runs import start_run
from tests.acceptance.installation import PERSON, Ended, InMemory, ended, in_memory, memory_connector
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

FULL, DELTA = RunType.FULL_IMPORT, RunType.DELTA_IMPORT
HIERARCHY = (
    HierarchyNode("dc=com", "com", (HierarchyNode("ou=people", "People", (HierarchyNode("ou=staff", "Staff"),)),
                                    HierarchyNode("ou=old", "Old"))),
    HierarchyNode("dc=org", "org"),
)  # fmt: skip
PLACES = {"p": "ou=people", "s": "ou=staff", "o": "ou=old", "r": "dc=com", "g": "dc=org"}


@pytest.fixture(autouse=True)
def own_queue(memory_connector: None) -> Iterator[None]:
    yield
    empty_queue()


@pytest.fixture
def ldap(memory_connector: None) -> InMemory:
    """A store with an object in each place; nothing is selected."""
    found = in_memory("LDAP", "id", "name", Hierarchy=True, Partitions=True)
    found.system.deletion_threshold_percent = None
    found.system.save()
    found.store.hierarchy = HIERARCHY
    fill(found, PLACES)
    import_hierarchy(found.system, SYSTEM)
    return found


def fill(store: InMemory, places: Mapping[str, str]) -> None:
    for external_id, place in places.items():
        store.put(external_id, name=external_id)
        store.store.move(PERSON, external_id, place)


def select(*external_ids: str, selected: bool = True) -> None:
    for external_id in external_ids:
        partition = Partition.objects.filter(external_id=external_id).first()
        if partition is not None:
            select_partition(partition, selected, SYSTEM)
        else:
            select_container(Container.objects.get(external_id=external_id), selected, SYSTEM)


def run_in(ldap: InMemory, partition: str, run_type: RunType = FULL) -> Ended:
    profile, _ = RunProfile.objects.get_or_create(
        system=ldap.system,
        name=f"{run_type} {partition}",
        run_type=run_type,
        partition=Partition.objects.get(external_id=partition),
    )
    started = start_run(profile, initiator=SYSTEM)
    tasks.run(str(started.activity.pk))
    return ended(started.activity)


def space() -> dict[str, tuple[str | None, str]]:
    """External ID -> (partition, status) of everything in the connector space."""
    names = dict(Partition.objects.values_list("pk", "external_id"))
    rows = ConnectorSpaceObject.objects.values_list("external_id", "partition_id", "status")
    return {str(external_id): (names.get(partition or 0), status) for external_id, partition, status in rows}


COM, ORG = ("dc=com", "Normal"), ("dc=org", "Normal")


def test_import_reads_what_is_selected_and_gives_up_what_is_not_any_more(ldap: InMemory) -> None:
    started = start_run(RunProfile.objects.create(system=ldap.system, name="All", run_type=FULL), initiator=SYSTEM)
    assert "Nothing of 'LDAP' will be read" in started.warnings[0]
    tasks.run(str(started.activity.pk))
    assert "Nothing was read from LDAP" in (ended(started.activity).activity.warning_message or "")
    select("dc=com", "dc=org", "ou=people", "ou=staff")  # what lies in the one is not read twice for the other
    first = ldap.run(FULL)
    assert (first.status, space()) == ("Complete", {"p": COM, "s": COM, "g": ORG})
    assert ldap.run(FULL).items == []
    select("ou=people", "dc=org", selected=False)
    assert sorted(ldap.run(FULL).items) == [
        ("g", "Delete", None, "CsoDeleted:1"),
        ("p", "Delete", None, "CsoDeleted:1"),
    ]
    assert space() == {"p": ("dc=com", "Obsolete"), "s": COM, "g": ("dc=org", "Obsolete")}
    select("ou=staff", selected=False)
    assert ldap.run(FULL).status == "CompleteWithWarning"
    assert space()["s"] == COM  # nobody knows whether it is still there


def test_run_of_a_partition_is_about_its_objects_alone(ldap: InMemory) -> None:
    select("dc=com", "dc=org", "ou=people", "ou=old")
    ldap.run(FULL)
    ldap.remove("g")
    ldap.remove("o")
    assert run_in(ldap, "dc=org").items == []  # nothing of the type was read, so a guard keeps it
    ldap.store.move(PERSON, "p", "dc=org")
    assert run_in(ldap, "dc=org").items == [("g", "Delete", None, "CsoDeleted:1")]
    assert space() == {"p": ORG, "s": COM, "o": COM, "g": ("dc=org", "Obsolete")}
    assert run_in(ldap, "dc=com").items == [("o", "Delete", None, "CsoDeleted:1")]


def test_each_partition_has_its_own_position(ldap: InMemory) -> None:
    select("dc=com", "ou=people")
    ldap.run(FULL)
    ldap.put("s", name="S")
    ldap.put("o", name="not selected")
    assert ldap.run(DELTA).items == [("s", "Update", None, "CsoUpdated:1")]
    assert ldap.run(DELTA).items == []
    select("dc=org")
    failed = ldap.run(DELTA)
    assert failed.status == "FailedWithError"
    assert "dc=org" in (failed.activity.error_message or "")
    assert "run a full import first" in (failed.activity.error_message or "")
    assert run_in(ldap, "dc=org").items == [("g", "Add", None, "CsoAdded:1")]
    ldap.put("g", name="G")
    ldap.put("p", name="P")
    assert sorted(ldap.run(DELTA).items) == [
        ("g", "Update", None, "CsoUpdated:1"),
        ("p", "Update", None, "CsoUpdated:1"),
    ]
    for place, partition in (("dc=org", ORG), ("ou=staff", COM)):  # gone here is read before new there, and after it
        ldap.store.move(PERSON, "s", place)
        assert (ldap.run(DELTA).items, space()["s"]) == ([], partition)
    select("ou=old")
    assert "dc=com" in (ldap.run(DELTA).activity.error_message or "")


def test_store_without_partitions_is_read_by_containers(memory_connector: None) -> None:
    found = in_memory("Files", "id", "name", Hierarchy=True)
    found.store.hierarchy = HIERARCHY[0].children
    fill(found, {"p": "ou=people", "s": "ou=staff", "o": "ou=old"})
    import_hierarchy(found.system, SYSTEM)
    select("ou=staff", "ou=old")
    assert [external_id for external_id, *_ in found.run(FULL).items] == ["s", "o"]
    assert space() == {"s": (None, "Normal"), "o": (None, "Normal")}
