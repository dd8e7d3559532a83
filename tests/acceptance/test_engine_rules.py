"""What rules decide over a person's life: scopes, priorities, deletion rules and accounts that were there before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from activities.models import ActivityStatus, ExecutionItemDetail, RunType
from synchronisation import tasks
from synchronisation.engine.pages import Run
from synchronisation.housekeeping import start_housekeeping
from synchronisation.models import (
    ConnectedSystem,
    ConnectorSpaceObject,
    Join,
    MetaverseAttribute,
    MetaverseObject,
    PendingExport,
    ScopingCriterion,
)
from synchronisation.rules.world import read_holders
from tests.acceptance.installation import (
    Connected,
    Ended,
    InMemory,
    Scope,
    ended,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
    memory_connector,
)
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
DELTA_SYNC = RunType.DELTA_SYNCHRONISATION
MANUAL, LAST, AUTHORITATIVE = "Manual", "WhenLastConnectorDisconnected", "WhenAuthoritativeSourceDisconnected"
IN_HR, AS_IN_HR = ("id", "name", "mail", "status"), {"Badge": "id", "Name": "name", "Mail": "mail", "Status": "status"}
OF_ZOE = {"Badge": "1", "Name": "Zoë", "Mail": "zoe@hr", "Status": "active"}


@pytest.fixture(autouse=True)
def own_queue(memory_connector: None) -> Iterator[None]:
    identities("Badge", "Name", "Mail", "Status", "Phone", deletion_rule=MANUAL)
    yield
    empty_queue()


def hr_with(*, recalls: bool = True, **rule: Any) -> InMemory:
    """HR, where Zoë is active. It contributes everything but the phone. rule: more of its import rule."""
    hr = in_memory("HR", *IN_HR)
    hr.object_type.remove_contributed_attributes_on_obsoletion = recalls
    hr.object_type.save()
    import_rule(hr, AS_IN_HR, **rule)
    matching_rule(hr, "id", "Badge")
    zoe(hr)
    hr.put("9", name="Bo", status="active")
    return hr


def zoe(hr: InMemory, status: str = "active", **values: str) -> None:
    hr.put("1", **({"name": "Zoë", "mail": "zoe@hr", "status": status} | values))


def directory_with(*, deletes: bool = False, scope: Scope | None = ("Status", "active")) -> InMemory:
    """The directory, which has an account for everybody who is active."""
    directory = in_memory("Directory", "uid", "cn", "mail")
    export_rule(directory, {"uid": "Badge", "cn": "Name", "mail": "Mail"}, deletes=deletes, scope=scope)
    return directory


def flow_in(source: InMemory, kind: RunType = DELTA_SYNC) -> Ended:
    """What the source says now reaches the metaverse."""
    assert source.run(IMPORT).status == ActivityStatus.COMPLETE
    return source.run(kind)


def arrive(target: InMemory) -> None:
    """What is queued is exported and confirmed."""
    target.run(EXPORT)
    target.run(IMPORT)
    target.run(DELTA_SYNC)


def of_zoe(run: Ended) -> list[Any]:
    """Her items: (change type, error type, outcome summary)."""
    return [item[1:] for item in run.items if item[0] in ("1", "c1")]


def values(mvo: MetaverseObject | None = None) -> dict[str, Any]:
    """Attributes of an identity, Zoë's unless another is given."""
    mvo = mvo or MetaverseObject.objects.exclude(document__contains=bo()).get()
    names = dict(MetaverseAttribute.objects.values_list("id", "name"))
    return {names[int(key)]: value for key, value in mvo.document.items()}


def bo() -> dict[str, str]:
    return {str(MetaverseAttribute.objects.get(name="Name").pk): "Bo"}


def holder_of(attribute: str) -> str | None:
    """The system whose value Zoë's attribute is."""
    mvo = MetaverseObject.objects.exclude(document__contains=bo()).get()
    holder = read_holders(mvo.holders).get(str(MetaverseAttribute.objects.get(name=attribute).pk))
    return ConnectedSystem.objects.get(pk=holder[0]).name if holder else None


