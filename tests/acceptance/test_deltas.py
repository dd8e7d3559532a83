"""Delta imports, run by run: what is remembered, updates of some attributes, objects in parts, partitions."""

from collections.abc import Iterator
from typing import Any

import pytest

from activities.models import ActivityStatus, RunType
from connectors.contract import AttributeType
from synchronisation.engine import pages
from synchronisation.models import ConnectorSpaceObject, CsoReference, Partition, RejectedObject
from tests.acceptance.installation import PERSON, Ended, InMemory, in_memory, memory_connector
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

FULL, DELTA = RunType.FULL_IMPORT, RunType.DELTA_IMPORT
COMPLETE, WARNING = ActivityStatus.COMPLETE, ActivityStatus.COMPLETE_WITH_WARNING
WITH_ERROR, FAILED = ActivityStatus.COMPLETE_WITH_ERROR, ActivityStatus.FAILED_WITH_ERROR
UPDATED = "CsoUpdated:1"


@pytest.fixture(autouse=True)
def own_queue(memory_connector: None) -> Iterator[None]:
    yield
    empty_queue()


def people(name: str = "Store", **settings: bool | int) -> InMemory:
    types = {"age": AttributeType.NUMBER, "members": AttributeType.REFERENCE}
    columns = ("id", "name", "age", "phones", "members")
    return in_memory(name, *columns, types=types, several=("phones", "members"), **settings)


def content(system: InMemory, external_id: str) -> dict[str, Any]:
    """The object's attributes by name, as the connector space has them, references too."""
    names = {str(a.pk): a.name for a in system.object_type.attributes.all()}
    found = ConnectorSpaceObject.objects.get(external_id=external_id, system=system.system)
    references = CsoReference.objects.filter(cso_id=found.pk).order_by("text").values_list("attribute_id", "text")
    members = [text for _, text in references]
    document = {names[key]: value for key, value in found.document.items()}
    return document | ({"members": members} if members else {})


def is_as_a_full_import_has_it(system: InMemory) -> bool:
    """A full import finds nothing to change: documents, references and fingerprints are those of the whole objects."""
    run = system.run(FULL)
    return (run.status, run.items) == (COMPLETE, [])


def summaries(run: Ended) -> dict[str | None, tuple[str, str | None]]:
    """External ID -> change and error."""
    return {external_id: (change, error) for external_id, change, error, _ in run.items}


# Remembered


def test_rejected_object_is_named_until_an_import_takes_it() -> None:
    system = people()
    system.put("1", age="1")
    system.put("2")
    system.run(FULL)
    system.put("1", age="old")
    system.put("2", name="Li")

    first = system.run(DELTA)
    assert first.status == WITH_ERROR
    assert summaries(first) == {"1": ("Update", "InvalidAttributeValue"), "2": ("Update", None)}
    nothing_new = system.run(DELTA)
    assert (nothing_new.status, nothing_new.items) == (WARNING, [])
    assert nothing_new.activity.warning_message == (
        "1 objects that delta imports rejected are still not imported: person '1' (InvalidAttributeValue). "
        "Correct them in the source; if a delta import does not show them again then, run a full import."
    )

    system.put("1", age="older")
    assert system.run(DELTA).status == WITH_ERROR, "the error is left over from an earlier run"
    system.put("1", age="1")
    taken = system.run(DELTA)
    assert (taken.status, taken.items, taken.activity.warning_message) == (COMPLETE, [], None)


def test_full_import_ends_what_it_does_not_reject_itself() -> None:
    system = people()
    system.put("1")
    system.run(FULL)
    system.put("2", age="old")
    system.put("3", age="old")
    system.store.put(PERSON, "nobody", {"name": ("Nobody",)})
    assert system.run(DELTA).status == FAILED, "all that was processed failed, for the first time"
    assert RejectedObject.objects.count() == 3

    system.put("3", age="3")
    system.remove("nobody")
    assert "person '2'" in (system.run(FULL).activity.warning_message or "")
    assert list(RejectedObject.objects.values_list("external_id", flat=True)) == ["2"]
    system.remove("2")
    assert system.run(DELTA).status == COMPLETE


def test_last_change_counts_when_an_earlier_one_cannot_be_taken() -> None:
    system = people(Partial_Updates=False)
    system.put("1", age="1")
    system.run(FULL)
    system.put("1", age="old")
    system.remove("1")
    system.put("1", age="2")
    assert summaries(system.run(DELTA)) == {"1": ("Update", None)}
    assert RejectedObject.objects.count() == 0


def test_watermark_that_the_store_forgot_asks_for_a_full_import() -> None:
    system = people()
    system.put("1")
    system.run(FULL)
    system.put("2")
    system.store.forgotten = system.store.position + 1
    run = system.run(DELTA)
    assert (run.status, run.items) == (FAILED, [])
    assert "run a full import first" in (run.activity.error_message or "")


# Updates of some attributes


