"""References flow inbound and outbound, whichever end came first (engine.md sections 5.6 and 6)."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from activities.models import ActivityStatus, RunType
from connectors.contract import AttributeType
from synchronisation.engine import references, run
from synchronisation.engine.errors import StopRequestedError
from synchronisation.models import (
    ChangedJoin,
    ConnectorSpaceObject,
    Join,
    MetaverseReference,
    ObjectType,
    PendingExport,
    RemovedReference,
    SyncRule,
)
from tests.acceptance.installation import (
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
    memory_connector,
)
from tests.acceptance.references import (
    INFLOWS,
    OUTFLOWS,
    Company,
    company,
    deliver,
    holders,
    metaverse,
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
SYNCHRONISATIONS = [SYNC, DELTA_SYNC]
FLOWED = "AttributeFlow:1,PendingExportCreated:1"


@pytest.fixture(autouse=True)
def no_messages(memory_connector: None) -> Iterator[None]:
    yield
    empty_queue()


@pytest.fixture
def firm(no_messages: None) -> Company:
    return company()


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
    deliver(firm.directory)
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
    deliver(firm.directory)
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


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_referenced_person_is_deleted(firm: Company, kind: RunType) -> None:
    firm.hr.put("1", manager="2")
    firm.hr.put("2")
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    deliver(firm.directory)
    firm.hr.remove("2")
    firm.hr.run(IMPORT)

    run = firm.hr.run(kind)

    assert run.items == [
        ("2", "Delete", None, "Disconnected:1,MvoDeleted:1"),
        ("1", "Update", None, FLOWED),
        ("team", "Update", None, FLOWED),
    ]
    assert metaverse() == {("team", "Members", "1")}
    assert queued() == {("1", "boss", "-", "2"), ("team", "member", "-", "2")}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_group_is_deleted_with_what_was_queued_for_it(firm: Company, kind: RunType) -> None:
    firm.hr.put("1")
    firm.hr.put("team", members=("1",))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    firm.hr.remove("team")
    firm.hr.run(IMPORT)

    firm.hr.run(kind)

    assert (metaverse(), queued()) == (set(), set())
    assert list(ConnectorSpaceObject.objects.values_list("external_id", flat=True)) == ["1", "1"]


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_member_is_provisioned_later(no_messages: None, kind: RunType) -> None:
    """It has no account until it has a name."""
    people_and_groups()
    hr, directory = source("HR"), target("Directory")
    import_rule(hr, INFLOWS)
    export_rule(directory, {**OUTFLOWS, "uid": '=mv["Name"] + "@x"'})
    hr.put("1")
    hr.put("team", name="team", members=("1",))
    hr.run(IMPORT)
    hr.run(SYNC)
    assert (metaverse(), queued()) == ({("team", "Members", "1")}, set())
    hr.put("1", name="Ann")
    hr.run(IMPORT)

    run = hr.run(kind)

    assert run.items == [
        ("1", "Update", None, FLOWED),
        ("team", "Update", None, "PendingExportCreated:1"),
    ]
    assert queued() == {("team@x", "member", "+", "Ann@x")}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_object_whose_external_id_changed_keeps_its_references(no_messages: None, kind: RunType) -> None:
    """It is a delete plus an add, and the add finds its identity."""
    people_and_groups()
    hr = source("HR")
    import_rule(hr, {"Name": "name", "Manager": "manager", "Members": "members"})
    matching_rule(hr, "name", "Name")
    hr.put("1", name="Ann", manager="2")
    hr.put("2", name="Zoë")
    hr.put("team", name="Team", members=("1",))
    hr.run(IMPORT)
    hr.run(SYNC)
    before = set(MetaverseReference.objects.values_list("mvo_id", "attribute_id", "target_id"))
    hr.remove("1")
    hr.put("11", name="Ann", manager="2")
    hr.put("team", members=("11",))
    hr.run(IMPORT)

    hr.run(kind)

    assert set(MetaverseReference.objects.values_list("mvo_id", "attribute_id", "target_id")) == before
    assert metaverse() == {("11", "Manager", "2"), ("team", "Members", "11")}


def second_source(firm: Company, *, priority: int) -> InMemory:
    """Another system that knows the same people and groups; its rule has this priority, HR's has 2."""
    groups = source("Groups")
    import_rule(groups, {"Members": "members", "Manager": "manager"}, projects=False)
    matching_rule(groups, "id", "Id")
    for name, number in (("HR Import", 2), ("Groups Import", priority)):
        SyncRule.objects.get(name=name).mappings.update(priority=number)
    return groups