def queued() -> list[tuple[str, str]]:
    return list(PendingExport.objects.order_by("id").values_list("change_type", "status"))


def assert_settled(*systems: Connected) -> None:
    """Every run done again changes nothing."""
    again = [system.run(kind) for system in systems for kind in (IMPORT, SYNC, DELTA_SYNC)]
    assert [(run.status, run.items) for run in again] == [(ActivityStatus.COMPLETE, [])] * len(again)


# Scopes


def test_object_that_leaves_the_scope_of_its_rule_is_disconnected_and_its_values_recalled() -> None:
    hr = hr_with(scope=("status", "active"))
    flow_in(hr)
    zoe(hr, "left")

    assert of_zoe(flow_in(hr)) == [("Update", None, "DisconnectedOutOfScope:1,AttributeFlow:4")]

    assert (values(), Join.objects.count()) == ({}, 1)
    assert_settled(hr)


def test_object_that_comes_back_into_scope_joins_the_identity_that_kept_its_values() -> None:
    hr = hr_with(recalls=False, scope=("status", "active"))
    flow_in(hr)
    zoe(hr, "left")
    assert of_zoe(flow_in(hr)) == [("Update", None, "DisconnectedOutOfScope:1")]
    assert (values(), holder_of("Mail")) == (OF_ZOE, None)
    assert_settled(hr)

    zoe(hr, mail="new@hr")
    assert of_zoe(flow_in(hr)) == [("Update", None, "Joined:1,AttributeFlow:1")]
    assert (values(), holder_of("Mail")) == ({**OF_ZOE, "Mail": "new@hr"}, "HR")


def test_object_that_stays_joined_out_of_scope_flows_nothing_until_it_is_back() -> None:
    hr = hr_with(scope=("status", "active"), retains_join=True)
    flow_in(hr)
    zoe(hr, "left", mail="new@hr")

    assert of_zoe(flow_in(hr)) == [("Update", None, "OutOfScopeRetainJoin:1")]
    assert (values(), Join.objects.count()) == (OF_ZOE, 2)
    assert hr.run(DELTA_SYNC).items == []
    assert of_zoe(hr.run(SYNC)) == [("Update", None, "OutOfScopeRetainJoin:1")]
    assert (values(), holder_of("Mail")) == (OF_ZOE, "HR")

    zoe(hr, mail="new@hr")
    assert of_zoe(flow_in(hr)) == [("Update", None, "AttributeFlow:1")]


def test_account_that_no_rule_wants_any_more_is_disconnected_and_found_again() -> None:
    hr, directory = hr_with(), directory_with()
    matching_rule(directory, "uid", "Badge")
    flow_in(hr)
    arrive(directory)
    zoe(hr, "left")

    assert of_zoe(flow_in(hr)) == [("Update", None, "AttributeFlow:1,Disconnected:1")]
    assert directory.run(EXPORT).items == []
    assert (directory.objects().keys(), Join.objects.filter(system_id=directory.system.pk).count()) == ({"1", "9"}, 1)
    assert_settled(hr, directory)

    zoe(hr, mail="new@hr")
    assert of_zoe(flow_in(hr)) == [("Update", None, "AttributeFlow:2,Joined:1,PendingExportCreated:1")]
    arrive(directory)
    assert directory.objects()["1"]["mail"] == "new@hr"
    assert_settled(hr, directory)


def test_account_that_is_wanted_again_before_its_delete_left_stays() -> None:
    hr, directory = hr_with(), directory_with(deletes=True)
    flow_in(hr)
    arrive(directory)
    zoe(hr, "left")
    assert of_zoe(flow_in(hr)) == [("Update", None, "AttributeFlow:1,PendingExportCreated:1")]
    assert queued() == [("Delete", "Pending")]
    assert_settled(hr, directory)

    zoe(hr)
    assert of_zoe(flow_in(hr)) == [("Update", None, "AttributeFlow:1")]
    assert queued() == []
    assert directory.run(EXPORT).items == []
    assert_settled(hr, directory)


