"""Exports and their confirmation, run by run: failures, retries, crashes, secrets of the target, and deletes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activities.models import ActivityStatus, InitiatorType, RunType
from activities.recorder import Initiator
from jim.accounts.models import Role
from synchronisation.models import ConnectorSpaceObject, PendingExport
from tests.acceptance.installation import (
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
    memory_connector,
)
from tests.api import client_with_roles
from tests.integration.synchronisation.api.configuration import V1, call
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
DELTA_SYNC = RunType.DELTA_SYNCHRONISATION
WITH_ERROR, FAILED = ActivityStatus.COMPLETE_WITH_ERROR, ActivityStatus.FAILED_WITH_ERROR
SOMEBODY = Initiator(InitiatorType.USER, uuid4(), "Ada")


@dataclass(frozen=True)
class Company:
    hr: InMemory
    target: InMemory

    def queue(self) -> None:
        """What HR says is queued for the target."""
        self.hr.run(IMPORT)
        self.hr.run(DELTA_SYNC)

    def cycle(self) -> None:
        """... and arrives there, and is confirmed."""
        self.queue()
        self.target.run(EXPORT)
        self.target.run(IMPORT)


def company_with(**settings: bool) -> Company:
    """Settings of the target's connector, which has its own identifiers unless it gives them itself."""
    identities("Badge", "Name", "Mail", deletion_rule="WhenAuthoritativeSourceDisconnected")
    hr, target = in_memory("HR", "id", "name", "mail"), in_memory("Target", "uid", "cn", "mail", **settings)
    identities().deletion_trigger_systems.add(hr.system)
    import_rule(hr, {"Badge": "id", "Name": "name", "Mail": "mail"})
    matching_rule(hr, "name", "Name")
    flows = {"uid": "Badge", "cn": "Name", "mail": "Mail"}
    if settings.get("Target_Gives_Identifiers"):
        del flows["uid"]
    export_rule(target, flows, deletes=True)
    hr.put("1", name="Zoë", mail="zoe@x")
    return Company(hr, target)


@pytest.fixture(autouse=True)
def own_queue(memory_connector: None) -> Iterator[None]:
    yield
    empty_queue()


@pytest.fixture
def company(memory_connector: None) -> Company:
    return company_with()


@pytest.fixture
def administrator(company: Company) -> APIClient:
    """Where the roles that migrations made may have gone with an earlier test's rows."""
    Role.objects.get_or_create(name="Administrator")
    return client_with_roles("Administrator")


def exports() -> list[tuple[Any, ...]]:
    """(change type, status, error count) of every pending export."""
    return list(PendingExport.objects.order_by("id").values_list("change_type", "status", "error_count"))


def make_due() -> None:
    PendingExport.objects.update(next_retry=timezone.now() - timedelta(seconds=1))


def test_failure_is_kept_in_the_words_of_the_target_and_tried_later(company: Company) -> None:
    company.hr.put("2", name="Li", mail="li@x")
    company.queue()
    company.target.store.failures["1"] = "no more room"

    run = company.target.run(EXPORT)

    assert (run.status, run.items) == (
        WITH_ERROR,
        [("1", "Add", "UnhandledError", None), ("2", "Add", None, "Exported:1")],
    )
    assert run.errors == [("1", "UnhandledError", "no more room")]
    failed = PendingExport.objects.get(status="ExportNotConfirmed")
    assert (failed.error_count, failed.last_error_message, failed.sent) == (1, "no more room", None)
    assert failed.next_retry is not None
    assert timedelta(seconds=40) < failed.next_retry - timezone.now() < timedelta(seconds=80)
    assert company.target.run(EXPORT).items == []


def test_export_by_hand_ignores_the_backoff(company: Company) -> None:
    company.queue()
    company.target.store.failures["1"] = "no more room"
    company.target.run(EXPORT)
    company.target.store.failures.clear()
    assert company.target.run(EXPORT, initiator=SOMEBODY).items == [("1", "Add", None, "Exported:1")]
    assert exports() == [("Create", "Exported", 1)]


