"""References leave with their objects or follow them, and imports confirm them (engine.md sections 6 and 7)."""

from collections.abc import Iterator

import pytest

from activities.models import ActivityStatus, RunType
from connectors.contract import ObjectFault
from synchronisation.engine import outgoing_references, retry
from synchronisation.engine.pages import Run
from synchronisation.models import (
    ConnectedSystem,
    ConnectorSpaceObject,
    CsoReference,
    PendingExport,
    PendingExportReference,
)
from synchronisation.rules.values import reference_fingerprint
from tests.acceptance.installation import InMemory, export_rule, import_rule, matching_rule, memory_connector
from tests.acceptance.references import (
    INFLOWS,
    OUTFLOWS,
    Company,
    company,
    people_and_groups,
    queued,
    source,
    target,
)
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
DELTA_SYNC = RunType.DELTA_SYNCHRONISATION
EXPORTED, CONFIRMED = "Exported:1", "CsoUpdated:1,PendingExportConfirmed:1"


@pytest.fixture(autouse=True)
def no_messages(memory_connector: None) -> Iterator[None]:
    yield
    empty_queue()


def staff(firm: Company) -> None:
    """Two people, one of whom leads the other, and their team."""
    firm.hr.put("1", manager="2")
    firm.hr.put("2")
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)


def accounts(directory: InMemory) -> dict[str, dict[str, object]]:
    """What the accounts refer to, by external ID."""
    return {
        external_id: {
            name: tuple(sorted(value)) if isinstance(value := values[name], tuple) else value
            for name in ("boss", "member")
            if name in values
        }
        for external_id, values in directory.objects().items()
    }


STAFF = {"1": {"boss": "2"}, "2": {}, "team": {"member": ("1", "2")}}


def test_references_leave_with_their_objects_when_these_have_names(no_messages: None) -> None:
    firm = company()
    staff(firm)

    run = firm.directory.run(EXPORT)

    assert run.items == [("1", "Add", None, EXPORTED), ("2", "Add", None, EXPORTED), ("team", "Add", None, EXPORTED)]
    assert (accounts(firm.directory), queued()) == (STAFF, set())
    assert len(queued(status="Exported")) == 3

    run = firm.directory.run(IMPORT)

    assert run.items == [(name, "Update", None, CONFIRMED) for name in ("1", "2", "team")]
    assert run.counters["PendingExportConfirmed"] == 3
    assert (PendingExport.objects.count(), PendingExportReference.objects.count()) == (0, 0)
    assert [firm.directory.run(kind).items for kind in (DELTA_SYNC, SYNC, EXPORT, IMPORT)] == [[], [], [], []]
    assert firm.hr.run(SYNC).items == []


@pytest.mark.parametrize("setting", ["Target_Gives_Identifiers", "Checks_References"])
def test_references_to_objects_that_are_not_there_yet_follow_in_the_same_run(no_messages: None, setting: str) -> None:
    """Two passes, one item an object. A target may give the identifiers, or refuse to name what it does not have."""
    people_and_groups()
    hr, directory = source("HR"), target("Directory", **{setting: True})
    import_rule(hr, INFLOWS)
    flows = dict(OUTFLOWS)
    if setting == "Target_Gives_Identifiers":
        del flows["uid"]
    export_rule(directory, flows)
    firm = Company(hr, directory)
    staff(firm)
    unresolved = PendingExport.objects.filter(has_unresolved_references=True).count()
    assert unresolved == (2 if setting == "Target_Gives_Identifiers" else 0)

    run = directory.run(EXPORT)

    assert (run.status, [item[1:] for item in run.items]) == (ActivityStatus.COMPLETE, [("Add", None, EXPORTED)] * 3)
    assert (run.counters["Exported"], run.counters["objectsProcessed"]) == (3, 3)
    names = {values.get("cn", external_id): external_id for external_id, values in directory.objects().items()}
    assert len(names) == 3
    assert sorted(len(refers) for refers in accounts(directory).values()) == [0, 1, 1]
    assert PendingExport.objects.filter(has_unresolved_references=True).count() == 0
    directory.run(IMPORT)
    assert PendingExport.objects.count() == 0


def test_reference_to_an_object_that_could_not_be_created_waits_for_it(no_messages: None) -> None:
    firm = company(Checks_References=True)
    staff(firm)
    firm.directory.store.failures["1"] = "no"

    assert firm.directory.run(EXPORT).errors == [("1", "UnhandledError", "no")]

    assert accounts(firm.directory) == {"2": {}, "team": {"member": "2"}}
    assert queued() == {("1", "boss", "+", "2"), ("team", "member", "+", "1")}
    firm.directory.run(IMPORT)
    firm.directory.store.failures.clear()
    PendingExport.objects.update(next_retry=None, status="Pending")

    run = firm.directory.run(EXPORT)

    assert run.items == [("1", "Add", None, EXPORTED), ("team", "Update", None, EXPORTED)]
    assert accounts(firm.directory) == STAFF
    firm.directory.run(IMPORT)
    assert PendingExport.objects.count() == 0