def test_account_whose_create_failed_is_created_when_it_is_wanted_again() -> None:
    hr, directory = hr_with(), directory_with(deletes=True)
    flow_in(hr)
    directory.store.failures["1"] = "not now"
    directory.run(EXPORT)
    directory.store.failures.clear()
    zoe(hr, "left")
    flow_in(hr)
    assert ("Delete", "Pending") in queued()

    zoe(hr, mail="new@hr")
    flow_in(hr)

    assert ("Create", "Pending") in queued()
    assert of_zoe(directory.run(EXPORT)) == [("Add", None, "Exported:1")]
    arrive(directory)
    assert directory.objects()["1"] == {"uid": "1", "cn": "Zoë", "mail": "new@hr"}
    assert_settled(hr, directory)


@pytest.mark.parametrize("mail", ["zoe@hr", "new@hr"])
def test_account_that_is_wanted_again_while_its_create_is_unconfirmed_is_not_deleted(mail: str) -> None:
    hr, directory = hr_with(), directory_with(deletes=True)
    flow_in(hr)
    directory.run(EXPORT)
    zoe(hr, "left")
    flow_in(hr)
    assert ("Delete", "Pending") in queued()

    zoe(hr, mail=mail)
    flow_in(hr)

    assert {change for change, _ in queued()} == {"Create"}
    arrive(directory)
    arrive(directory)
    assert directory.objects()["1"] == {"uid": "1", "cn": "Zoë", "mail": mail}
    assert queued() == []
    assert_settled(hr, directory)


def test_account_that_is_wanted_again_after_its_delete_is_provisioned_anew() -> None:
    hr, directory = hr_with(), directory_with(deletes=True)
    flow_in(hr)
    arrive(directory)
    zoe(hr, "left")
    flow_in(hr)
    assert of_zoe(directory.run(EXPORT)) == [("Delete", None, "Deprovisioned:1")]
    assert_settled(hr, directory)

    zoe(hr)
    assert of_zoe(flow_in(hr)) == [("Update", None, "AttributeFlow:1,PendingExportCreated:1")]
    arrive(directory)
    assert directory.objects().keys() == {"1", "9"}


@pytest.mark.parametrize("kind", [SYNC, DELTA_SYNC])
def test_delete_that_is_on_its_way_is_waited_for_before_provisioning_anew(kind: RunType) -> None:
    hr, directory = hr_with(), directory_with(deletes=True)
    flow_in(hr)
    arrive(directory)
    zoe(hr, "left")
    flow_in(hr)
    PendingExport.objects.update(status="Executing", sent={}, last_attempted=timezone.now())

    zoe(hr)
    assert of_zoe(flow_in(hr)) == [("Update", None, "AttributeFlow:1")]
    assert queued() == [("Delete", "Executing")]
    assert hr.run(DELTA_SYNC).items == [], "it waits"
    assert of_zoe(directory.run(EXPORT)) == [("Delete", None, "Deprovisioned:1")]
    assert of_zoe(hr.run(kind)) == [("Update", None, "PendingExportCreated:1")]
    assert hr.run(DELTA_SYNC).counters["objectsProcessed"] == 0


# Priority


def crm_with(*, priority: int, recalls: bool = True, scope: Scope | None = None) -> InMemory:
    """CRM knows mail and phone of people who have the name of an identity; it projects nobody."""
    crm = in_memory("CRM", "no", "name", "mail", "phone", "kind")
    crm.object_type.remove_contributed_attributes_on_obsoletion = recalls
    crm.object_type.save()
    import_rule(crm, {"Mail": "mail", "Phone": "phone"}, projects=False, priority=priority, scope=scope)
    matching_rule(crm, "name", "Name")
    crm.put("c1", name="Zoë", mail="zoe@crm", phone="11", kind="customer")
    crm.put("c9", name="Nobody", kind="customer")
    return crm


