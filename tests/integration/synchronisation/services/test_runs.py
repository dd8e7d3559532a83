"""Starting and cancelling runs: the checks and answers of engine.md section 3.1."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from activities.models import (
    Activity,
    ActivityProgress,
    ActivityStatus,
    InitiatorType,
    OperationType,
    RunType,
    TargetType,
)
from activities.recorder import SYSTEM, Initiator, record
from synchronisation.engine import leases
from synchronisation.errors import QueueUnavailableError, RunConflictError, RunRefusedError
from synchronisation.models import ConnectedSystem, RunProfile, SystemStatus
from synchronisation.services.runs import StartedRun, cancel_run, start_run
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages, silent_port
from tests.integration.synchronisation.runs import alongside, both, open_run, take, taken_run
from tests.integration.synchronisation.systems import file_system, profile_of, rule_of

pytestmark = pytest.mark.django_db

KEY = Initiator(InitiatorType.API_KEY, uuid4(), "Deployment")


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


@pytest.fixture
def profile() -> RunProfile:
    return profile_of(file_system())


def start(profile: RunProfile) -> StartedRun:
    return start_run(profile, initiator=KEY)


def test_started_run_is_an_open_activity_with_a_message_in_the_queue(profile: RunProfile) -> None:
    started = start(profile)

    activity = Activity.objects.get()
    assert started == StartedRun(activity, activity.task_id, "Run profile execution queued successfully.", ())
    assert messages() == [(str(started.task_id), str(activity.id))]
    assert (activity.status, activity.executed, activity.ended) == ("InProgress", None, None)
    assert (activity.target_type, activity.operation_type) == ("ConnectedSystemRunProfile", "Execute")
    assert (activity.target_name, activity.target_context, activity.run_type) == ("FullImport", "HR", "FullImport")
    assert (activity.connected_system_id, activity.run_profile_id) == (profile.system_id, profile.id)
    assert (activity.initiated_by_type, activity.initiated_by_id) == ("ApiKey", KEY.id)
    assert ActivityProgress.objects.get().activity_id == activity.id


def test_override_of_the_deletion_threshold_and_the_parent_are_kept(profile: RunProfile) -> None:
    parent = record(TargetType.SCHEDULE, OperationType.EXECUTE, target_name="Nightly", initiator=SYSTEM)
    started = start_run(profile, initiator=KEY, ignore_deletion_threshold=True, parent=parent)
    started.activity.refresh_from_db()
    assert (started.activity.options, started.activity.parent) == ({"ignoreDeletionThreshold": True}, parent)


def test_invalid_settings_are_refused(profile: RunProfile) -> None:
    profile.system.setting_values_valid = False
    with pytest.raises(RunRefusedError, match=r"settings of 'HR' are not valid"):
        start(profile)
    assert not Activity.objects.exists()


@pytest.mark.parametrize(
    ("mode", "run_type", "starts"),
    [
        ("Import Only", RunType.FULL_IMPORT, True),
        ("Import Only", RunType.EXPORT, False),
        ("Export Only", RunType.FULL_IMPORT, False),
        ("Export Only", RunType.EXPORT, True),
        ("Bidirectional", RunType.DELTA_IMPORT, False),
        ("Export Only", RunType.FULL_SYNCHRONISATION, True),
    ],
)
def test_run_type_must_be_one_the_connector_supports(mode: str, run_type: RunType, starts: bool) -> None:
    profile = profile_of(file_system(mode=mode), run_type)
    if starts:
        start(profile)
    else:
        with pytest.raises(RunRefusedError, match=f"does not support {run_type}"):
            start(profile)
    assert Activity.objects.exists() is starts


def test_system_being_deleted_is_refused(profile: RunProfile) -> None:
    profile.system.status = SystemStatus.DELETING
    with pytest.raises(RunRefusedError, match="being deleted"):
        start(profile)


def test_second_execution_of_an_open_profile_conflicts(profile: RunProfile) -> None:
    start(profile)
    with pytest.raises(RunConflictError, match="'FullImport' of 'HR' is already queued or running"):
        start(profile)
    assert Activity.objects.count() == 1


def test_profile_can_be_executed_again_after_it_ended(profile: RunProfile) -> None:
    start(profile)
    Activity.objects.update(status=ActivityStatus.COMPLETE)
    start(profile)
    assert Activity.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_executions_at_once_make_one_activity(profile: RunProfile) -> None:
    def outcome() -> str:
        try:
            return start(profile).message
        except RunConflictError:
            return "conflict"

    assert sorted(both(outcome, outcome)) == ["Run profile execution queued successfully.", "conflict"]
    assert Activity.objects.count() == 1


def test_broker_away_leaves_no_open_activity(profile: RunProfile) -> None:
    with closed_port() as port, broker_at(port), pytest.raises(QueueUnavailableError) as failure:
        start(profile)

    activity = Activity.objects.get()
    assert (activity.status, activity.error_message) == (ActivityStatus.FAILED_WITH_ERROR, str(failure.value))
    assert activity.ended is not None
    assert start(profile).activity.status == ActivityStatus.IN_PROGRESS


@pytest.mark.django_db(transaction=True)
def test_run_that_a_worker_took_in_spite_of_the_brokers_silence_goes_on(profile: RunProfile) -> None:
    with silent_port() as port, broker_at(port), alongside(take_the_first_run):
        started = start(profile)
    started.activity.refresh_from_db()
    assert started.activity.status == ActivityStatus.IN_PROGRESS


def take_the_first_run() -> bool:
    """As a worker would that the dispatcher woke up; whether there was a run."""
    activity = Activity.objects.first()
    return activity is not None and take(activity) is not None


def no_object_type(system: ConnectedSystem) -> None:
    system.object_types.update(selected=False)


def partition_given(system: ConnectedSystem) -> None:
    partition = system.partitions.create(name="dc=example", external_id="dc=example")
    system.run_profiles.update(partition=partition)


def disabled_rule(system: ConnectedSystem) -> None:
    rule_of(system, enabled=False)


@pytest.mark.parametrize(
    ("run_type", "arrange", "expected"),
    [
        (RunType.FULL_IMPORT, no_object_type, ["No object type of 'HR' is selected"]),
        (RunType.FULL_IMPORT, partition_given, ["'HR' has no partitions"]),
        (RunType.FULL_IMPORT, disabled_rule, []),
        (RunType.FULL_SYNCHRONISATION, disabled_rule, ["'HR' has neither an enabled import rule"]),
        (RunType.FULL_SYNCHRONISATION, rule_of, []),
    ],
)
def test_warnings(run_type: RunType, arrange, expected: list[str]) -> None:  # type: ignore[no-untyped-def]
    profile = profile_of(file_system(), run_type)
    arrange(profile.system)
    profile.refresh_from_db()

    warnings = start(profile).warnings

    assert [warning[: len(start)] for warning, start in zip(warnings, expected, strict=True)] == expected


def synchronised(system: ConnectedSystem, run_type: RunType) -> None:
    """A synchronisation of the system that has completed just now."""
    activity, fence = taken_run(run_type, system.id)
    leases.release(activity.id, fence)
    Activity.objects.filter(id=activity.id).update(status=ActivityStatus.COMPLETE)


def test_delta_synchronisation_names_the_rules_edited_since_the_last_full_one() -> None:
    hr, directory = file_system("HR"), file_system("Directory")
    profile = profile_of(hr, RunType.DELTA_SYNCHRONISATION)
    rule_of(hr)
    synchronised(hr, RunType.FULL_SYNCHRONISATION)
    synchronised(hr, RunType.DELTA_SYNCHRONISATION)
    rule_of(directory, "Export")
    rule_of(directory)  # imports of other systems are their own business

    assert [warning.split(".")[0] for warning in start(profile).warnings] == [
        "Edited since the last full synchronisation: 'Directory Export'"
    ]


def test_first_delta_synchronisation_warns_of_nothing() -> None:
    system = file_system()
    rule_of(system)
    assert start(profile_of(system, RunType.DELTA_SYNCHRONISATION)).warnings == ()


def test_cancel_of_a_queued_run_ends_it_at_once() -> None:
    activity = open_run(RunType.FULL_IMPORT)
    cancel_run(activity)
    activity.refresh_from_db()
    assert (activity.status, take(activity)) == (ActivityStatus.CANCELLED, None)
    assert activity.ended is not None


@pytest.mark.parametrize("given_back", [False, True], ids=["at work", "given back"])
def test_cancel_of_a_run_that_was_taken_is_for_its_worker_to_see(given_back: bool) -> None:
    activity, fence = taken_run(RunType.FULL_IMPORT)
    if given_back:
        leases.release(activity.id, fence)
    cancel_run(activity)
    activity.refresh_from_db()
    assert (activity.status, activity.cancel_requested) == (ActivityStatus.IN_PROGRESS, True)


def test_cancel_of_an_ended_run_conflicts() -> None:
    activity = open_run(RunType.FULL_IMPORT)
    Activity.objects.update(status=ActivityStatus.COMPLETE)
    with pytest.raises(RunConflictError, match="already ended"):
        cancel_run(activity)


def test_cancel_of_something_else_is_refused() -> None:
    activity = record(TargetType.SYNC_RULE, OperationType.CREATE, target_name="HR people", initiator=KEY)
    with pytest.raises(RunRefusedError):
        cancel_run(activity)