@pytest.mark.parametrize("names_values", [False, True])
def test_update_leaves_what_it_does_not_name(names_values: bool) -> None:
    system = people(Partial_Updates=True, Names_Added_And_Removed_Values=names_values)
    system.put("1", name="Zoë", age="30", phones=("1", "2"), members=("a", "b", "c"))
    system.put("2", name="Li")
    system.run(FULL)
    system.put("1", age="31")
    system.put("1", phones=("2", "3"), members=("b", "c", "d"))
    system.put("1", members=("c", "d", "e"))
    system.put("2", name=())

    run = system.run(DELTA)

    assert [item[:2] for item in run.items] == [("1", "Update"), ("2", "Update")]
    assert content(system, "1") == {
        "id": "1", "name": "Zoë", "age": 31, "phones": ["2", "3"], "members": ["c", "d", "e"],
    }  # fmt: skip
    assert content(system, "2") == {"id": "2"}
    (unresolved,) = run.errors
    assert unresolved[:2] == ("1", "UnresolvedReference")
    assert is_as_a_full_import_has_it(system)


def test_update_that_changes_nothing_is_no_change() -> None:
    system = people(Partial_Updates=True, Names_Added_And_Removed_Values=True)
    system.put("1", name="Zoë", members=("1", "2"))
    system.put("2")
    system.run(FULL)
    system.put("1", name="Zoe", members=("2",))
    system.put("1", name="Zoë", members=("2", "1"))
    run = system.run(DELTA)
    assert (run.status, run.items, run.counters["objectsProcessed"]) == (COMPLETE, [], 1)


def test_one_member_more_writes_one_row_and_reads_no_other() -> None:
    system = people(Partial_Updates=True, Names_Added_And_Removed_Values=True)
    members = tuple(f"m{number}" for number in range(50))
    system.put("group", members=members)
    system.run(FULL)
    # Only a fingerprint that follows from the change alone still fits: these rows do not.
    CsoReference.objects.filter(text__in=["m7", "m8"]).delete()
    before = ConnectorSpaceObject.objects.get().reference_fingerprint
    system.put("group", members=(*members, "new"))
    system.run(DELTA)
    assert set(CsoReference.objects.values_list("text", flat=True)) == {*members, "new"} - {"m7", "m8"}

    system.put("group", members=members)
    system.run(DELTA)
    assert ConnectorSpaceObject.objects.get().reference_fingerprint == before


def test_updates_add_and_delete_follow_each_other() -> None:
    system = people(Partial_Updates=True)
    for number in ("1", "2", "3"):
        system.put(number, name=number, age="1")
    system.run(FULL)
    system.put("1", age="2")
    system.remove("1")
    system.remove("2")
    system.put("2", name="back")
    system.put("2", age="5")
    system.put("4", name="new")
    system.put("4", age="4")

    assert [item[:2] for item in system.run(DELTA).items] == [("1", "Delete"), ("2", "Update"), ("4", "Add")]
    assert content(system, "2") == {"id": "2", "name": "back", "age": 5}
    assert content(system, "4") == {"id": "4", "name": "new", "age": 4}
    assert is_as_a_full_import_has_it(system)


def test_obsolete_object_is_revived_by_an_update() -> None:
    system = people(Partial_Updates=True)
    system.put("1", name="Zoë", age="1")
    system.put("2")
    system.run(FULL)
    ConnectorSpaceObject.objects.filter(external_id="1").update(status="Obsolete")
    system.put("1", age="2")
    assert system.run(DELTA).items == [("1", "Update", None, UPDATED)]
    assert content(system, "1") == {"id": "1", "name": "Zoë", "age": 2}
    assert set(ConnectorSpaceObject.objects.values_list("status", flat=True)) == {"Normal"}


def test_update_of_an_object_that_was_never_imported_asks_for_a_full_import() -> None:
    system = people(Partial_Updates=True)
    system.put("1", age="old")
    system.put("2")
    system.run(FULL)
    system.put("1", age="1")
    run = system.run(DELTA)
    assert [error[:2] for error in run.errors] == [("1", "UnhandledError")]
    assert "run a full import" in str(run.errors)
    assert system.run(FULL).items == [("1", "Add", None, "CsoAdded:1")]


def test_update_that_cannot_be_taken_leaves_the_object_as_it_was_and_is_remembered() -> None:
    system = people(Partial_Updates=True)
    system.put("1", name="Zoë", age="1")
    system.put("2", name="Li")
    system.run(FULL)
    system.put("1", name="Zoe")
    system.put("1", age="old")
    system.put("2", name="Lee")
    assert summaries(system.run(DELTA)) == {"1": ("Update", "InvalidAttributeValue"), "2": ("Update", None)}
    assert content(system, "1") == {"id": "1", "name": "Zoë", "age": 1}

    system.put("1", age="2")
    assert system.run(DELTA).status == WARNING, "the name that was rejected with the age is not known yet"
    system.run(FULL)
    assert content(system, "1")["name"] == "Zoe"
    assert system.run(DELTA).status == COMPLETE