@pytest.mark.parametrize(("of_hr", "of_crm", "best"), [(1, 2, "HR"), (2, 1, "CRM")])
@pytest.mark.parametrize("first", ["HR", "CRM"])
def test_best_priority_wins_whatever_the_order_of_runs(of_hr: int, of_crm: int, best: str, first: str) -> None:
    hr, crm = hr_with(priority=of_hr), crm_with(priority=of_crm)
    for source in (hr, crm) if first == "HR" else (crm, hr):
        flow_in(source)
    crm.run(DELTA_SYNC)

    assert (holder_of("Mail"), holder_of("Phone")) == (best, "CRM")
    assert values() == {**OF_ZOE, "Mail": f"zoe@{best.lower()}", "Phone": "11"}
    assert_settled(hr, crm)


def withdraws(crm: InMemory) -> None:
    crm.put("c1", name="Zoë", mail=(), phone="11", kind="customer")


def disconnects(crm: InMemory) -> None:
    crm.remove("c1")


def leaves_scope(crm: InMemory) -> None:
    crm.put("c1", name="Zoë", mail="zoe@crm", phone="11", kind="former")


@pytest.mark.parametrize(
    ("happens", "recalls", "summary", "phone"),
    [
        (withdraws, True, "AttributeFlow:1", "11"),
        (disconnects, True, "Disconnected:1,AttributeFlow:2", None),
        (disconnects, False, "Disconnected:1,AttributeFlow:1", "11"),
        (leaves_scope, True, "DisconnectedOutOfScope:1,AttributeFlow:2", None),
        (leaves_scope, False, "DisconnectedOutOfScope:1,AttributeFlow:1", "11"),
    ],
)
def test_when_the_winner_lets_go_the_next_one_takes_over(
    happens: Callable[[InMemory], None], recalls: bool, summary: str, phone: str | None
) -> None:
    hr, crm = hr_with(priority=2), crm_with(priority=1, recalls=recalls, scope=("kind", "customer"))
    flow_in(hr)
    flow_in(crm)
    assert holder_of("Mail") == "CRM"
    happens(crm)

    assert [item[3] for item in flow_in(crm).items] == [summary]

    assert (values()["Mail"], holder_of("Mail"), values().get("Phone")) == ("zoe@hr", "HR", phone)
    detail = ExecutionItemDetail.objects.order_by("activity_id").last()
    assert detail is not None
    assert "zoe@crm" in (detail.old_values or {}).values()
    assert_settled(hr, crm)


def test_unjoined_object_joins_by_a_delta_once_somebody_else_projected_its_person() -> None:
    hr, crm = hr_with(), crm_with(priority=2)
    assert flow_in(crm).items == []
    assert crm.run(DELTA_SYNC).counters["objectsProcessed"] == 0
    flow_in(hr)

    run = crm.run(DELTA_SYNC)

    assert run.items == [("c1", "Update", None, "Joined:1,AttributeFlow:1")]
    assert run.counters["objectsProcessed"] == 1
    assert_settled(crm, hr)


# Deletion


@dataclass(frozen=True)
class Fate:
    """What became of a leaver. statuses: of her identity, after the synchronisation and after the export."""

    summary: str
    statuses: tuple[list[str], list[str]]
    account: dict[str, str] | None


STAYS = Fate("Disconnected:1,AttributeFlow:4,PendingExportCreated:1", (["Normal"], ["Normal"]), {"uid": "1"})
IS_DELETED = Fate("Disconnected:1,MvoDeleted:1,PendingExportCreated:1", (["Obsolete"], []), None)


def statuses() -> list[str]:
    return list(MetaverseObject.objects.exclude(document__contains=bo()).values_list("status", flat=True))


@pytest.mark.parametrize(
    ("rule", "expected"), [(MANUAL, STAYS), (LAST, STAYS), (AUTHORITATIVE, IS_DELETED)], ids=[MANUAL, LAST, "Source"]
)
def test_deletion_rule_decides_over_a_leaver_who_has_an_account(rule: str, expected: Fate) -> None:
    hr, directory = hr_with(), directory_with(deletes=True, scope=None)
    identities(deletion_rule=rule).deletion_trigger_systems.add(hr.system)
    flow_in(hr)
    arrive(directory)
    hr.remove("1")

    (item,) = of_zoe(flow_in(hr))
    after_synchronisation = statuses()
    assert_settled(hr)
    directory.run(EXPORT)

    found = Fate(item[2], (after_synchronisation, statuses()), directory.objects().get("1"))
    assert found == expected
    assert_settled(hr)