@pytest.mark.parametrize("first", ["HR", "Groups"])
@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_contributor_with_the_better_priority_holds_the_whole_attribute(
    firm: Company, first: str, kind: RunType
) -> None:
    groups = second_source(firm, priority=1)
    for system, members in ((firm.hr, ("1", "2")), (groups, ("2", "3"))):
        for number in ("1", "2", "3"):
            system.put(number)
        system.put("team", members=members)
        system.run(IMPORT)
    firm.hr.put("team", members=())
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)

    for system in (firm.hr, groups) if first == "HR" else (groups, firm.hr):
        system.run(kind)

    assert (metaverse(), holders()) == ({("team", "Members", "2"), ("team", "Members", "3")}, {"Groups Import"})
    assert queued() == {("team", "member", "+", "2"), ("team", "member", "+", "3")}


def test_holder_that_lets_go_passes_the_attribute_on(firm: Company) -> None:
    groups = second_source(firm, priority=1)
    for system, members in ((firm.hr, ("1", "2")), (groups, ("2", "3"))):
        for number in ("1", "2", "3"):
            system.put(number)
        system.put("team", members=members)
        system.run(IMPORT)
        system.run(SYNC)
    groups.put("team", members=())
    groups.run(IMPORT)

    assert groups.run(DELTA_SYNC).items == [("team", "Update", None, FLOWED)]

    assert (metaverse(), holders()) == ({("team", "Members", "1"), ("team", "Members", "2")}, {"HR Import"})
    assert queued() == {("team", "member", "+", "1"), ("team", "member", "+", "2")}


def test_no_value_may_be_a_value(firm: Company) -> None:
    groups = second_source(firm, priority=1)
    SyncRule.objects.get(name="Groups Import").mappings.update(null_is_value=True)
    firm.hr.put("1")
    firm.hr.put("team", members=("1",))
    groups.put("team")
    for system in (firm.hr, groups):
        system.run(IMPORT)
        system.run(SYNC)
    assert metaverse() == set()


@pytest.mark.parametrize(
    ("recalls", "expected"),
    [(True, set()), (False, {("team", "Members", "1")})],
    ids=["recalled", "kept"],
)
@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_values_of_an_object_that_left(
    firm: Company, kind: RunType, recalls: bool, expected: set[tuple[str, str, str]]
) -> None:
    """Held by nobody, they stay until somebody has a value."""
    identities(deletion_rule="Manual")
    groups = second_source(firm, priority=1)
    ObjectType.objects.filter(system=groups.system).update(remove_contributed_attributes_on_obsoletion=recalls)
    firm.hr.put("1")
    firm.hr.put("team")
    for number in ("1", "2"):
        groups.put(number)
    groups.put("team", members=("1",))
    for system in (firm.hr, groups):
        system.run(IMPORT)
        system.run(SYNC)
    groups.remove("team")
    groups.run(IMPORT)

    groups.run(kind)

    assert metaverse() == expected
    assert holders() == ({None} if expected else set())
    firm.hr.put("2")
    firm.hr.put("team", members=("2",))
    firm.hr.run(IMPORT)
    firm.hr.run(DELTA_SYNC)
    assert (metaverse(), holders()) == ({("team", "Members", "2")}, {"HR Import"})


def test_rule_that_is_gone_gives_no_values_after_a_full_synchronisation(firm: Company) -> None:
    firm.hr.put("1", manager="1")
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    SyncRule.objects.get(name="HR Import").mappings.get(target_metaverse_attribute__name="Manager").delete()
    assert firm.hr.run(DELTA_SYNC).items == []
    assert metaverse() == {("1", "Manager", "1")}
    firm.hr.run(SYNC)
    assert (metaverse(), queued()) == (set(), set())


def test_first_source_with_a_value_counts(no_messages: None) -> None:
    """Several sources of one mapping, on the way in and on the way out."""
    people_and_groups()
    types = {"deputies": AttributeType.REFERENCE, "Deputies": AttributeType.REFERENCE}
    identities("Deputies", types=types, several=("Deputies",))
    hr = in_memory(
        "HR", "id", "deputies", "members", types={**types, "members": AttributeType.REFERENCE},
        several=("deputies", "members"),
    )  # fmt: skip
    directory = target("Directory")
    import_rule(hr, {"Id": "id", "Deputies": "deputies", "Members": "members"})
    matching_rule(hr, "id", "Id")
    rule = export_rule(directory, {"uid": "Id", "member": "Members"})
    inbound = SyncRule.objects.get(name="HR Import").mappings.get(target_metaverse_attribute__name="Deputies")
    inbound.sources.create(order=1, attribute=hr.attribute("members"))
    outbound = rule.mappings.get(target_attribute__name="member")
    deputies = inbound.target_metaverse_attribute
    outbound.sources.create(order=1, metaverse_attribute=deputies)
    hr.put("1")
    hr.put("2")
    hr.put("a", members=("1",))
    hr.put("b", deputies=("2",))
    hr.run(IMPORT)
    hr.run(SYNC)
    assert metaverse() == {("a", "Deputies", "1"), ("a", "Members", "1"), ("b", "Deputies", "2")}
    assert queued() == {("a", "member", "+", "1"), ("b", "member", "+", "2")}

    hr.put("a", deputies=("2",), members=("1",))
    hr.put("b", deputies=("1",), members=("1", "2"))
    hr.run(IMPORT)
    hr.run(DELTA_SYNC)

    assert metaverse() == {
        ("a", "Deputies", "2"), ("a", "Members", "1"),
        ("b", "Deputies", "1"), ("b", "Members", "1"), ("b", "Members", "2"),
    }  # fmt: skip
    assert queued() == {("a", "member", "+", "1"), ("b", "member", "+", "1"), ("b", "member", "+", "2")}


