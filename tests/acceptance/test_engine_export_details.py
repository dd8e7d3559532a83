"""What an export leaves behind: the details of its items, and no secret anywhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.models import Activity, ActivityStatus, ExecutionItemDetail, RunType
from synchronisation.models import ConnectorSpaceObject, PendingExport
from tests.acceptance.installation import (
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    memory_connector,
)
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Company:
    hr: InMemory
    target: InMemory

    def queue(self) -> PendingExport:
        """What HR says is queued for its one person."""
        self.hr.run(IMPORT)
        self.hr.run(SYNC)
        return PendingExport.objects.get()

    def key(self, name: str) -> str:
        return str(self.target.attribute(name).pk)


@pytest.fixture
def company(memory_connector: None) -> Iterator[Company]:
    """One person, who has two telephones; the target takes a password."""
    identities("Badge", "Name", "Phones", several=["Phones"], deletion_rule="WhenLastConnectorDisconnected")
    hr = in_memory("HR", "id", "name", "phones", several=["phones"])
    target = in_memory("Target", "uid", "cn", "phones", "password", several=["phones"])
    import_rule(hr, {"Badge": "id", "Name": "name", "Phones": "phones"})
    flows = {"uid": "Badge", "cn": "Name", "phones": "Phones", "password": "=RandomPassword(12)"}
    export_rule(target, flows, deletes=True)
    hr.put("1", name="Zoë", phones=["22", "11"])
    yield Company(hr, target)
    empty_queue()


def details(activity: Activity) -> list[Any]:
    found = ExecutionItemDetail.objects.filter(activity_id=activity.pk).order_by("ordinal")
    return list(found.values_list("outcomes", "scope", "old_values", "new_values"))


def outcome(kind: str, export: PendingExport) -> list[dict[str, Any]]:
    return [{"type": kind, "count": 1, "targetSystemName": "Target", "pendingExportId": str(export.pk)}]


def test_details_say_what_was_set_and_added_and_no_secret(company: Company) -> None:
    queued = company.queue()

    run = company.target.run(EXPORT)

    shown = {company.key("uid"): "1", company.key("cn"): "Zoë", company.key("phones"): ["11", "22"]}
    assert details(run.activity) == [(outcome("Exported", queued), "cs", None, shown)]
    assert len(company.target.objects()["1"]["password"]) == 12


def test_secret_that_arrived_is_kept_nowhere(company: Company) -> None:
    assert company.queue().pending[company.key("password")].keys() == {"sealed"}
    company.target.run(EXPORT)
    sent = PendingExport.objects.get().sent
    assert sent == {
        company.key("uid"): "1",
        company.key("cn"): "Zoë",
        company.key("phones"): {"add": ["11", "22"], "remove": []},
    }


def test_secret_that_did_not_arrive_is_sent_again(company: Company) -> None:
    queued = company.queue()
    company.target.store.failures["1"] = "locked"
    company.target.run(EXPORT)
    assert PendingExport.objects.get().pending == queued.pending


def test_cleared_attribute_has_no_value_in_details_and_is_confirmed(company: Company) -> None:
    company.queue()
    for run_type in (EXPORT, IMPORT):
        company.target.run(run_type)
    company.hr.put("1", name=())
    queued = company.queue()
    assert queued.pending == {company.key("cn"): None}

    run = company.target.run(EXPORT)

    assert details(run.activity) == [(outcome("Exported", queued), "cs", None, {company.key("cn"): None})]
    assert "cn" not in company.target.objects()["1"]
    assert company.target.run(IMPORT).items == [("1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]
    assert not PendingExport.objects.exists()


def test_details_of_a_delete_name_its_outcome_only(company: Company) -> None:
    company.queue()
    for run_type in (EXPORT, IMPORT):
        company.target.run(run_type)
    company.target.system.deletion_threshold_percent = None
    company.target.system.save()
    account = ConnectorSpaceObject.objects.get(system=company.target.system)
    PendingExport.objects.create(cso_id=account.pk, system=company.target.system, change_type="Delete", created=NOW)
    queued = PendingExport.objects.get()

    run = company.target.run(EXPORT)

    assert details(run.activity) == [(outcome("Deprovisioned", queued), None, None, None)]
    assert not PendingExport.objects.exists()


def test_confirming_import_notes_the_export_that_it_confirmed(company: Company) -> None:
    queued = company.queue()
    company.target.run(EXPORT)
    ((outcomes, scope, old, new),) = details(company.target.run(IMPORT).activity)
    assert (outcomes, scope, old) == (outcome("PendingExportConfirmed", queued), "cs", {})
    assert new[company.key("cn")] == "Zoë"


def test_row_of_an_older_form_changes_nothing_and_is_put_right_by_the_next_synchronisation(company: Company) -> None:
    company.queue()
    for run_type in (EXPORT, IMPORT):
        company.target.run(run_type)
    company.hr.put("1", name="Zoe")
    company.queue()
    PendingExport.objects.update(pending={company.key("cn"): {"set": "Zoe"}})

    assert company.target.run(EXPORT).status == ActivityStatus.COMPLETE
    assert company.target.run(IMPORT).status == ActivityStatus.COMPLETE
    assert company.queue().pending == {company.key("cn"): "Zoe"}