def test_last_connector_takes_the_identity_along() -> None:
    hr = hr_with()
    identities(deletion_rule=LAST)
    flow_in(hr)
    hr.remove("1")
    assert of_zoe(flow_in(hr)) == [("Delete", None, "Disconnected:1,MvoDeleted:1")]
    assert statuses() == []
    assert_settled(hr)


def test_person_who_returns_before_her_account_is_gone_gets_another_after_it() -> None:
    hr, directory = hr_with(), directory_with(deletes=True)
    identities(deletion_rule=AUTHORITATIVE).deletion_trigger_systems.add(hr.system)
    flow_in(hr)
    arrive(directory)
    hr.remove("1")
    flow_in(hr)
    zoe(hr)

    assert of_zoe(flow_in(hr)) == [("Add", "CouldNotJoinDueToExistingJoin", "Projected:1,AttributeFlow:4")]
    assert sorted(statuses()) == ["Normal", "Obsolete"]
    assert of_zoe(directory.run(EXPORT)) == [("Delete", None, "Deprovisioned:1")]
    assert statuses() == ["Normal"]
    assert of_zoe(hr.run(DELTA_SYNC)) == [("Update", None, "PendingExportCreated:1")]


def test_object_of_another_source_joins_the_person_who_returns() -> None:
    hr, crm = hr_with(), crm_with(priority=2)
    identities(deletion_rule=AUTHORITATIVE).deletion_trigger_systems.add(hr.system)
    for source in (hr, crm):
        flow_in(source)
    hr.remove("1")
    assert of_zoe(flow_in(hr)) == [("Delete", None, "Disconnected:1,MvoDeleted:1")]
    assert_settled(crm, hr)

    zoe(hr)
    flow_in(hr)
    assert of_zoe(crm.run(DELTA_SYNC)) == [("Update", None, "Joined:1,AttributeFlow:1")]


def leaver_with_grace() -> tuple[InMemory, InMemory]:
    """Zoë has an account, left HR and is to be deleted in thirty days."""
    hr, directory = hr_with(), directory_with(deletes=True)
    kind = identities(deletion_rule=AUTHORITATIVE, deletion_grace_period=timedelta(days=30))
    kind.deletion_trigger_systems.add(hr.system)
    flow_in(hr)
    arrive(directory)
    hr.remove("1")
    assert of_zoe(flow_in(hr)) == [("Delete", None, "Disconnected:1,MvoDeletionScheduled:1")]
    assert (values(), holder_of("Mail"), queued()) == (OF_ZOE, None, [])
    assert_settled(hr, directory)
    return hr, directory


def is_marked() -> bool:
    return MetaverseObject.objects.filter(deletion_eligible__isnull=False).exists()


def thirty_days_pass() -> None:
    due = MetaverseObject.objects.filter(deletion_eligible__isnull=False)
    due.update(deletion_eligible=timezone.now() - timedelta(seconds=1))


def keep_house() -> Ended | None:
    activity = start_housekeeping()
    if activity is None:
        return None
    tasks.run(str(activity.pk))
    return ended(activity)


def test_leaver_who_returns_within_the_grace_period_is_the_same_person() -> None:
    hr, directory = leaver_with_grace()
    before = MetaverseObject.objects.get(deletion_eligible__isnull=False).pk
    assert keep_house() is None
    zoe(hr)

    assert of_zoe(flow_in(hr)) == [("Update", None, "Joined:1")]

    assert not is_marked()
    assert (MetaverseObject.objects.filter(pk=before).exists(), holder_of("Mail")) == (True, "HR")
    thirty_days_pass()
    assert keep_house() is None
    assert_settled(hr, directory)


