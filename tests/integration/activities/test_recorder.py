"""The recorder writes what the API shows of a change of the configuration."""

from uuid import uuid4

import pytest
from django.db import transaction

from activities.models import Activity, ActivityStatus, InitiatorType, OperationType, TargetType
from activities.recorder import SYSTEM, Initiator, record, recording

pytestmark = pytest.mark.django_db

KEY = Initiator(InitiatorType.API_KEY, uuid4(), "Deployment")


def test_record_writes_one_ended_activity() -> None:
    activity = record(
        TargetType.SYNC_RULE,
        OperationType.UPDATE,
        target_name="HR people",
        initiator=KEY,
        sync_rule_id=3,
        message="Changed: name.",
    )

    activity.refresh_from_db()
    assert Activity.objects.count() == 1
    assert (activity.status, activity.target_type, activity.operation_type) == ("Complete", "SyncRule", "Update")
    assert (activity.target_name, activity.sync_rule_id, activity.message) == ("HR people", 3, "Changed: name.")
    assert (activity.initiated_by_type, activity.initiated_by_id) == ("ApiKey", KEY.id)
    assert activity.initiated_by_name == "Deployment"
    assert activity.ended is not None
    assert activity.ended >= activity.created


def test_name_that_is_too_long_is_cut() -> None:
    activity = record(TargetType.SCHEDULE, OperationType.CREATE, target_name="n" * 999, initiator=SYSTEM)
    assert activity.target_name == "n" * 300


@pytest.mark.parametrize(
    ("warning", "status"),
    [(None, ActivityStatus.COMPLETE), ("One type was dropped.", ActivityStatus.COMPLETE_WITH_WARNING)],
)
def test_recording_ends_by_what_the_block_says(warning: str | None, status: str) -> None:
    with recording(
        TargetType.CONNECTED_SYSTEM, OperationType.IMPORT_SCHEMA, target_name="HR", initiator=KEY, connected_system_id=1
    ) as activity:
        activity.message = "Two object types."
        activity.warning_message = warning

    written = Activity.objects.get(id=activity.id)
    assert (written.status, written.message, written.warning_message) == (status, "Two object types.", warning)


def fail_while_recording() -> None:
    with (
        recording(TargetType.CONNECTED_SYSTEM, OperationType.IMPORT_SCHEMA, target_name="HR", initiator=SYSTEM),
        transaction.atomic(),
    ):
        record(TargetType.CONNECTED_SYSTEM, OperationType.CREATE, target_name="rolled back", initiator=SYSTEM)
        raise ValueError("The file has no header.")


def test_recording_of_a_failure_outlives_the_operations_rollback() -> None:
    with pytest.raises(ValueError, match="no header"):
        fail_while_recording()

    assert list(Activity.objects.values_list("status", "error_message", "target_name")) == [
        ("FailedWithError", "The file has no header.", "HR")
    ]


def test_recording_shows_nothing_before_it_ends() -> None:
    with recording(TargetType.CONNECTED_SYSTEM, OperationType.IMPORT_SCHEMA, target_name="HR", initiator=SYSTEM):
        assert not Activity.objects.exists()