def test_reference_that_the_target_refuses_is_tried_again(no_messages: None) -> None:
    firm = company()
    staff(firm)
    firm.directory.run(EXPORT)
    firm.directory.run(IMPORT)
    firm.hr.put("team", members=("1",))
    firm.hr.put("2", manager="1")
    firm.hr.run(IMPORT)
    firm.hr.run(DELTA_SYNC)
    firm.directory.store.failures["team"] = "not now"

    run = firm.directory.run(EXPORT)

    assert run.items == [("2", "Update", None, EXPORTED), ("team", "Update", "UnhandledError", None)]
    export = PendingExport.objects.get(status="ExportNotConfirmed")
    assert (export.error_count, export.last_error_message, queued()) == (1, "not now", {("team", "member", "-", "2")})
    assert firm.directory.run(EXPORT).items == []  # not due yet
    firm.directory.store.failures.clear()
    PendingExport.objects.update(next_retry=export.created)
    assert firm.directory.run(EXPORT).items == [("team", "Update", None, EXPORTED)]
    assert accounts(firm.directory) == {"1": {"boss": "2"}, "2": {"boss": "1"}, "team": {"member": "1"}}


def test_reference_that_an_import_does_not_find_is_queued_again_and_fails_at_last(no_messages: None) -> None:
    firm = company()
    ConnectedSystem.objects.filter(name="Directory").update(max_export_attempts=2)
    staff(firm)
    firm.directory.run(EXPORT)
    firm.directory.put("team", member=("1",))

    run = firm.directory.run(IMPORT)

    assert run.items[2] == ("team", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1,PendingExportRetrying:1")
    assert (run.counters["PendingExportConfirmed"], queued()) == (3, {("team", "member", "+", "2")})
    PendingExport.objects.update(next_retry=None, status="Pending")
    firm.directory.run(EXPORT)
    firm.directory.put("team", member=("1",))

    run = firm.directory.run(IMPORT)

    message = "Directory does not show what was exported to it"
    assert run.errors == [("team", "ExportConfirmationFailed", message)]
    assert run.items == [("team", "Update", "ExportConfirmationFailed", "PendingExportFailed:1")]
    assert list(PendingExport.objects.values_list("status", "error_count")) == [("Failed", 2)]
    assert firm.hr.run(SYNC).items == []  # the same wish queues nothing again
    firm.directory.put("team", member=("1", "2"))
    firm.directory.run(IMPORT)
    assert PendingExport.objects.count() == 0


def test_change_that_somebody_else_was_faster_with_is_done(no_messages: None) -> None:
    firm = company()
    staff(firm)
    firm.directory.run(EXPORT)
    firm.directory.run(IMPORT)
    firm.hr.put("team", members=("2",))
    firm.hr.run(IMPORT)
    firm.hr.run(DELTA_SYNC)
    firm.directory.put("team", member=("2",))

    firm.directory.run(IMPORT)

    assert PendingExport.objects.count() == 0


def test_object_that_was_not_read_keeps_waiting(no_messages: None) -> None:
    firm = company()
    staff(firm)
    firm.directory.run(EXPORT)
    firm.directory.store.faults["team"] = unreadable()
    firm.directory.run(IMPORT)
    assert len(queued(status="Exported")) == 2
    firm.directory.store.faults.clear()
    firm.directory.run(IMPORT)
    assert PendingExport.objects.count() == 0


def unreadable() -> ObjectFault:
    return ObjectFault("InvalidAttributeValue", "unreadable")


@pytest.mark.parametrize("page_size", [1, 2_000])
def test_target_that_confirms_itself_shows_the_references_at_once(
    no_messages: None, monkeypatch: pytest.MonkeyPatch, page_size: int
) -> None:
    monkeypatch.setattr(Run, "page_size", page_size)
    firm = company(Confirms_Itself=True)
    staff(firm)

    firm.directory.run(EXPORT)

    assert (PendingExport.objects.count(), PendingExportReference.objects.count()) == (0, 0)
    assert shown(firm.directory) == {("1", "boss", "2"), ("team", "member", "1"), ("team", "member", "2")}
    assert_fingerprints(firm.directory)
    firm.hr.put("team", members=("2",))
    firm.hr.put("1", manager="1")
    firm.hr.run(IMPORT)
    firm.hr.run(DELTA_SYNC)
    firm.directory.run(EXPORT)
    assert shown(firm.directory) == {("1", "boss", "1"), ("team", "member", "2")}
    assert accounts(firm.directory) == {"1": {"boss": "1"}, "2": {}, "team": {"member": "2"}}
    assert_fingerprints(firm.directory)
    assert firm.directory.run(DELTA_SYNC).items == firm.directory.run(IMPORT).items == []


def shown(directory: InMemory) -> set[tuple[str, str, str]]:
    """(account, attribute, whom) of the reference rows of the connector space."""
    names = dict(ConnectorSpaceObject.objects.values_list("id", "external_id"))
    attributes = dict(directory.object_type.attributes.values_list("id", "name"))
    rows = CsoReference.objects.filter(system_id=directory.system.pk)
    return {
        (str(names[cso]), attributes[attribute], str(names[target]))
        for cso, attribute, target in rows.values_list("cso_id", "attribute_id", "target_id")
    }


def assert_fingerprints(directory: InMemory) -> None:
    """They are what the next import computes from the whole object."""
    for account in ConnectorSpaceObject.objects.filter(system=directory.system):
        rows = CsoReference.objects.filter(cso_id=account.pk).values_list("attribute_id", "text")
        expected = reference_fingerprint(list(rows))
        assert (account.reference_fingerprint and account.reference_fingerprint.hex) == expected


def test_members_are_named_and_removed_as_the_directory_calls_them(no_messages: None) -> None:
    """By distinguished name, and a removal by the very value that was read."""
    people_and_groups()
    hr, directory = source("HR"), target("Directory", secondary="dn")
    import_rule(hr, INFLOWS)
    matching_rule(hr, "id", "Id")
    export_rule(directory, {**OUTFLOWS, "dn": '="cn=" + mv["Id"] + ",ou=people"'})
    firm = Company(hr, directory)
    staff(firm)
    directory.run(EXPORT)
    assert accounts(directory)["team"] == {"member": ("cn=1,ou=people", "cn=2,ou=people")}
    directory.put("team", member=("CN=1, OU=People", "cn=2,ou=people"))
    directory.run(IMPORT)
    assert PendingExport.objects.count() == 0
    hr.put("team", members=("2",))
    hr.run(IMPORT)
    hr.run(DELTA_SYNC)

    directory.run(EXPORT)

    assert accounts(directory)["team"] == {"member": "cn=2,ou=people"}


def test_deleted_person_leaves_the_group_before_the_account_goes(no_messages: None) -> None:
    firm = company(deletes=True)
    ConnectedSystem.objects.update(deletion_threshold_percent=None)
    staff(firm)
    firm.directory.run(EXPORT)
    firm.directory.run(IMPORT)
    firm.hr.remove("2")
    firm.hr.run(IMPORT)
    assert ("2", "Delete", None, "Disconnected:1,MvoDeleted:1,PendingExportCreated:1") in firm.hr.run(DELTA_SYNC).items

    run = firm.directory.run(EXPORT)

    assert sorted(run.items) == [
        ("1", "Update", None, EXPORTED), ("2", "Delete", None, "Deprovisioned:1"), ("team", "Update", None, EXPORTED),
    ]  # fmt: skip
    assert accounts(firm.directory) == {"1": {}, "team": {"member": "1"}}
    firm.directory.run(IMPORT)
    firm.directory.run(DELTA_SYNC)
    assert (PendingExport.objects.count(), firm.hr.run(SYNC).items) == (0, [])


def test_wish_that_turns_while_the_other_is_on_its_way(no_messages: None) -> None:
    firm = company()
    staff(firm)
    firm.directory.run(EXPORT)
    firm.hr.put("team", members=("2",))
    firm.hr.run(IMPORT)
    firm.hr.run(DELTA_SYNC)
    assert queued() == {("team", "member", "-", "1")}
    assert len(queued(status="Exported")) == 3

    assert firm.directory.run(EXPORT).items == [("team", "Update", None, EXPORTED)]

    assert accounts(firm.directory)["team"] == {"member": "2"}
    firm.directory.run(IMPORT)
    assert PendingExport.objects.count() == 0


def test_group_larger_than_a_page_leaves_in_several_passes(no_messages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing_references, "VALUES_A_PAGE", 3)
    firm = company()
    people = [f"{number:02}" for number in range(10)]
    for number in people:
        firm.hr.put(number)
    firm.hr.put("team", members=people)
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)

    run = firm.directory.run(EXPORT)

    assert accounts(firm.directory)["team"] == {"member": tuple(people)}
    assert [item for item in run.items if item[0] == "team"] == [("team", "Add", None, EXPORTED)]
    firm.directory.run(IMPORT)
    assert PendingExport.objects.count() == 0


def test_store_that_goes_away_between_the_passes(no_messages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was marked leaves again, and ends as it would have."""
    monkeypatch.setattr(retry, "PAUSES_SECONDS", (0, 0, 0))
    firm = company(Checks_References=True)
    staff(firm)
    firm.directory.store.away_after = 4

    run = firm.directory.run(EXPORT)

    assert run.status == ActivityStatus.COMPLETE_WITH_WARNING
    assert (accounts(firm.directory), queued(), queued(status="Executing")) == (STAFF, set(), set())