def test_marked_identity_keeps_what_another_source_gave_it() -> None:
    hr, crm = hr_with(), crm_with(priority=2)
    kind = identities(deletion_rule=AUTHORITATIVE, deletion_grace_period=timedelta(days=30))
    kind.deletion_trigger_systems.add(hr.system)
    for source in (hr, crm):
        flow_in(source)
    hr.remove("1")
    assert of_zoe(flow_in(hr)) == [("Delete", None, "Disconnected:1,AttributeFlow:1,MvoDeletionScheduled:1")]
    crm.remove("c1")
    assert of_zoe(flow_in(crm)) == [("Delete", None, "Disconnected:1")]
    assert (values(), holder_of("Phone")) == ({**OF_ZOE, "Mail": "zoe@crm", "Phone": "11"}, None)
    assert_settled(hr, crm)


def test_mark_of_two_lost_sources_stays_until_both_are_back() -> None:
    hr, crm = hr_with(), crm_with(priority=2)
    kind = identities(deletion_rule=AUTHORITATIVE, deletion_grace_period=timedelta(days=30))
    kind.deletion_trigger_systems.add(hr.system, crm.system)
    for source in (hr, crm):
        flow_in(source)
    hr.remove("1")
    assert of_zoe(flow_in(hr)) == [("Delete", None, "Disconnected:1,AttributeFlow:1,MvoDeletionScheduled:1")]
    crm.remove("c1")
    assert of_zoe(flow_in(crm)) == [("Delete", None, "Disconnected:1")]
    marks = MetaverseObject.objects.filter(deletion_eligible__isnull=False)
    assert marks.get().deletion_marked_by == [hr.system.pk, crm.system.pk]

    zoe(hr)
    assert of_zoe(flow_in(hr)) == [("Update", None, "Joined:1,AttributeFlow:1")]
    assert marks.get().deletion_marked_by == [crm.system.pk]
    crm.put("c1", name="Zoë", mail="zoe@crm", phone="11")
    assert of_zoe(flow_in(crm)) == [("Update", None, "Joined:1")]
    assert not is_marked()


@pytest.mark.parametrize(
    ("deletes", "grace", "summary", "left"),
    [
        (False, None, "Disconnected:2,AttributeFlow:4,MvoDeleted:1", []),
        (True, None, "Disconnected:1,AttributeFlow:4,PendingExportCreated:1,MvoDeleted:1", ["Obsolete"]),
        (False, timedelta(days=30), "Disconnected:2,AttributeFlow:4,MvoDeletionScheduled:1", ["Normal"]),
    ],
    ids=["disconnected", "deleted", "with a grace period"],
)
def test_account_that_was_the_last_connector_takes_the_identity_along(
    deletes: bool, grace: timedelta | None, summary: str, left: list[str]
) -> None:
    """Her values go with HR, and so she leaves the scope of the directory's rule."""
    hr, directory = hr_with(), directory_with(deletes=deletes)
    identities(deletion_rule=LAST, deletion_grace_period=grace)
    flow_in(hr)
    arrive(directory)
    hr.remove("1")
    assert of_zoe(flow_in(hr)) == [("Delete", None, summary)]
    assert statuses() == left
    assert_settled(hr)


@pytest.mark.parametrize("deletes", [False, True])
def test_last_connector_that_its_own_systems_run_takes_is_judged_too(deletes: bool) -> None:
    """HR is gone, the account is all she has; then the directory's rule is for others."""
    hr, directory = hr_with(recalls=False), directory_with(deletes=deletes)
    identities(deletion_rule=LAST)
    flow_in(hr)
    arrive(directory)
    hr.remove("1")
    flow_in(hr)
    assert statuses() == ["Normal"]
    ScopingCriterion.objects.update(value="retired")

    told = "PendingExportCreated:1" if deletes else "Disconnected:1"
    assert of_zoe(directory.run(SYNC)) == [("Update", None, f"{told},MvoDeleted:1")]
    assert statuses() == (["Obsolete"] if deletes else [])
    if deletes:
        assert of_zoe(directory.run(EXPORT)) == [("Delete", None, "Deprovisioned:1")]
        assert statuses() == []