# Objects in parts


@pytest.mark.parametrize("page_size", [1, 3, 100])
def test_object_in_parts_is_one_object(page_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages.Run, "page_size", page_size)
    system = people(Part_Size=2)
    system.put("0", name="alone")
    system.put("1", name="Zoë", phones=tuple("1234567"), members=tuple("abcde"))
    system.put("2", name="last")

    run = system.run(FULL)

    assert [item[:2] for item in run.items] == [("0", "Add"), ("1", "Add"), ("2", "Add")]
    assert (run.counters["objectsProcessed"], len(run.errors)) == (3, 1)
    assert content(system, "1") == {
        "id": "1", "name": "Zoë", "phones": list("1234567"), "members": list("abcde"),
    }  # fmt: skip
    assert system.run(FULL).items == []
    system.put("1", members=tuple("abcdf"), phones=tuple("1234"))
    assert [item[:2] for item in system.run(DELTA).items] == [("1", "Update")]
    assert (content(system, "1")["members"], content(system, "1")["phones"]) == (list("abcdf"), list("1234"))
    assert is_as_a_full_import_has_it(system)


def test_object_one_part_of_which_cannot_be_taken_is_one_error() -> None:
    system = people(Part_Size=2)
    system.put("1", name="Zoë", phones=("1", "2", "3", "a\0b", "4", "c\0d"))
    system.put("2")
    run = system.run(FULL)
    assert summaries(run) == {"1": ("Add", "InvalidAttributeValue"), "2": ("Add", None)}
    assert (len(run.items), run.counters["objectsProcessed"]) == (2, 2)


def test_two_objects_in_parts_with_one_external_id_are_both_rejected() -> None:
    system = people(Part_Size=2)
    for key in ("one", "other"):
        system.store.put(PERSON, key, {"id": ("twice",), "phones": tuple("12345")})
    system.put("2")
    run = system.run(FULL)
    assert [item[:3] for item in run.items] == [
        ("2", "Add", None),
        ("twice", "Add", "DuplicateObject"),
        ("twice", "Add", "DuplicateObject"),
    ]


# Partitions


def in_two_partitions() -> tuple[InMemory, Partition, Partition]:
    """Object 1 and 2 lie in the north, 3 in the south."""
    system = people(Partitions=True)
    system.system.deletion_threshold_percent = None
    system.system.save()
    north, south = (
        Partition.objects.create(system=system.system, name=name, external_id=name, selected=True)
        for name in ("north", "south")
    )
    for number, where in (("1", "north"), ("2", "north"), ("3", "south")):
        system.put(number, name=number)
        system.store.move(PERSON, number, where)
    for partition in (north, south):
        assert system.run(FULL, partition=partition).status == COMPLETE
    return system, north, south


def places() -> dict[str | None, tuple[str, str]]:
    """External ID -> status, name of the partition."""
    names = dict(Partition.objects.values_list("id", "name"))
    rows = ConnectorSpaceObject.objects.values_list("external_id", "status", "partition_id")
    return {external_id: (status, names[partition or 0]) for external_id, status, partition in rows}


def test_import_of_a_partition_obsoletes_only_what_is_in_it() -> None:
    system, north, _ = in_two_partitions()
    system.remove("2")
    system.remove("3")
    assert system.run(FULL, partition=north).items == [("2", "Delete", None, "CsoDeleted:1")]
    assert places() == {"1": ("Normal", "north"), "2": ("Obsolete", "north"), "3": ("Normal", "south")}


@pytest.mark.parametrize("kind", [FULL, DELTA])
@pytest.mark.parametrize("first", ["north", "south"])
@pytest.mark.parametrize("changes", [False, True])
def test_object_that_moves_belongs_where_it_was_read_last(kind: RunType, first: str, changes: bool) -> None:
    system, north, south = in_two_partitions()
    system.store.move(PERSON, "2", "south")
    if changes:
        system.put("2", name="moved")

    for partition in (north, south) if first == "north" else (south, north):
        system.run(kind, partition=partition)

    assert places() == {"1": ("Normal", "north"), "2": ("Normal", "south"), "3": ("Normal", "south")}
    for partition in (north, south):
        assert system.run(FULL, partition=partition).items == []
    assert places()["2"] == ("Normal", "south")


def test_each_partition_has_a_watermark_of_its_own() -> None:
    system, north, south = in_two_partitions()
    system.put("1", name="changed")
    system.put("3", name="changed")
    assert [item[0] for item in system.run(DELTA, partition=south).items] == ["3"]
    assert [item[0] for item in system.run(DELTA, partition=north).items] == ["1"]


def test_references_of_an_object_in_parts_are_resolved() -> None:
    system = people(Part_Size=1)
    system.put("group", members=("1", "2", "3"))
    for number in ("1", "2", "3"):
        system.put(number)
    assert system.run(FULL).status == COMPLETE
    assert CsoReference.objects.filter(target_id__isnull=False).count() == 3