def test_last_attempt_that_fails_is_kept_and_visible_until_something_else_is_wanted(company: Company) -> None:
    company.target.system.max_export_attempts = 2
    company.target.system.save()
    company.queue()
    company.target.store.failures["1"] = "no more room"
    assert company.target.run(EXPORT).status == FAILED
    make_due()

    again = company.target.run(EXPORT)

    assert again.status == WITH_ERROR, "the error is left over from an earlier run"
    assert exports() == [("Create", "Failed", 2)]
    make_due()
    assert company.target.run(EXPORT, initiator=SOMEBODY).items == []
    assert company.hr.run(SYNC).items == []

    company.hr.put("1", mail="new@x")
    company.queue()
    assert exports() == [("Create", "Pending", 0)]


def test_failed_value_that_is_found_in_place_is_confirmed(company: Company) -> None:
    company.cycle()
    company.target.system.max_export_attempts = 1
    company.target.system.save()
    company.hr.put("1", name="Zoe", mail="new@x")
    company.queue()
    company.target.store.failures["1"] = "read only"
    PendingExport.objects.update(max_retries=1)
    company.target.run(EXPORT)
    assert exports() == [("Update", "Failed", 1)]
    company.target.put("1", mail="new@x")

    assert company.target.run(IMPORT).items == [("1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]
    assert exports() == [("Update", "Failed", 1)]
    company.target.put("1", cn="Zoe")
    assert company.target.run(IMPORT).items == [("1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]
    assert exports() == []


def test_value_that_did_not_arrive_is_sent_again_and_at_last_given_up(company: Company) -> None:
    company.target.system.max_export_attempts = 2
    company.target.system.save()
    company.queue()
    company.target.run(EXPORT)
    company.target.put("1", mail="kept@x")

    summary = "CsoUpdated:1,PendingExportConfirmed:1,PendingExportRetrying:1"
    assert company.target.run(IMPORT).items == [("1", "Update", None, summary)]
    assert exports() == [("Update", "ExportNotConfirmed", 1)]

    make_due()
    company.target.run(EXPORT)
    company.target.put("1", mail="kept@x")
    run = company.target.run(IMPORT)
    assert run.items == [("1", "Update", "ExportConfirmationFailed", "PendingExportFailed:1")]
    assert run.errors == [("1", "ExportConfirmationFailed", "Target does not show what was exported to it")]
    assert exports() == [("Update", "Failed", 2)]


def test_create_that_was_sent_and_not_read_keeps_waiting(company: Company) -> None:
    company.hr.put("2", name="Li", mail="li@x")
    company.queue()
    company.target.run(EXPORT)
    company.target.remove("1")

    assert company.target.run(IMPORT).items == [("2", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]

    assert exports() == [("Create", "Exported", 0)]
    assert (
        ConnectorSpaceObject.objects.get(external_id="1", system=company.target.system).status == "PendingProvisioning"
    )


def test_placeholders_are_neither_missing_nor_counted(company: Company) -> None:
    company.hr.put("2", name="Li")
    company.target.system.deletion_threshold_minimum = 2
    company.target.system.save()
    company.queue()
    company.target.put("9", cn="Somebody else")

    run = company.target.run(IMPORT)

    assert (run.status, run.items) == (ActivityStatus.COMPLETE, [("9", "Add", None, "CsoAdded:1")])
    assert exports() == [("Create", "Pending", 0)] * 2


def test_rejected_object_confirms_nothing(company: Company) -> None:
    company.queue()
    company.target.run(EXPORT)
    company.target.store.put("person", "1", {"cn": ("two", "names")})
    assert company.target.run(IMPORT).items == [("1", "Update", "DuplicateImportedAttributes", None)]
    assert exports() == [("Create", "Exported", 0)]


def test_create_that_somebody_else_was_faster_with_becomes_an_update(company: Company) -> None:
    company.queue()
    company.target.put("1", cn="Zoë", mail="by hand")

    assert company.target.run(IMPORT).items == [("1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]

    assert exports() == [("Update", "Pending", 0)]
    assert company.target.run(EXPORT).items == [("1", "Update", None, "Exported:1")]
    assert company.target.objects() == {"1": {"uid": "1", "cn": "Zoë", "mail": "zoe@x"}}


def test_target_gives_the_identifier(memory_connector: None) -> None:
    company = company_with(Target_Gives_Identifiers=True)
    company.queue()
    assert company.target.run(EXPORT).items == [("given-1", "Add", None, "Exported:1")]
    assert ConnectorSpaceObject.objects.get(system=company.target.system).external_id == "given-1"

    confirmed = company.target.run(IMPORT)
    assert confirmed.items == [("given-1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]
    assert (exports(), company.hr.run(SYNC).items) == ([], [])


def test_import_knows_a_placeholder_by_its_name_when_the_identifier_was_lost(memory_connector: None) -> None:
    """As a worker leaves it that died after the target created the object."""
    company = company_with(Target_Gives_Identifiers=True)
    mail = company.target.attribute("mail")
    mail.is_secondary_external_id = True
    mail.save()
    company.queue()
    company.target.run(EXPORT)
    ConnectorSpaceObject.objects.filter(system=company.target.system).update(external_id=None, external_id_hash=None)

    assert company.target.run(IMPORT).items == [("given-1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]

    account = ConnectorSpaceObject.objects.get(system=company.target.system)
    assert (account.external_id, account.status, exports()) == ("given-1", "Normal", [])


def test_text_that_databases_and_files_stumble_over_arrives_as_it_was(company: Company) -> None:
    name = "tab\t line\n back\\slash \\N \\u0000 quote\" 'apostrophe' %s %(ids)s {} \U0001f600 Zoe\u0308"
    company.hr.put("1", name=name)
    company.cycle()
    assert (company.target.objects()["1"]["cn"], exports()) == (name, [])
    assert company.hr.run(IMPORT).items == []


def test_connector_that_confirms_itself_needs_no_import(memory_connector: None) -> None:
    company = company_with(Confirms_Itself=True)
    company.queue()
    company.target.run(EXPORT)
    account = ConnectorSpaceObject.objects.get(system=company.target.system)
    assert (account.status, exports()) == ("Normal", [])
    assert sorted(account.document.values()) == ["1", "Zoë", "zoe@x"]
    assert company.target.run(IMPORT).items == []
    assert company.hr.run(SYNC).items == []


def test_change_that_was_queued_twice_leaves_once(company: Company) -> None:
    company.cycle()
    for mail in ("first@x", "second@x"):
        company.hr.put("1", mail=mail)
        company.queue()
    assert exports() == [("Update", "Pending", 0)]
    company.target.run(EXPORT)
    assert company.target.objects()["1"]["mail"] == "second@x"


def test_change_that_was_taken_back_before_it_left_is_withdrawn(company: Company) -> None:
    company.cycle()
    for mail in ("new@x", "zoe@x"):
        company.hr.put("1", mail=mail)
        company.queue()
    assert exports() == []


def test_create_and_delete_cancel_out_before_anything_left(company: Company) -> None:
    company.hr.put("2", name="Li")
    company.queue()
    leave(company, "1")
    assert exports() == [("Create", "Pending", 0)]
    assert ConnectorSpaceObject.objects.filter(external_id="1").count() == 0
    company.target.run(EXPORT)
    assert company.target.objects().keys() == {"2"}


def test_failed_value_is_no_drift_and_not_queued_again(company: Company) -> None:
    company.cycle()
    fail_for_good(company)
    runs = [company.target.run(IMPORT), company.target.run(DELTA_SYNC), company.target.run(SYNC), company.hr.run(SYNC)]
    assert [(run.status, run.items) for run in runs] == [(ActivityStatus.COMPLETE, [])] * 4
    assert exports() == [("Update", "Failed", 1)]


def fail_for_good(company: Company) -> None:
    """Another mail address is wanted, and the target takes no change of the object any more."""
    company.target.system.max_export_attempts = 1
    company.target.system.save()
    company.hr.put("1", mail="new@x")
    company.queue()
    company.target.store.failures["1"] = "read only"
    company.target.run(EXPORT)
    company.target.store.failures.clear()
    assert exports() == [("Update", "Failed", 1)]


def test_failed_export_that_an_administrator_retries_leaves_again(company: Company, administrator: APIClient) -> None:
    company.cycle()
    fail_for_good(company)
    assert company.target.run(EXPORT).items == []

    call(administrator, "post", f"{V1}/synchronisation/pending-exports/{PendingExport.objects.get().pk}/retry")

    assert exports() == [("Update", "Pending", 0)]
    assert company.target.run(EXPORT).items == [("1", "Update", None, "Exported:1")]
    company.target.run(IMPORT)
    assert (exports(), company.target.objects()["1"]["mail"]) == ([], "new@x")


def test_export_that_an_administrator_discards_is_wanted_again_by_a_full_synchronisation(
    company: Company, administrator: APIClient
) -> None:
    company.cycle()
    fail_for_good(company)

    path = f"{V1}/synchronisation/pending-exports/{PendingExport.objects.get().pk}"
    call(administrator, "delete", path, status=204)

    assert (company.hr.run(DELTA_SYNC).items, exports()) == ([], [])
    assert company.hr.run(SYNC).items == [("1", "Update", None, "PendingExportCreated:1")]
    assert exports() == [("Update", "Pending", 0)]


def test_change_while_another_is_unconfirmed_stands_beside_it(company: Company) -> None:
    company.cycle()
    company.hr.put("1", mail="first@x")
    company.queue()
    company.target.run(EXPORT)
    company.hr.put("1", name="Zoe")
    company.queue()
    assert exports() == [("Update", "Pending", 0)]

    assert company.target.run(IMPORT).items == [("1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]
    assert exports() == [("Update", "Pending", 0)]
    company.target.run(EXPORT)
    assert company.target.objects()["1"] == {"uid": "1", "cn": "Zoe", "mail": "first@x"}


def test_create_whose_identifier_was_corrected_before_it_left_uses_the_new_one(company: Company) -> None:
    company.queue()
    company.hr.remove("1")
    company.hr.put("2", name="Zoë", mail="zoe@x")
    company.queue()

    assert company.target.run(EXPORT).items == [("2", "Add", None, "Exported:1")]
    assert company.target.objects().keys() == {"2"}
    assert ConnectorSpaceObject.objects.filter(system=company.target.system).count() == 1


def test_object_with_a_new_external_id_joins_its_identity_again(company: Company) -> None:
    company.cycle()
    company.hr.remove("1")
    company.hr.put("2", name="Zoë", mail="new@x")

    assert [item[:2] for item in company.hr.run(IMPORT).items] == [("2", "Add"), ("1", "Delete")]
    assert company.hr.run(DELTA_SYNC).items == [
        ("2", "Update", None, "Joined:1,AttributeFlow:2,PendingExportCreated:1"),
        ("1", "Delete", None, "Disconnected:1"),
    ]
    assert exports() == [("Update", "Pending", 0)]


def test_account_whose_identifier_is_taken_is_refused_and_looked_at_again_when_it_is_free(company: Company) -> None:
    company.target.put("1", cn="Somebody else")
    company.target.run(IMPORT)
    company.hr.run(IMPORT)

    refused = company.hr.run(DELTA_SYNC)
    assert refused.status == FAILED
    assert refused.items == [("1", "Add", "CouldNotJoinDueToExistingJoin", "Projected:1,AttributeFlow:3")]
    assert company.hr.run(DELTA_SYNC).status == WITH_ERROR, "the error is left over from an earlier run"

    company.target.remove("1")
    company.target.put("9", cn="Anybody")
    company.target.run(IMPORT)
    company.target.run(DELTA_SYNC)
    assert company.hr.run(DELTA_SYNC).items == [("1", "Update", None, "PendingExportCreated:1")]
    assert company.hr.run(DELTA_SYNC).items == []


def leave(company: Company, *ids: str) -> None:
    for external_id in ids:
        company.hr.remove(external_id)
    company.hr.run(IMPORT)
    company.hr.run(DELTA_SYNC)


def test_too_many_deletes_are_held_back_until_an_administrator_lets_them_go(company: Company) -> None:
    for number in range(2, 5):
        company.hr.put(str(number), name=f"Person {number}")
    company.cycle()
    company.target.system.deletion_threshold_minimum = 2
    company.target.system.save()
    leave(company, "1", "2")
    company.hr.put("3", mail="new@x")
    company.queue()

    held_back = company.target.run(EXPORT)
    assert (held_back.status, held_back.items) == (
        ActivityStatus.COMPLETE_WITH_WARNING,
        [("3", "Update", None, "Exported:1")],
    )
    assert "2 queued deletes were not sent: 2 of 4 objects" in (held_back.activity.warning_message or "")

    run = company.target.run(EXPORT, ignore_deletion_threshold=True)
    assert run.items == [(number, "Delete", None, "Deprovisioned:1") for number in ("1", "2")]
    assert company.target.objects().keys() == {"3", "4"}


def test_delete_that_fails_stays_queued(company: Company) -> None:
    company.hr.put("2", name="Li")
    company.cycle()
    leave(company, "1")
    company.target.store.failures["1"] = "in use"
    assert company.target.run(EXPORT).items == [("1", "Delete", "UnhandledError", None)]
    assert exports() == [("Delete", "ExportNotConfirmed", 1)]
    company.target.store.failures.clear()
    assert company.target.run(EXPORT, initiator=SOMEBODY).items == [("1", "Delete", None, "Deprovisioned:1")]


def test_delete_of_an_object_that_is_gone_already_is_done(company: Company) -> None:
    company.hr.put("2", name="Li")
    company.cycle()
    leave(company, "1")
    company.target.remove("1")
    assert company.target.run(EXPORT).items == [("1", "Delete", None, "Deprovisioned:1")]
    assert exports() == []


def test_import_after_a_crash_does_not_take_a_delete_for_done(company: Company) -> None:
    company.hr.put("2", name="Li")
    company.cycle()
    leave(company, "1")
    PendingExport.objects.update(status="Executing", sent={}, last_attempted=timezone.now())

    assert company.target.run(IMPORT).items == []

    assert exports() == [("Delete", "Executing", 0)]
    assert company.target.run(EXPORT).items == [("1", "Delete", None, "Deprovisioned:1")]


def test_what_a_crash_left_executing_is_sent_again(company: Company) -> None:
    company.queue()
    PendingExport.objects.update(status="Executing", sent=PendingExport.objects.get().pending, pending={})

    assert company.target.run(EXPORT).items == [("1", "Add", None, "Exported:1")]
    assert company.target.objects().keys() == {"1"}


def test_object_of_a_type_without_an_external_id_stays_queued(company: Company) -> None:
    company.queue()
    company.target.object_type.attributes.update(is_external_id=False)
    assert company.target.run(EXPORT).items == []
    assert exports() == [("Create", "Pending", 0)]


def test_leaver_whose_create_was_tried_is_deleted_in_the_target(company: Company) -> None:
    company.queue()
    company.target.store.failures["1"] = "timeout"
    company.target.run(EXPORT)
    company.hr.put("1", mail="new@x")
    company.queue()
    company.hr.put("9", name="Anybody")
    leave(company, "1")
    assert [row for row in exports() if row[0] == "Delete"] == [("Delete", "Pending", 0)]


def test_two_that_match_one_identity_and_one_that_matches_two(company: Company) -> None:
    company.hr.put("2", name="Li", mail="li@x")
    company.queue()
    second = in_memory("Payroll", "no", "mail")
    import_rule(second, {}, projects=False)
    matching_rule(second, "mail", "Mail")
    for number, mail in (("a", "zoe@x"), ("b", "zoe@x"), ("c", "li@x"), ("d", "?"), ("e", "")):
        second.put(number, mail=mail)
    second.run(IMPORT)

    run = second.run(SYNC)
    assert run.items == [
        ("a", "Update", None, "Joined:1"),
        ("b", "Update", "CouldNotJoinDueToExistingJoin", None),
        ("c", "Update", None, "Joined:1"),
    ]

    company.hr.put("3", name="Bo", mail="?")
    company.hr.put("4", name="Cy", mail="?")
    company.queue()
    again = second.run(SYNC)
    assert (again.status, [item[:3] for item in again.items]) == (
        WITH_ERROR,
        [("b", "Update", "CouldNotJoinDueToExistingJoin"), ("d", "Update", "AmbiguousMatch")],
    )