def test_housekeeping_deletes_when_the_grace_period_is_over() -> None:
    hr, directory = leaver_with_grace()
    thirty_days_pass()

    run = keep_house()

    assert run is not None
    assert (run.status, run.items) == (
        ActivityStatus.COMPLETE,
        [(None, "Delete", None, "MvoDeleted:1,PendingExportCreated:1")],
    )
    assert (statuses(), queued()) == (["Obsolete"], [("Delete", "Pending")])
    assert keep_house() is None
    assert of_zoe(directory.run(EXPORT)) == [("Delete", None, "Deprovisioned:1")]
    assert (statuses(), directory.objects().keys()) == ([], {"9"})
    assert_settled(hr, directory)


def test_housekeeping_asks_the_deletion_rule_again() -> None:
    leaver_with_grace()
    identities(deletion_rule=MANUAL)
    thirty_days_pass()

    run = keep_house()

    assert run is not None
    assert (run.status, run.items, is_marked(), statuses()) == (ActivityStatus.COMPLETE, [], False, ["Normal"])
    assert keep_house() is None


# Matching


def directory_that_has_accounts() -> InMemory:
    directory = directory_with()
    matching_rule(directory, "mail", "Mail")
    directory.put("z.old", cn="Zoe", mail="zoe@hr")
    directory.put("other", cn="Other", mail="other@x")
    return directory


def test_account_that_is_there_already_is_joined_and_brought_up_to_date() -> None:
    hr, directory = hr_with(), directory_that_has_accounts()
    flow_in(directory)

    assert of_zoe(flow_in(hr)) == [("Add", None, "Projected:1,AttributeFlow:4,Joined:1,PendingExportCreated:1")]

    account = ConnectorSpaceObject.objects.get(external_id="z.old")
    assert (account.join.type, values()["Badge"]) == ("Joined", "1")
    assert PendingExport.objects.get(cso_id=account.pk).change_type == "Update"
    arrive(directory)
    assert {a["cn"] for a in directory.objects().values()} == {"Zoë", "Other", "Bo"}
    assert_settled(hr, directory)


def test_two_candidates_are_ambiguous_until_one_is_gone() -> None:
    hr, directory = hr_with(), directory_that_has_accounts()
    directory.put("z.new", cn="Zoe", mail="zoe@hr")
    flow_in(directory)

    run = flow_in(hr)

    assert of_zoe(run) == [("Add", "AmbiguousMatch", "Projected:1,AttributeFlow:4")]
    assert not ConnectorSpaceObject.objects.filter(external_id="1", system=directory.system).exists()
    assert of_zoe(hr.run(DELTA_SYNC)) == [("Update", "AmbiguousMatch", None)]

    directory.remove("z.new")
    assert flow_in(directory).items == [
        ("z.new", "Delete", None, None),
        ("z.old", "Update", None, "Joined:1,PendingExportCreated:1"),
    ]
    arrive(directory)
    assert_settled(hr, directory)


@pytest.mark.parametrize("size", [1, Run.page_size])
def test_account_that_one_rule_gave_away_is_no_candidate_of_the_next(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "page_size", size)
    hr, directory = hr_with(), directory_with()
    hr.put("2", name="Zoë", status="active")
    for account in ("1", "x", "y"):
        directory.put(account, cn="Zoë")
    for attribute, target in (("uid", "Badge"), ("cn", "Name")):
        matching_rule(directory, attribute, target)
    flow_in(directory)

    assert [item[:3] for item in flow_in(hr).items] == [
        ("1", "Add", None),
        ("2", "Add", "AmbiguousMatch"),
        ("9", "Add", None),
    ]


@pytest.mark.parametrize(
    "story",
    [
        test_account_that_no_rule_wants_any_more_is_disconnected_and_found_again,
        test_unjoined_object_joins_by_a_delta_once_somebody_else_projected_its_person,
        test_housekeeping_deletes_when_the_grace_period_is_over,
        test_two_candidates_are_ambiguous_until_one_is_gone,
    ],
)
def test_story_is_the_same_in_pages_of_one(story: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "page_size", 1)
    story()
