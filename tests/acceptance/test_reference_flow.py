"""References flow inbound and outbound, whichever end came first (engine.md sections 5.6 and 6)."""

from collections.abc import Iterator

import pytest

from activities.models import RunType
from synchronisation.models import (
    ChangedJoin,
    PendingExport,
    RemovedReference,
)
from tests.acceptance.installation import import_rule, matching_rule, memory_connector
from tests.acceptance.references import (
    INFLOWS,
    Company,
    company,
    metaverse,
    queued,
    source,
)
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
DELTA_SYNC = RunType.DELTA_SYNCHRONISATION
SYNCHRONISATIONS = [SYNC, DELTA_SYNC]
PROJECTED = "Projected:1,AttributeFlow:2,PendingExportCreated:1"


@pytest.fixture
def firm(memory_connector: None) -> Iterator[Company]:
    yield company()
    empty_queue()


def deliver(firm: Company) -> None:
    """What is queued arrives in the directory and is confirmed."""
    firm.directory.run(EXPORT)
    firm.directory.run(IMPORT)
    firm.directory.run(DELTA_SYNC)


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_references_flow_with_the_objects_and_are_counted_on_their_items(firm: Company, kind: RunType) -> None:
    firm.hr.put("1", name="Ann", manager="3")
    firm.hr.put("2", name="Team", members=("1", "3"))
    firm.hr.put("3", name="Zoë", manager="3")
    firm.hr.run(IMPORT)

    run = firm.hr.run(kind)

    summary = "Projected:1,AttributeFlow:3,PendingExportCreated:1"
    assert run.items == [("1", "Add", None, summary), ("2", "Add", None, summary), ("3", "Add", None, summary)]
    assert (run.counters["AttributeFlow"], run.counters["PendingExportCreated"], run.counters["unchanged"]) == (9, 3, 0)
    assert metaverse() == {("1", "Manager", "3"), ("2", "Members", "1"), ("2", "Members", "3"), ("3", "Manager", "3")}
    assert queued() == {
        ("1", "boss", "+", "3"), ("2", "member", "+", "1"), ("2", "member", "+", "3"), ("3", "boss", "+", "3"),
    }  # fmt: skip
    assert (ChangedJoin.objects.count(), RemovedReference.objects.count()) == (0, 0)


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_synchronisation_done_again_changes_nothing(firm: Company, kind: RunType) -> None:
    firm.hr.put("1", manager="2")
    firm.hr.put("2", members=("1",))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    before = (metaverse(), queued())

    run = firm.hr.run(kind)

    assert (run.items, metaverse(), queued()) == ([], *before)
    assert run.counters.get("objectErrors", 0) == run.counters.get("AttributeFlow", 0) == 0


def test_member_added_and_removed(firm: Company) -> None:
    for number in ("1", "2", "3"):
        firm.hr.put(number)
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    deliver(firm)
    firm.hr.put("team", members=("2", "3"))
    firm.hr.run(IMPORT)

    run = firm.hr.run(DELTA_SYNC)

    assert run.items == [("team", "Update", None, "AttributeFlow:1,PendingExportCreated:1")]
    assert (run.counters["objectsProcessed"], run.counters["unchanged"]) == (1, 0)
    assert metaverse() == {("team", "Members", "2"), ("team", "Members", "3")}
    assert queued() == {("team", "member", "+", "3"), ("team", "member", "-", "1")}


def test_wish_taken_back_before_it_left_is_withdrawn(firm: Company) -> None:
    firm.hr.put("1")
    firm.hr.put("team")
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    deliver(firm)
    for members in (("1",), ()):
        firm.hr.put("team", members=members)
        firm.hr.run(IMPORT)
        firm.hr.run(DELTA_SYNC)
    assert (metaverse(), queued(), PendingExport.objects.count()) == (set(), set(), 0)


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_group_imported_before_its_members(firm: Company, kind: RunType) -> None:
    firm.hr.put("team", members=("1",))
    firm.hr.run(IMPORT)
    assert firm.hr.run(kind).items == [("team", "Add", None, "Projected:1,AttributeFlow:1,PendingExportCreated:1")]
    assert metaverse() == set()
    firm.hr.put("1")
    assert firm.hr.run(IMPORT).items == [("1", "Add", None, "CsoAdded:1")]

    run = firm.hr.run(kind)

    assert run.items == [
        ("1", "Add", None, "Projected:1,AttributeFlow:1,PendingExportCreated:1"),
        ("team", "Update", None, "AttributeFlow:1,PendingExportCreated:1"),
    ]
    assert metaverse() == {("team", "Members", "1")}
    assert queued() == {("team", "member", "+", "1")}


def two_sources() -> tuple[Company, object]:
    firm = company()
    groups = source("Groups")
    import_rule(groups, INFLOWS)
    matching_rule(groups, "id", "Id")
    return firm, groups
