"""Imports, run by run: what is taken, what is rejected and why, and when missing objects become obsolete."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from activities.models import ActivityStatus, ExecutionItemDetail, RunType
from connectors.contract import AttributeType, ObjectFault
from synchronisation.models import ConnectorSpaceObject
from tests.acceptance.installation import PERSON, Ended, InFile, InMemory, in_file, in_memory, memory_connector
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

FULL, DELTA = RunType.FULL_IMPORT, RunType.DELTA_IMPORT
COMPLETE, WARNING = ActivityStatus.COMPLETE, ActivityStatus.COMPLETE_WITH_WARNING
WITH_ERROR, FAILED = ActivityStatus.COMPLETE_WITH_ERROR, ActivityStatus.FAILED_WITH_ERROR


@pytest.fixture(autouse=True)
def own_queue(transactional_db: None) -> Iterator[None]:
    yield
    empty_queue()


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> InFile:
    settings.JIM_CONNECTOR_FILES = tmp_path
    return in_file(tmp_path, "HR", "id", "name", "phones", several=("phones",), mode="Import Only")


@pytest.fixture
def memory(memory_connector: None) -> InMemory:
    return in_memory("Store", "id", "name", "age", types={"age": AttributeType.NUMBER})


def statuses() -> dict[str | None, str]:
    """External ID -> status, of the whole connector space."""
    return dict(ConnectorSpaceObject.objects.values_list("external_id", "status"))


def rows(*names: str) -> list[dict[str, str]]:
    return [{"id": name, "name": f"Person {name}"} for name in names]


def test_each_rejected_object_says_why_and_costs_no_other(memory: InMemory) -> None:
    store = memory.store
    memory.put("good", name="Zoë", age="30")
    store.put("robot", "R2", {"id": ("R2",)})
    store.put(PERSON, "nobody", {"name": ("Nobody",)})
    for key in ("one", "other"):
        store.put(PERSON, key, {"id": ("twice",)})
    memory.put("two names", name=("A", "B"))
    memory.put("old", name="Old", age="old")
    memory.put("broken", name="Broken")
    store.faults["broken"] = ObjectFault("UnhandledError", "the store could not read it")

    run = memory.run(FULL)

    assert run.status == WITH_ERROR
    assert run.items[0] == ("good", "Add", None, "CsoAdded:1")
    assert {(external_id, change, error) for external_id, change, error, _ in run.items[1:]} == {
        (None, "Add", "CouldNotMatchObjectType"),
        (None, "Add", "MissingExternalIdAttributeValue"),
        ("twice", "Add", "DuplicateObject"),
        ("two names", "Add", "DuplicateImportedAttributes"),
        ("old", "Add", "InvalidAttributeValue"),
        ("broken", "Add", "UnhandledError"),
    }
    assert (len(run.items), run.counters["objectErrors"], run.counters["objectsProcessed"]) == (8, 7, 8)
    assert {message for external_id, _, message in run.errors if external_id in ("old", "broken")} == {
        "age: 'old' is not a whole number",
        "the store could not read it",
    }
    assert statuses() == {"good": "Normal"}


ODD_TEXTS = (
    "\\N",
    "\\.",
    "\\",
    "tab\there",
    "line\nfeed",
    "carriage\rreturn",
    'back\\slash "quoted"',
    "\x7f\x01",
    "Zoë 𝄞",
)


def test_text_arrives_as_it_is_however_odd(memory: InMemory) -> None:
    for text in ODD_TEXTS:
        memory.put(text, name=text)
    assert memory.run(FULL).status == COMPLETE
    key = str(memory.attribute("name").pk)

    def found() -> dict[str | None, tuple[str | None, str]]:
        objects = ConnectorSpaceObject.objects.all()
        return {found.external_id: (found.display_name, found.document[key]) for found in objects}

    assert found() == {text: (text, text) for text in ODD_TEXTS}
    assert memory.run(FULL).items == []
    for text in ODD_TEXTS:
        memory.put(text, name=f"{text}!")
    assert len(memory.run(FULL).items) == len(ODD_TEXTS)
    assert found() == {text: (f"{text}!", f"{text}!") for text in ODD_TEXTS}


def test_details_show_what_changed_and_nothing_that_stayed(memory: InMemory) -> None:
    memory.put("1", name="Zoë", age="30")
    memory.put("2", name="Al")
    memory.run(FULL)
    memory.put("1", name="Zoe")
    memory.put("2", name="Al", age="5")
    changed = memory.run(FULL)
    memory.put("1", age=())
    lost = memory.run(FULL)
    name, age = (str(memory.attribute(column).pk) for column in ("name", "age"))

    def details(run: Ended) -> list[tuple[Any, Any]]:
        found = ExecutionItemDetail.objects.filter(activity_id=run.activity.pk).order_by("ordinal")
        return list(found.values_list("old_values", "new_values"))

    assert details(changed) == [({name: "Zoë"}, {name: "Zoe"}), ({}, {age: 5})]
    assert details(lost) == [({age: 30}, {})]


def test_nothing_but_rejected_objects_fails_the_run(memory: InMemory) -> None:
    memory.put("old", age="old")
    run = memory.run(FULL)
    assert (run.status, run.activity.error_message) == (
        FAILED,
        "All 1 objects processed failed; see the execution items.",
    )


def test_unchanged_objects_count_as_processed(memory: InMemory) -> None:
    memory.put("good")
    memory.run(FULL)
    memory.put("old", age="old")
    assert memory.run(FULL).status == WITH_ERROR


def test_duplicates_are_all_rejected_and_the_object_they_mean_stays(file: InFile) -> None:
    file.write(*rows("1", "2"))
    file.run(FULL)
    file.write(*rows("1", "2"), {"id": "2", "name": "Somebody else"}, *rows("3", "3"))

    run = file.run(FULL)

    assert run.status == WITH_ERROR
    assert [item[:3] for item in run.items] == [
        ("2", "Update", "DuplicateObject"),
        ("2", "Update", "DuplicateObject"),
        ("3", "Add", "DuplicateObject"),
        ("3", "Add", "DuplicateObject"),
    ]
    assert statuses() == {"1": "Normal", "2": "Normal"}
    assert ConnectorSpaceObject.objects.get(external_id="2").display_name == "Person 2"


def test_rejected_object_is_not_missing(memory: InMemory) -> None:
    memory.put("1", age="1")
    memory.put("2")
    memory.run(FULL)
    memory.put("1", age="old")
    assert memory.run(FULL).items == [("1", "Update", "InvalidAttributeValue", None)]
    assert statuses() == {"1": "Normal", "2": "Normal"}


def test_dropped_column_fails_the_run_and_touches_nothing(file: InFile) -> None:
    file.write(*rows("1", "2"))
    file.run(FULL)
    file.path.write_text("id,phones\n1,\n", encoding="utf-8")

    run = file.run(FULL)

    assert (run.status, run.items) == (FAILED, [])
    assert "has no column 'name'" in (run.activity.error_message or "")
    assert statuses() == {"1": "Normal", "2": "Normal"}


def test_source_that_breaks_off_touches_nothing(memory: InMemory) -> None:
    memory.put("1")
    memory.run(FULL)
    memory.put("1", name="new")
    memory.put("2")
    memory.store.read_breaks_after = 2
    memory.put("3")

    run = memory.run(FULL)

    assert (run.status, run.items, statuses()) == (FAILED, [], {"1": "Normal"})
    assert run.activity.error_message == "The store broke off after 2 objects."


def test_file_that_is_empty_obsoletes_nobody(file: InFile) -> None:
    file.write(*rows("1", "2"))
    file.run(FULL)
    file.write()

    run = file.run(FULL)

    assert (run.status, run.items) == (WARNING, [])
    assert run.activity.warning_message == (
        "2 objects of type person were not read and stay as they are: no object of this type was read. "
        "Check the source."
    )
    assert statuses() == {"1": "Normal", "2": "Normal"}


def test_row_that_nobody_can_identify_stops_obsoletion(file: InFile) -> None:
    file.write(*rows("1", "2"))
    file.run(FULL)
    file.write(*rows("1"), {"name": "Person 2"})

    run = file.run(FULL)

    assert [item[2] for item in run.items] == ["MissingExternalIdAttributeValue"]
    assert (run.status, statuses()) == (WITH_ERROR, {"1": "Normal", "2": "Normal"})
    assert "1 rows had no readable external ID" in (run.activity.warning_message or "")


def test_row_of_the_wrong_width_is_one_error_and_stops_obsoletion(file: InFile) -> None:
    file.write(*rows("1", "2"))
    file.run(FULL)
    file.path.write_text("id,name,phones\n1,Person 1,\n2,Person 2,,,\n", encoding="utf-8")

    run = file.run(FULL)

    assert [item[2] for item in run.items] == ["UnhandledError"]
    assert "row 3" in str(run.errors) or "line 3" in str(run.errors)
    assert statuses() == {"1": "Normal", "2": "Normal"}


def test_too_many_missing_objects_stay_until_an_administrator_lets_them_go(file: InFile) -> None:
    file.system.deletion_threshold_minimum = 2
    file.system.save()
    file.write(*rows("1", "2", "3", "4", "5"))
    file.run(FULL)
    file.write(*rows("1", "2", "3"))

    stopped = file.run(FULL)
    assert (stopped.status, stopped.items) == (WARNING, [])
    assert stopped.activity.warning_message == (
        "2 objects of type person were not read and stay as they are: 2 of 5 objects is more than the deletion "
        "threshold of 20 %. Check the source; to let them go, run again with ignoreDeletionThreshold."
    )

    let_through = file.run(FULL, ignore_deletion_threshold=True)
    assert (let_through.status, let_through.activity.options) == (COMPLETE, {"ignoreDeletionThreshold": True})
    assert let_through.items == [("4", "Delete", None, "CsoDeleted:1"), ("5", "Delete", None, "CsoDeleted:1")]


@pytest.mark.parametrize("override", [False, True])
def test_people_who_were_all_replaced_stay_unless_an_administrator_lets_them_go(file: InFile, override: bool) -> None:
    old, new = ("1", "2", "3", "4", "5", "6"), ("a", "b", "c", "d", "e", "f")
    file.write(*rows(*old))
    file.run(FULL)
    file.write(*rows(*new))

    run = file.run(FULL, ignore_deletion_threshold=override)

    assert run.items[:6] == [(name, "Add", None, "CsoAdded:1") for name in new]
    assert run.items[6:] == [(name, "Delete", None, "CsoDeleted:1") for name in old if override]
    assert run.status == (COMPLETE if override else WARNING)
    assert ("all 6 objects would go" in (run.activity.warning_message or "")) is not override


def test_threshold_that_is_off_stops_nothing(file: InFile) -> None:
    file.system.deletion_threshold_percent = None
    file.system.save()
    file.write(*rows("1", "2", "3", "4", "5", "6", "7"))
    file.run(FULL)
    file.write(*rows("7"))
    assert [item[0] for item in file.run(FULL).items] == ["1", "2", "3", "4", "5", "6"]


def test_obsolete_objects_that_are_still_missing_count_against_the_threshold(file: InFile) -> None:
    file.system.deletion_threshold_minimum = 2
    file.system.save()
    file.write(*rows("1", "2", "3", "4", "5"))
    file.run(FULL)
    file.write(*rows("1", "2", "3", "4"))
    assert file.run(FULL).items == [("5", "Delete", None, "CsoDeleted:1")]
    file.write(*rows("1", "2", "3"))
    assert file.run(FULL).status == WARNING


def test_missing_objects_become_obsolete_in_external_id_order(file: InFile) -> None:
    file.write(*rows("b", "a", "Z", "c"))
    file.run(FULL)
    file.write(*rows("c"))
    assert [item[0] for item in file.run(FULL).items] == ["Z", "a", "b"]


def test_objects_of_a_type_that_was_deselected_leave(memory: InMemory) -> None:
    memory.put("1")
    memory.run(FULL)
    memory.object_type.selected = False
    memory.object_type.save()
    assert memory.run(FULL).items == [("1", "Delete", None, "CsoDeleted:1")]


def test_delta_import_takes_what_changed(memory: InMemory) -> None:
    for name in ("1", "2", "3"):
        memory.put(name, name=name)
    memory.run(FULL)
    memory.put("1", name="new")
    memory.remove("2")
    memory.put("4")

    assert memory.run(DELTA).items == [
        ("1", "Update", None, "CsoUpdated:1"),
        ("2", "Delete", None, "CsoDeleted:1"),
        ("4", "Add", None, "CsoAdded:1"),
    ]
    assert statuses() == {"1": "Normal", "2": "Obsolete", "3": "Normal", "4": "Normal"}
    assert memory.run(DELTA).items == []


def test_delta_import_takes_the_last_change_of_an_object(memory: InMemory) -> None:
    memory.put("1", name="old")
    memory.put("2")
    memory.run(FULL)
    memory.put("1", name="new")
    memory.put("1", name="newest")
    memory.remove("2")
    memory.put("2", name="back")

    assert [item[:2] for item in memory.run(DELTA).items] == [("1", "Update"), ("2", "Update")]
    assert set(ConnectorSpaceObject.objects.values_list("display_name", flat=True)) == {"newest", "back"}


def test_delta_import_ends_where_an_object_ended_that_is_as_it_was(memory: InMemory) -> None:
    memory.put("1", name="old")
    memory.run(FULL)
    memory.remove("1")
    memory.put("1", name="old")
    assert memory.run(DELTA).items == []
    assert statuses() == {"1": "Normal"}


def test_deleting_an_object_that_is_not_there_is_no_change(memory: InMemory) -> None:
    memory.put("1")
    memory.run(FULL)
    memory.put("2")
    memory.remove("2")
    assert memory.run(DELTA).items == []


def test_delta_import_without_a_full_one_before_says_what_to_do(memory: InMemory) -> None:
    run = memory.run(DELTA)
    assert (run.status, "run a full import first" in (run.activity.error_message or "")) == (FAILED, True)


def test_failed_import_keeps_the_watermark(memory: InMemory) -> None:
    memory.put("1")
    memory.run(FULL)
    memory.put("2")
    memory.put("3")
    memory.store.read_breaks_after = 1
    assert memory.run(DELTA).status == FAILED
    memory.store.read_breaks_after = None
    assert [item[0] for item in memory.run(DELTA).items] == ["2", "3"]
