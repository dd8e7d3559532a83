"""References of an imported system, run by run: what they are resolved by, and what is said when they are not."""

from collections.abc import Iterator

import pytest

from activities.models import ActivityStatus, RunType
from connectors.contract import AttributeType
from synchronisation.engine import stage
from synchronisation.models import ConnectorSpaceObject, CsoReference
from tests.acceptance.installation import InMemory, identities, import_rule, in_memory, memory_connector
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION
UNRESOLVED = "UnresolvedReference"


@pytest.fixture
def directory(memory_connector: None) -> Iterator[InMemory]:
    """People and groups, called by number and by distinguished name."""
    references = {"manager": AttributeType.REFERENCE, "members": AttributeType.REFERENCE}
    yield in_memory(
        "Directory", "id", "dn", "name", "manager", "members", types=references, several=("members",), secondary="dn"
    )
    empty_queue()


def targets() -> dict[tuple[str, str], str | None]:
    """(external ID of the object, text) -> external ID of the object it names."""
    names = dict(ConnectorSpaceObject.objects.values_list("id", "external_id"))
    return {
        (str(names[cso]), text): names.get(target)
        for cso, text, target in CsoReference.objects.values_list("cso_id", "text", "target_id")
    }


def test_reference_is_resolved_by_external_id(directory: InMemory) -> None:
    directory.put("1", manager="2")
    directory.put("2", manager="2")
    assert directory.run(IMPORT).items == [("1", "Add", None, "CsoAdded:1"), ("2", "Add", None, "CsoAdded:1")]
    assert targets() == {("1", "2"): "2", ("2", "2"): "2"}


def test_reference_is_resolved_by_a_name_however_it_is_written(directory: InMemory) -> None:
    directory.put("1", dn="CN=Smith\\, Zoë,OU=People")
    directory.put("2", manager="cn=smith\\2c zoë, ou=people")
    directory.run(IMPORT)
    assert targets() == {("2", "cn=smith\\2c zoë, ou=people"): "1"}


def test_external_id_answers_before_a_name(directory: InMemory) -> None:
    directory.put("1", dn="2")
    directory.put("2")
    directory.put("3", manager="2")
    directory.run(IMPORT)
    assert targets() == {("3", "2"): "2"}


def test_two_answers_are_no_answer(directory: InMemory) -> None:
    directory.put("1", dn="cn=a")
    directory.put("2", dn="CN=A")
    directory.put("3", manager="cn=a")
    assert directory.run(IMPORT).items[2] == ("3", "Add", UNRESOLVED, "CsoAdded:1")
    assert targets() == {("3", "cn=a"): None}


def test_obsolete_object_answers_when_nothing_else_does(directory: InMemory) -> None:
    directory.put("1", dn="cn=a")
    directory.put("0")
    directory.run(IMPORT)
    directory.remove("1")
    directory.put("2", manager="cn=a")
    directory.run(IMPORT)
    assert targets() == {("2", "cn=a"): "1"}


def test_living_object_answers_before_an_obsolete_one(directory: InMemory) -> None:
    directory.put("1", dn="cn=a")
    directory.put("0")
    directory.run(IMPORT)
    directory.remove("1")
    directory.put("2", dn="cn=a")
    directory.put("3", manager="cn=a")
    directory.run(IMPORT)
    assert targets() == {("3", "cn=a"): "2"}


def test_unresolved_reference_is_said_once_and_costs_nothing_else(directory: InMemory) -> None:
    directory.put("1", name="Zoë", manager="nobody", members=("a", "b", "c", "d"))
    directory.put("2")

    run = directory.run(IMPORT)

    assert (run.status, run.items[0]) == (
        ActivityStatus.COMPLETE_WITH_ERROR,
        ("1", "Add", UNRESOLVED, "CsoAdded:1"),
    )
    assert run.errors == [
        (
            "1",
            UNRESOLVED,
            "5 references name nothing known: manager nobody, members a, members b …; "
            "the values are kept and resolved by a later import",
        )
    ]
    assert (run.counters["objectErrors"], run.counters["objectChanges"], run.counters["CsoAdded"]) == (1, 1, 2)
    assert ConnectorSpaceObject.objects.get(external_id="1").display_name == "Zoë"
    assert directory.run(IMPORT).items == []

    directory.put("1", name="Zoe")
    assert directory.run(IMPORT).items == [("1", "Update", UNRESOLVED, "CsoUpdated:1")]


def test_reference_is_resolved_by_a_later_import(directory: InMemory) -> None:
    directory.put("1", manager="2")
    directory.run(IMPORT)
    directory.put("2")
    assert directory.run(IMPORT).items == [("2", "Add", None, "CsoAdded:1")]
    assert targets() == {("1", "2"): "2"}


def test_one_member_more_writes_one_row(directory: InMemory) -> None:
    for number in ("1", "2", "3"):
        directory.put(number)
    directory.put("group", members=("1", "2"))
    directory.run(IMPORT)
    before = set(CsoReference.objects.values_list("change_number", "text", "target_id"))

    directory.put("group", members=("3", "2", "1"))
    assert directory.run(IMPORT).items == [("group", "Update", None, "CsoUpdated:1")]

    rows = set(CsoReference.objects.values_list("change_number", "text", "target_id"))
    assert (before - rows, [text for _, text, _ in rows - before]) == (set(), ["3"])
    directory.put("group", members=("3",))
    directory.run(IMPORT)
    assert targets() == {("group", "3"): "3"}


def test_reference_to_an_object_that_synchronisation_removed_keeps_its_text(directory: InMemory) -> None:
    identities("Name")
    import_rule(directory, {"Name": "name"})
    directory.put("1", manager="2")
    directory.put("2")
    directory.run(IMPORT)
    directory.run(SYNC)
    directory.remove("2")
    directory.run(IMPORT)
    assert targets() == {("1", "2"): "2"}

    directory.run(SYNC)
    assert targets() == {("1", "2"): None}
    directory.put("2")
    directory.run(IMPORT)
    assert targets() == {("1", "2"): "2"}


def test_page_that_has_enough_references_ends_and_the_next_goes_on(
    directory: InMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "REFERENCES_A_PAGE", 2)
    for number in ("1", "2"):
        directory.put(number, members=("1", "2"))
    directory.put("3", members=("1",))
    directory.put("4")

    assert [item[0] for item in directory.run(IMPORT).items] == ["1", "2", "3", "4"]
    expected = {("1", "1"): "1", ("1", "2"): "2", ("2", "1"): "1", ("2", "2"): "2", ("3", "1"): "1"}
    assert targets() == expected

    directory.put("2", members=("4",))
    directory.put("3", members=())
    assert [item[0] for item in directory.run(IMPORT).items] == ["2", "3"]
    assert targets() == {("1", "1"): "1", ("1", "2"): "2", ("2", "4"): "4"}
