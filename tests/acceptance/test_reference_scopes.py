"""References of objects that enter and leave the scope of rules, and of identities that housekeeping deletes."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from activities.models import RunType
from synchronisation import tasks
from synchronisation.housekeeping import start_housekeeping
from synchronisation.models import ChangedJoin, MetaverseObject, SyncRule
from tests.acceptance.installation import (
    InMemory,
    ended,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
    memory_connector,
)
from tests.acceptance.references import REFERENCE, company, deliver, metaverse, people_and_groups, queued, target
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
DELTA_SYNC = RunType.DELTA_SYNCHRONISATION
SYNCHRONISATIONS = [SYNC, DELTA_SYNC]
FLOWED = "AttributeFlow:1,PendingExportCreated:1"


@pytest.fixture(autouse=True)
def no_messages(memory_connector: None) -> Iterator[None]:
    people_and_groups(deletion_rule="Manual")
    identities("Status")
    yield
    empty_queue()


def source(name: str = "HR") -> InMemory:
    """People with a status."""
    return in_memory(name, "id", "status", "members", types={"members": REFERENCE}, several=("members",))


IDENTITY = {"Id": "id", "Status": "status"}


def staff(hr: InMemory) -> None:
    for number in ("1", "2"):
        hr.put(number, status="active")
    hr.put("team", status="active", members=("1",))


def change(hr: InMemory, kind: RunType, **attributes: object) -> None:
    hr.put("team", **attributes)  # type: ignore[arg-type]
    hr.run(IMPORT)
    hr.run(kind)


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_object_out_of_scope_that_stays_joined_keeps_its_references_as_they_were(kind: RunType) -> None:
    hr = source()
    import_rule(hr, {**IDENTITY, "Members": "members"}, scope=("status", "active"), retains_join=True)
    staff(hr)
    hr.run(IMPORT)
    hr.run(SYNC)

    change(hr, kind, status="away", members=("2",))
    assert metaverse() == {("team", "Members", "1")}
    change(hr, kind, members=("1", "2"))
    assert metaverse() == {("team", "Members", "1")}
    change(hr, kind, status="active")
    assert metaverse() == {("team", "Members", "1"), ("team", "Members", "2")}
    assert ChangedJoin.objects.count() == 0


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_object_out_of_the_scope_of_one_rule_loses_what_that_gave(kind: RunType) -> None:
    hr = source()
    import_rule(hr, IDENTITY)
    SyncRule.objects.update(name="HR Everybody")
    import_rule(hr, {"Members": "members"}, scope=("status", "active"), projects=False)
    staff(hr)
    hr.run(IMPORT)
    hr.run(SYNC)

    change(hr, kind, status="away")
    assert metaverse() == set()
    change(hr, kind, members=("1", "2"))
    assert metaverse() == set()
    change(hr, kind, status="active")
    assert metaverse() == {("team", "Members", "1"), ("team", "Members", "2")}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_disconnected_object_takes_its_references_along(kind: RunType) -> None:
    hr = source()
    import_rule(hr, {**IDENTITY, "Members": "members"}, scope=("status", "active"))
    staff(hr)
    hr.run(IMPORT)
    hr.run(SYNC)
    hr.put("team", status="away")
    hr.run(IMPORT)

    assert hr.run(kind).items == [("team", "Update", None, "DisconnectedOutOfScope:1,AttributeFlow:3")]

    assert MetaverseObject.objects.count() == 3
    assert metaverse() == set()


@pytest.mark.parametrize("deletes", [True, False])
@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_member_whose_account_goes_leaves_the_group_there(kind: RunType, deletes: bool) -> None:
    """The identity stays a member in the metaverse. An account that is to be deleted comes back with the person."""
    hr, directory = source(), target("Directory")
    import_rule(hr, {**IDENTITY, "Members": "members"})
    import_rule(directory, {}, projects=False)
    matching_rule(directory, "uid", "Id")
    export_rule(directory, {"uid": "Id", "member": "Members"}, scope=("Status", "active"), deletes=deletes)
    staff(hr)
    hr.run(IMPORT)
    hr.run(SYNC)
    deliver(directory)
    hr.put("1", status="away")
    hr.run(IMPORT)

    hr.run(kind)

    assert metaverse() == {("team", "Members", "1")}
    assert queued() == {("team", "member", "-", "1")}
    hr.put("1", status="active")
    hr.run(IMPORT)
    hr.run(kind)
    if deletes:
        assert queued() == set()


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_export_rules_give_references_to_the_accounts_in_their_scope(kind: RunType) -> None:
    hr, directory = source(), target("Directory")
    import_rule(hr, {**IDENTITY, "Members": "members"})
    export_rule(directory, {"uid": "Id"})
    SyncRule.objects.filter(system=directory.system).update(name="Directory Everybody")
    export_rule(directory, {"member": "Members"}, scope=("Status", "active"), provisions=False)
    staff(hr)
    hr.put("board", status="secret", members=("1",))
    hr.run(IMPORT)
    hr.run(kind)
    assert queued() == {("team", "member", "+", "1")}


def test_identity_that_housekeeping_deletes_leaves_its_groups() -> None:
    firm = company(deletes=True)
    identities(deletion_grace_period=timedelta(days=30))
    firm.hr.put("1", manager="2")
    firm.hr.put("2")
    firm.hr.put("team", members=("1", "2"))
    firm.hr.run(IMPORT)
    firm.hr.run(SYNC)
    deliver(firm.directory)
    firm.hr.remove("2")
    firm.hr.run(IMPORT)
    firm.hr.run(DELTA_SYNC)
    assert queued() == {("1", "boss", "-", "2"), ("team", "member", "-", "2")}
    MetaverseObject.objects.filter(deletion_eligible__isnull=False).update(deletion_eligible=timezone.now())

    activity = start_housekeeping()
    assert activity is not None
    tasks.run(str(activity.pk))

    run = ended(activity)
    assert run.items == [(None, "Delete", None, "MvoDeleted:1,PendingExportCreated:1")]
    assert metaverse() == {("team", "Members", "1")}
    firm.directory.run(EXPORT)
    assert sorted(firm.directory.objects()) == ["1", "team"]


def test_member_known_from_elsewhere_leaves_with_the_identity() -> None:
    """HR is gone already; the group's own system still names the person, until housekeeping deletes the identity."""
    people_and_groups(deletion_rule="WhenAuthoritativeSourceDisconnected", deletion_grace_period=timedelta(days=30))
    hr, groups = source("HR"), source("Groups")
    identities().deletion_trigger_systems.add(hr.system)
    import_rule(hr, IDENTITY)
    matching_rule(hr, "id", "Id")
    import_rule(groups, {"Id": "id", "Members": "members"}, priority=2)
    matching_rule(groups, "id", "Id")
    for system in (hr, groups):
        staff(system)
        system.run(IMPORT)
        system.run(SYNC)
    hr.remove("1")
    hr.run(IMPORT)
    hr.run(DELTA_SYNC)
    assert metaverse() == {("team", "Members", "1")}
    MetaverseObject.objects.filter(deletion_eligible__isnull=False).update(deletion_eligible=timezone.now())

    activity = start_housekeeping()
    assert activity is not None
    tasks.run(str(activity.pk))

    assert ended(activity).items == [
        (None, "Delete", None, "MvoDeleted:1"),
        ("team", "Update", None, "AttributeFlow:1"),
    ]
    assert metaverse() == set()
