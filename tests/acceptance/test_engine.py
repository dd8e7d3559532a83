"""The engine's main job, run by run: an HR file becomes identities, and these become accounts in two targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activities.models import ActivityStatus, RunType
from activities.statistics import statistics
from synchronisation.models import ConnectorSpaceObject, Join, MetaverseObject, PendingExport
from tests.acceptance.installation import (
    InFile,
    export_rule,
    identities,
    import_rule,
    in_file,
    matching_rule,
)
from tests.integration.synchronisation.broker import empty_queue

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
DELTA_SYNC = RunType.DELTA_SYNCHRONISATION
COMPLETE = ActivityStatus.COMPLETE

COLUMNS = (
    "employeeId", "firstName", "lastName", "email", "department", "jobTitle", "company", "location", "startDate",
    "endDate", "status", "telephone", "preferredName", "manager", "costCentre",
)  # fmt: skip
TARGETS = ("Directory", "Badges")


@dataclass(frozen=True)
class Company:
    """HR with fifteen flowing columns, and two targets that provision."""

    hr: InFile
    directory: InFile
    badges: InFile

    def cycle(self) -> None:
        """Everything that HR says arrives in the directory and is confirmed; the badges are only queued."""
        for run in (self.hr.run(IMPORT), self.hr.run(SYNC), self.directory.run(EXPORT), self.directory.run(IMPORT)):
            assert run.status == COMPLETE


def person(number: int, **values: str) -> dict[str, str]:
    """A row with a value in every column."""
    return {column: f"{column} {number}" for column in COLUMNS} | {"employeeId": f"E{number}"} | values


ZOE, LI = person(1, firstName="Zoë", lastName='O\'Brien, "Z"'), person(2)


@pytest.fixture
def company(tmp_path: Path, settings: Any) -> Iterator[Company]:
    settings.JIM_CONNECTOR_FILES = tmp_path
    identities(*COLUMNS, deletion_rule="WhenAuthoritativeSourceDisconnected")
    hr = in_file(tmp_path, "HR", *COLUMNS, mode="Import Only")
    directory = in_file(tmp_path, "Directory", "uid", "cn", "mail")
    badges = in_file(tmp_path, "Badges", "badge", "holder")
    import_rule(hr, dict(zip(COLUMNS, COLUMNS, strict=True)))
    matching_rule(hr, "employeeId", "employeeId")
    flows = {"uid": "employeeId", "cn": '=mv["firstName"] + " " + mv["lastName"]', "mail": "email"}
    export_rule(directory, flows, deletes=True)
    export_rule(badges, {"badge": "employeeId", "holder": "lastName"}, deletes=True)
    person_type = identities()
    person_type.deletion_trigger_systems.add(hr.system)
    hr.write(ZOE, LI)
    yield Company(hr, directory, badges)
    empty_queue()


def test_first_synchronisation_reads_like_the_seed(company: Company) -> None:
    assert company.hr.run(IMPORT).items == [("E1", "Add", None, "CsoAdded:1"), ("E2", "Add", None, "CsoAdded:1")]

    run = company.hr.run(SYNC)

    summary = "Projected:1,AttributeFlow:15,PendingExportCreated:2"
    assert (run.status, run.items) == (COMPLETE, [("E1", "Add", None, summary), ("E2", "Add", None, summary)])
    figures = statistics(run.counters, SYNC)
    assert (figures["total_projections"], figures["total_attribute_flows"]) == (2, 30)
    assert (figures["total_provisioned"], figures["total_pending_exports"]) == (4, 4)


def test_queued_accounts_are_exported_and_then_confirmed(company: Company) -> None:
    company.hr.run(IMPORT)
    company.hr.run(SYNC)

    assert company.directory.run(EXPORT).items == [
        ("E1", "Add", None, "Exported:1"),
        ("E2", "Add", None, "Exported:1"),
    ]
    assert company.directory.rows() == [
        {"uid": "E1", "cn": 'Zoë O\'Brien, "Z"', "mail": "email 1"},
        {"uid": "E2", "cn": "firstName 2 lastName 2", "mail": "email 2"},
    ]
    assert states_of(company.directory) == [("PendingProvisioning", "Exported")] * 2

    summary = "CsoUpdated:1,PendingExportConfirmed:1"
    assert company.directory.run(IMPORT).items == [("E1", "Update", None, summary), ("E2", "Update", None, summary)]
    assert states_of(company.directory) == [("Normal", None)] * 2


def states_of(target: InFile) -> list[tuple[str, str | None]]:
    """Status of each account, and of its pending export."""
    exports = dict(PendingExport.objects.values_list("cso_id", "status"))
    accounts = ConnectorSpaceObject.objects.filter(system=target.system).order_by("external_id")
    return [(account.status, exports.get(account.pk)) for account in accounts]


def test_every_run_done_again_changes_nothing(company: Company) -> None:
    company.cycle()
    company.directory.run(SYNC)
    file = company.directory.path.read_bytes()
    hr, directory = company.hr, company.directory

    again = [hr.run(kind) for kind in (IMPORT, SYNC, DELTA_SYNC)]
    again += [directory.run(kind) for kind in (EXPORT, IMPORT, SYNC, DELTA_SYNC)]

    assert [(run.status, run.items) for run in again] == [(COMPLETE, [])] * 7
    assert directory.path.read_bytes() == file


def test_change_flows_through_and_leaves_the_others_alone(company: Company) -> None:
    company.cycle()
    company.hr.write({**ZOE, "email": "new@x.com", "jobTitle": ""}, LI)

    assert company.hr.run(IMPORT).items == [("E1", "Update", None, "CsoUpdated:1")]
    assert company.hr.run(DELTA_SYNC).items == [("E1", "Update", None, "AttributeFlow:2,PendingExportCreated:1")]
    assert company.directory.run(EXPORT).items == [("E1", "Update", None, "Exported:1")]
    assert company.directory.run(IMPORT).items == [("E1", "Update", None, "CsoUpdated:1,PendingExportConfirmed:1")]
    assert [row["mail"] for row in company.directory.rows()] == ["new@x.com", "email 2"]


def test_delta_synchronisation_looks_only_at_what_changed(company: Company) -> None:
    company.cycle()
    company.hr.write({**ZOE, "email": "new@x.com"}, LI)
    company.hr.run(IMPORT)

    assert company.hr.run(DELTA_SYNC).counters["objectsProcessed"] == 1
    assert company.hr.run(DELTA_SYNC).counters["objectsProcessed"] == 0
    assert company.hr.run(SYNC).counters["objectsProcessed"] == 2


def test_first_delta_synchronisation_sees_everything(company: Company) -> None:
    company.hr.run(IMPORT)
    assert len(company.hr.run(DELTA_SYNC).items) == 2


def test_leaver_is_disconnected_deleted_and_deprovisioned_where_accounts_are(company: Company) -> None:
    company.cycle()
    company.hr.write(LI)

    assert company.hr.run(IMPORT).items == [("E1", "Delete", None, "CsoDeleted:1")]
    left = company.hr.run(DELTA_SYNC)
    assert left.items == [("E1", "Delete", None, "Disconnected:1,MvoDeleted:1,PendingExportCreated:1")]
    assert sorted(MetaverseObject.objects.values_list("status", flat=True)) == ["Normal", "Obsolete"]

    assert company.directory.run(EXPORT).items == [("E1", "Delete", None, "Deprovisioned:1")]
    assert MetaverseObject.objects.count() == 1
    assert company.badges.run(EXPORT).items == [("E2", "Add", None, "Exported:1")]
    assert company.directory.run(IMPORT).items == []
    assert [row["uid"] for row in company.directory.rows()] == ["E2"]
    assert list(ConnectorSpaceObject.objects.values_list("external_id", flat=True)) == ["E2"] * 3


def test_leaver_with_a_grace_period_is_marked_and_gets_nothing_new(company: Company) -> None:
    company.cycle()
    identities(deletion_grace_period=timedelta(days=30))
    company.hr.write(LI)
    company.hr.run(IMPORT)
    PendingExport.objects.all().delete()
    ConnectorSpaceObject.objects.filter(system=company.badges.system).delete()
    Join.objects.filter(system_id=company.badges.system.pk).delete()

    assert company.hr.run(DELTA_SYNC).items == [("E1", "Delete", None, "Disconnected:1,MvoDeletionScheduled:1")]

    marked = MetaverseObject.objects.get(display_name__startswith="Zoë")
    assert marked.deletion_eligible is not None
    assert timedelta(days=29) < marked.deletion_eligible - timezone.now() < timedelta(days=30)
    assert [item[0] for item in company.directory.run(SYNC).items] == ["E2"]


def test_object_that_returns_before_the_next_synchronisation_is_revived(company: Company) -> None:
    company.cycle()
    company.hr.write(LI)
    company.hr.run(IMPORT)
    company.hr.write(ZOE, LI)

    assert company.hr.run(IMPORT).items == [("E1", "Update", None, "CsoUpdated:1")]
    assert company.hr.run(DELTA_SYNC).items == []
    assert ConnectorSpaceObject.objects.filter(status="Obsolete").count() == 0
    assert MetaverseObject.objects.count() == 2


def test_returning_leaver_is_a_new_identity_with_a_new_account(company: Company) -> None:
    company.cycle()
    company.hr.write(LI)
    company.hr.run(IMPORT)
    company.hr.run(SYNC)
    company.directory.run(EXPORT)
    company.hr.write(ZOE, LI)
    company.hr.run(IMPORT)

    assert company.hr.run(DELTA_SYNC).items == [
        ("E1", "Add", None, "Projected:1,AttributeFlow:15,PendingExportCreated:2")
    ]
    company.directory.run(EXPORT)
    assert sorted(row["uid"] for row in company.directory.rows()) == ["E1", "E2"]


def test_drift_in_a_target_is_put_back(company: Company) -> None:
    company.cycle()
    directory = company.directory
    directory.write({**directory.rows()[0], "mail": "meddled@x.com"}, directory.rows()[1])

    assert directory.run(IMPORT).items == [("E1", "Update", None, "CsoUpdated:1")]
    assert directory.run(DELTA_SYNC).items == [("E1", "Update", None, "DriftCorrection:1,PendingExportCreated:1")]
    directory.run(EXPORT)
    assert directory.rows()[0]["mail"] == "email 1"


def test_account_lost_in_the_target_is_provisioned_again(company: Company) -> None:
    company.cycle()
    company.directory.write(company.directory.rows()[1])
    company.directory.run(IMPORT)

    assert company.directory.run(DELTA_SYNC).items == [("E1", "Delete", None, "Disconnected:1,PendingExportCreated:1")]
    company.directory.run(EXPORT)
    assert sorted(row["uid"] for row in company.directory.rows()) == ["E1", "E2"]