SEVERAL_IN = (
    "Manager takes one reference, and there are several; none of them flows. "
    "Correct the data, or map a single-valued attribute"
)


def test_several_values_for_an_attribute_that_takes_one(no_messages: None) -> None:
    """Said by every run until the data is right; what was there stays. The first run looks at nothing else."""
    people_and_groups()
    hr = source("HR")
    import_rule(hr, {"Id": "id", "Manager": "members"})
    for number in ("1", "2"):
        hr.put(number)
    hr.put("3", members=("1",))
    hr.run(IMPORT)
    hr.run(SYNC)
    hr.put("3", members=("1", "2"))
    hr.run(IMPORT)

    for status in (ActivityStatus.FAILED_WITH_ERROR, ActivityStatus.COMPLETE_WITH_ERROR):
        run = hr.run(DELTA_SYNC)
        assert run.errors == [("3", "MultiValuedToSingleValued", SEVERAL_IN)]
        assert (metaverse(), run.activity.status) == ({("3", "Manager", "1")}, status)

    hr.put("3", members=("2",))
    hr.run(IMPORT)
    assert hr.run(DELTA_SYNC).items == [("3", "Update", None, "AttributeFlow:1")]
    assert metaverse() == {("3", "Manager", "2")}
    assert ChangedJoin.objects.count() == 0


def test_several_values_for_an_account_that_takes_one(no_messages: None) -> None:
    people_and_groups()
    hr, directory = source("HR"), target("Directory")
    import_rule(hr, INFLOWS)
    export_rule(directory, {"uid": "Id", "boss": "Members"})
    hr.put("1", members=("1", "2"))
    hr.put("2", members=("1",))
    hr.run(IMPORT)

    run = hr.run(SYNC)

    message = SEVERAL_IN.replace("Manager", "boss")
    assert (run.errors, queued()) == ([("1", "MultiValuedToSingleValued", message)], {("2", "boss", "+", "1")})
    hr.put("1", members=("2",))
    hr.run(IMPORT)
    assert hr.run(DELTA_SYNC).errors == []
    assert queued() == {("1", "boss", "+", "2"), ("2", "boss", "+", "1")}


def test_another_value_takes_the_place_of_the_one(firm: Company) -> None:
    """No removal is queued beside it: between the two the account would have none."""
    for number in ("1", "2"):
        firm.hr.put(number)
    firm.hr.put("3", manager="1")
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    deliver(firm.directory)
    firm.hr.put("3", manager="2")
    firm.hr.run(IMPORT)

    assert firm.hr.run(DELTA_SYNC).items == [("3", "Update", None, FLOWED)]

    assert (metaverse(), queued()) == ({("3", "Manager", "2")}, {("3", "boss", "+", "2")})


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_what_somebody_did_in_the_target_is_put_right(firm: Company, kind: RunType) -> None:
    for number in ("1", "2", "3"):
        firm.hr.put(number)
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    deliver(firm.directory)
    firm.directory.put("team", member=("2", "3", "a stranger"))
    firm.directory.run(IMPORT)

    run = firm.directory.run(kind)

    assert run.items == [("team", "Update", None, "DriftCorrection:1,PendingExportCreated:1")]
    assert queued() == {("team", "member", "+", "1"), ("team", "member", "-", "3")}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_rule_that_does_not_enforce_exports_changes_only(no_messages: None, kind: RunType) -> None:
    firm = company(enforces_state=False)
    for number in ("1", "2", "3"):
        firm.hr.put(number)
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    deliver(firm.directory)
    firm.directory.put("team", member=("3",))
    firm.directory.run(IMPORT)
    firm.directory.run(kind)
    firm.hr.run(kind)
    assert queued() == set()
    firm.hr.put("team", members=("2",))
    firm.hr.run(IMPORT)

    firm.hr.run(kind)

    assert queued() == set()  # the directory has lost it already
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)
    firm.hr.run(kind)
    assert queued() == {("team", "member", "+", "1")}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
@pytest.mark.parametrize("enforces", [True, False])
def test_account_that_is_joined_gets_all_references_once(no_messages: None, kind: RunType, enforces: bool) -> None:
    firm = company(enforces_state=enforces)
    firm.directory.put("1")
    firm.directory.put("team", member=("team",))
    firm.directory.run(IMPORT)
    firm.hr.put("1", manager="team")
    firm.hr.put("team", members=("1",))
    firm.hr.run(IMPORT)
    for _ in range(2):
        firm.hr.run(kind)
        firm.directory.run(kind)
    assert queued() == {("1", "boss", "+", "team"), ("team", "member", "+", "1"), ("team", "member", "-", "team")}


def test_reference_that_is_written_into_new_objects_only(no_messages: None) -> None:
    firm = company()
    mappings = SyncRule.objects.get(name="Directory Export").mappings
    mappings.filter(target_attribute__name="boss").update(initial_only=True)
    firm.hr.put("1")
    firm.hr.put("2", manager="1")
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    assert queued() == {("2", "boss", "+", "1")}
    deliver(firm.directory)
    firm.hr.put("2", manager="2")
    firm.hr.run(IMPORT)
    assert firm.hr.run(SYNC).items == [("2", "Update", None, "AttributeFlow:1")]
    assert (metaverse(), queued()) == ({("2", "Manager", "2")}, set())


def test_reference_whose_target_changes_hands(no_messages: None) -> None:
    """The name of one object is another's now; what refers to it means the other."""
    people_and_groups()
    hr = source("HR", secondary="dn")
    import_rule(hr, INFLOWS)
    hr.put("1", dn="cn=boss")
    hr.put("2", dn="cn=other")
    hr.put("3", manager="cn=boss")
    hr.run(IMPORT)
    hr.run(SYNC)
    hr.put("1", dn="cn=former")
    assert hr.run(IMPORT).items == [("1", "Update", None, "CsoUpdated:1")]
    hr.run(DELTA_SYNC)
    assert metaverse() == {("3", "Manager", "1")}  # a directory renames the value with its object
    hr.put("2", dn="cn=boss")
    hr.run(IMPORT)

    assert hr.run(DELTA_SYNC).items == [("3", "Update", None, "AttributeFlow:1")]

    assert metaverse() == {("3", "Manager", "2")}


def test_reference_that_two_objects_answer_to_now_is_said_to_be_lost(no_messages: None) -> None:
    people_and_groups()
    hr = source("HR", secondary="dn")
    import_rule(hr, INFLOWS)
    hr.put("1", dn="cn=boss")
    hr.put("9", manager="cn=boss")
    hr.run(IMPORT)
    hr.run(SYNC)
    hr.put("1", dn="cn=former")
    hr.put("2", dn="cn=boss")
    hr.put("3", dn="CN=Boss")

    run = hr.run(IMPORT)

    assert run.items[-1] == ("9", "Update", "UnresolvedReference", None)
    assert (run.counters["unchanged"], run.counters["objectErrors"], run.counters["objectChanges"]) == (0, 1, 3)
    hr.run(DELTA_SYNC)
    assert metaverse() == set()


def cancel(run: object) -> None:
    raise StopRequestedError(cancelled=True)


def test_what_a_cancelled_run_joined_flows_with_the_next(firm: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    firm.hr.put("team", members=("1",))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    firm.hr.put("1", manager="team")
    firm.hr.run(IMPORT)
    phases = [replace(p, work=cancel) if p.name == "Flowing references" else p for p in run.PIPELINES[DELTA_SYNC]]
    with monkeypatch.context() as patch:
        patch.setitem(run.PIPELINES, DELTA_SYNC, tuple(phases))
        assert firm.hr.run(DELTA_SYNC).status == ActivityStatus.CANCELLED
    assert (metaverse(), Join.objects.count()) == (set(), 4)

    firm.hr.run(DELTA_SYNC)

    assert metaverse() == {("1", "Manager", "team"), ("team", "Members", "1")}
    assert queued() == {("1", "boss", "+", "team"), ("team", "member", "+", "1")}


def test_scalars_alone_cost_the_phase_nothing(no_messages: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imported and not mapped: no row of the phase is written, no statement of it runs."""
    people_and_groups(deletion_rule="WhenAuthoritativeSourceDisconnected")
    hr = source("HR")
    identities().deletion_trigger_systems.add(hr.system)
    import_rule(hr, {"Id": "id"})
    matching_rule(hr, "id", "Id")
    hr.put("1", manager="2")
    hr.put("2", members=("1",))
    monkeypatch.setattr(references, "_Phase", None)
    for _ in range(2):
        assert hr.run(IMPORT).status == hr.run(DELTA_SYNC).status == ActivityStatus.COMPLETE
        hr.put("2", members=())
        hr.remove("1")
    assert (ChangedJoin.objects.count(), RemovedReference.objects.count()) == (0, 0)
