"""Executions of schedules: what starts when, what the API shows of it, and how it ends."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activities.models import Activity, ActivityStatus
from activities.recorder import SYSTEM
from synchronisation.models import RunProfile, Schedule, ScheduleExecution, ServiceSettingOverride
from synchronisation.services.runs import start_run
from synchronisation.services.schedule_executions import advance_all, start_due
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import V1, call
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages
from tests.integration.synchronisation.runs import both
from tests.integration.synchronisation.systems import file_system, profile_of

PATH = f"{V1}/schedule-executions"
UNKNOWN = "0190c2a4-5f6e-7d80-9abc-0123456789ab"


class TestAccess(EndpointTests):
    path = PATH
    missing = (f"{PATH}/{UNKNOWN}", f"{PATH}/1")


class TestCancelAccess(EndpointTests):
    method = "post"
    path = f"{PATH}/{UNKNOWN}/cancel"
    missing = (path,)


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


@pytest.fixture
def profiles(db: None) -> list[RunProfile]:
    return [profile_of(file_system(name)) for name in ("HR", "Directory", "Payroll")]


def schedule_of(client: APIClient, *steps: dict[str, Any], **fields: Any) -> str:
    body = {"name": "Nightly", "steps": [{"stepType": "RunProfile", **step} for step in steps]} | fields
    created: str = call(client, "post", f"{V1}/schedules", body, 201)["id"]
    return created


def in_order(profiles: list[RunProfile]) -> list[dict[str, Any]]:
    return [{"stepIndex": index, "runProfileId": profile.pk} for index, profile in enumerate(profiles)]


def run(client: APIClient, schedule_id: str) -> str:
    """The execution's path."""
    started = call(client, "post", f"{V1}/schedules/{schedule_id}/run", status=202)
    return f"{PATH}/{started['executionId']}"


def statuses(client: APIClient, path: str) -> tuple[str, list[str]]:
    execution = call(client, "get", path)
    return execution["status"], [step["status"] for step in execution["steps"]]


def end_runs(status: ActivityStatus = ActivityStatus.COMPLETE, **fields: Any) -> None:
    """The runs that are open end so, and a worker or the beat comes by."""
    open_runs = Activity.objects.filter(status=ActivityStatus.IN_PROGRESS)
    open_runs.update(status=status, executed=timezone.now(), ended=timezone.now(), **fields)
    advance_all()


def test_steps_run_in_their_order(administrator: APIClient, profiles: list[RunProfile]) -> None:
    path = run(administrator, schedule_of(administrator, *in_order(profiles)))
    assert statuses(administrator, path) == ("InProgress", ["Queued", "Pending", "Pending"])
    assert len(messages()) == 1

    Activity.objects.filter(status="InProgress").update(executed=timezone.now())
    assert statuses(administrator, path) == ("InProgress", ["Processing", "Pending", "Pending"])
    advance_all()
    assert messages() == []

    end_runs(ActivityStatus.COMPLETE_WITH_ERROR)
    assert statuses(administrator, path) == ("InProgress", ["Completed with Error", "Queued", "Pending"])
    end_runs(ActivityStatus.COMPLETE_WITH_WARNING)
    end_runs()
    expected = ["Completed with Error", "Completed with Warning", "Completed"]
    assert statuses(administrator, path) == ("Completed", expected)


def test_execution_is_answered_whole(administrator: APIClient, profiles: list[RunProfile]) -> None:
    schedule_id = schedule_of(administrator, *in_order(profiles[:2]))
    path = run(administrator, schedule_id)
    execution, activity = call(administrator, "get", path), Activity.objects.get(status="InProgress")
    parent = Activity.objects.get(target_type="Schedule", operation_type="Execute")
    first, second = execution.pop("steps")
    assert execution == {
        "id": path.rsplit("/", 1)[1],
        "scheduleId": schedule_id,
        "scheduleName": "Nightly",
        "status": "InProgress",
        "currentStepIndex": 0,
        "totalSteps": 2,
        "queuedAt": execution["queuedAt"],
        "startedAt": execution["startedAt"],
        "completedAt": None,
        "initiatedByType": "ApiKey",
        "initiatedById": str(parent.initiated_by_id),
        "initiatedByName": parent.initiated_by_name,
        "errorMessage": None,
    }
    assert first == {
        "stepIndex": 0,
        "name": "HR: FullImport",
        "stepType": "RunProfile",
        "executionMode": "Sequential",
        "connectedSystemId": profiles[0].system_id,
        "status": "Queued",
        "taskId": str(activity.task_id),
        "startedAt": None,
        "completedAt": None,
        "errorMessage": None,
        "activityId": str(activity.pk),
        "activityStatus": "InProgress",
    }
    assert (second["activityId"], second["taskId"], second["activityStatus"]) == (None, None, None)
    assert (activity.parent_id, activity.initiated_by_id) == (parent.pk, parent.initiated_by_id)
    assert call(administrator, "get", f"{PATH}/active") == [execution]
    assert call(administrator, "get", f"{V1}/schedules/{schedule_id}")["lastRunTime"] == execution["queuedAt"]


def test_steps_of_one_index_run_side_by_side(administrator: APIClient, profiles: list[RunProfile]) -> None:
    steps = in_order(profiles)
    steps[1]["stepIndex"] = 0
    path = run(administrator, schedule_of(administrator, *steps))
    assert statuses(administrator, path) == ("InProgress", ["Queued", "Queued", "Pending"])
    end_runs()
    assert statuses(administrator, path) == ("InProgress", ["Completed", "Completed", "Queued"])


def test_failure_ends_the_execution(administrator: APIClient, profiles: list[RunProfile]) -> None:
    path = run(administrator, schedule_of(administrator, *in_order(profiles)))
    end_runs(ActivityStatus.FAILED_WITH_ERROR, error_message="The file is gone.")
    assert statuses(administrator, path) == ("Failed", ["Failed", "Cancelled", "Cancelled"])
    execution = call(administrator, "get", path)
    assert execution["errorMessage"] == "Step 'HR: FullImport': The file is gone."
    assert execution["completedAt"] is not None
    assert execution["steps"][0]["errorMessage"] == "The file is gone."
    assert call(administrator, "get", f"{PATH}/active") == []


def test_failure_is_passed_over_where_the_step_says_so(administrator: APIClient, profiles: list[RunProfile]) -> None:
    steps = in_order(profiles[:2])
    steps[0]["continueOnFailure"] = True
    path = run(administrator, schedule_of(administrator, *steps))
    end_runs(ActivityStatus.FAILED_WITH_ERROR)
    assert statuses(administrator, path) == ("InProgress", ["Failed", "Queued"])
    end_runs()
    assert statuses(administrator, path) == ("Completed", ["Failed", "Completed"])


def test_other_step_types_are_passed_over_with_a_warning(administrator: APIClient, profiles: list[RunProfile]) -> None:
    script = {"stepIndex": 0, "stepType": "PowerShell", "scriptPath": "x.ps1"}
    path = run(administrator, schedule_of(administrator, script, {"stepIndex": 1, "runProfileId": profiles[0].pk}))
    assert statuses(administrator, path) == ("InProgress", ["Completed with Warning", "Queued"])
    assert "passed over" in call(administrator, "get", path)["steps"][0]["errorMessage"]


def test_refused_run_fails_its_step_and_says_why(administrator: APIClient, profiles: list[RunProfile]) -> None:
    profiles[0].system.setting_values_valid = False
    profiles[0].system.save()
    path = run(administrator, schedule_of(administrator, *in_order(profiles[:1])))
    assert statuses(administrator, path) == ("Failed", ["Failed"])
    assert "The settings of 'HR' are not valid" in call(administrator, "get", path)["errorMessage"]


def test_run_profile_that_was_deleted_fails_its_step(administrator: APIClient, profiles: list[RunProfile]) -> None:
    path = run(administrator, schedule_of(administrator, *in_order(profiles)))
    profiles[1].delete()
    end_runs()
    assert statuses(administrator, path) == ("Failed", ["Completed", "Failed", "Cancelled"])


def test_work_queue_that_is_away_fails_the_step(administrator: APIClient, profiles: list[RunProfile]) -> None:
    schedule_id = schedule_of(administrator, *in_order(profiles[:1]))
    with closed_port() as port, broker_at(port):
        path = run(administrator, schedule_id)
    assert statuses(administrator, path) == ("Failed", ["Failed"])


def test_step_waits_for_a_run_that_somebody_else_has_started(
    administrator: APIClient, profiles: list[RunProfile]
) -> None:
    start_run(profiles[0], initiator=SYSTEM)
    path = run(administrator, schedule_of(administrator, *in_order(profiles[:1])))
    assert statuses(administrator, path) == ("InProgress", ["Waiting"])
    advance_all()
    assert statuses(administrator, path) == ("InProgress", ["Waiting"])
    end_runs()
    assert statuses(administrator, path) == ("InProgress", ["Queued"])


def test_step_that_takes_too_long_is_cancelled(administrator: APIClient, profiles: list[RunProfile]) -> None:
    steps = in_order(profiles[:2])
    steps[0] |= {"timeoutSeconds": 60, "continueOnFailure": True}
    path = run(administrator, schedule_of(administrator, *steps))
    running = Activity.objects.filter(status="InProgress")
    running.update(created=timezone.now() - timedelta(seconds=61), executed=timezone.now())
    advance_all()
    assert statuses(administrator, path) == ("InProgress", ["Failed", "Queued"])
    assert Activity.objects.filter(cancel_requested=True).count() == 1
    assert "longer than 60 s" in call(administrator, "get", path)["steps"][0]["errorMessage"]


def test_cancel_ends_the_run_under_way_and_starts_no_other(
    administrator: APIClient, profiles: list[RunProfile]
) -> None:
    path = run(administrator, schedule_of(administrator, *in_order(profiles)))
    cancelled = call(administrator, "post", f"{path}/cancel")
    assert (cancelled["status"], cancelled["completedAt"] is None) == ("Cancelled", False)
    assert statuses(administrator, path) == ("Cancelled", ["Cancelled", "Cancelled", "Cancelled"])
    advance_all()
    assert Activity.objects.filter(target_type="ConnectedSystemRunProfile").count() == 1
    assert_error(administrator.post(f"{path}/cancel"), 409, "CONFLICT")
    assert Activity.objects.filter(message__endswith="cancelled.").count() == 1


def test_second_start_while_one_is_active_is_a_conflict(administrator: APIClient, profiles: list[RunProfile]) -> None:
    schedule_id = schedule_of(administrator, *in_order(profiles[:1]))
    run(administrator, schedule_id)
    assert_error(administrator.post(f"{V1}/schedules/{schedule_id}/run"), 409, "CONFLICT")
    end_runs()
    run(administrator, schedule_id)


def test_schedule_without_steps_cannot_be_run(administrator: APIClient) -> None:
    response = administrator.post(f"{V1}/schedules/{schedule_of(administrator)}/run")
    assert_error(response, 400, "VALIDATION_ERROR", {"steps": ...})


def test_execution_outlives_its_schedule(administrator: APIClient, profiles: list[RunProfile]) -> None:
    schedule_id = schedule_of(administrator, *in_order(profiles))
    path = run(administrator, schedule_id)
    call(administrator, "delete", f"{V1}/schedules/{schedule_id}", status=204)
    end_runs()
    assert statuses(administrator, path) == ("InProgress", ["Completed", "Queued", "Pending"])


def test_list_is_newest_first_filtered_and_costs_two_queries(
    administrator: APIClient, profiles: list[RunProfile]
) -> None:
    one, two = (schedule_of(administrator, step, name=f"S{n}") for n, step in enumerate(in_order(profiles[:2])))
    run(administrator, one)
    end_runs()
    run(administrator, two)

    def names(query: str) -> list[str]:
        return [item["scheduleName"] for item in call(administrator, "get", f"{PATH}?{query}")["items"]]

    assert names("") == names("sortBy=queuedAt&sortDescending=true") == ["S1", "S0"]
    assert names("sortDescending=false") == ["S0", "S1"]
    assert names("sortBy=status&sortDescending=false") == ["S0", "S1"]
    assert names(f"scheduleId={one}") == names("status=Completed") == ["S0"]
    assert names(f"scheduleId={UNKNOWN}") == []
    assert query_count(administrator, PATH) == 2
    assert query_count(administrator, f"{PATH}/active") == 1
    for bad in ("status=Done", "scheduleId=1", "sortBy=name"):
        assert_error(administrator.get(f"{PATH}?{bad}"), 400, "VALIDATION_ERROR", {bad.split("=")[0]: ...})


def test_one_execution_costs_the_same_whatever_its_steps(administrator: APIClient, profiles: list[RunProfile]) -> None:
    paths = [run(administrator, schedule_of(administrator, *in_order(profiles[:n]))) for n in (1,)]
    end_runs()
    paths.append(run(administrator, schedule_of(administrator, *in_order(profiles))))
    assert [query_count(administrator, path) for path in paths] == [3, 3]


def test_due_schedule_starts_once_and_gets_its_next_time(administrator: APIClient, profiles: list[RunProfile]) -> None:
    daily = {"triggerType": "Cron", "runTimes": "06:00", "isEnabled": True}
    schedule_id = schedule_of(administrator, *in_order(profiles[:1]), **daily)
    six = datetime(2026, 3, 2, 6, tzinfo=UTC)
    Schedule.objects.update(next_run_time=six)
    assert start_due(six - timedelta(seconds=1)) == 0
    assert (start_due(six), start_due(six)) == (1, 0)
    assert Schedule.objects.get(pk=schedule_id).next_run_time == six + timedelta(days=1)
    execution = ScheduleExecution.objects.get()
    assert (execution.initiated_by_type, execution.initiated_by_name) == ("NotSet", "Schedule")
    run_activity = Activity.objects.get(target_type="ConnectedSystemRunProfile")
    assert (run_activity.initiated_by_type, run_activity.initiated_by_name) == ("System", "Schedule")

    assert start_due(six + timedelta(days=3)) == 0  # still active: skipped, and said so
    skipped = Activity.objects.get(target_type="Schedule", status="CompleteWithWarning")
    assert "was skipped" in str(skipped.warning_message)
    assert Schedule.objects.get().next_run_time == six + timedelta(days=4)


def test_ended_executions_go_after_the_retention_period(administrator: APIClient, profiles: list[RunProfile]) -> None:
    ServiceSettingOverride.objects.create(key="History.RetentionPeriod", value="7.00:00:00")
    schedule_id = schedule_of(administrator, *in_order(profiles[:1]))
    for days in (8, 6):
        run(administrator, schedule_id)
        end_runs()
        ScheduleExecution.objects.filter(completed_at__gt=timezone.now() - timedelta(days=1)).update(
            completed_at=timezone.now() - timedelta(days=days)
        )
    run(administrator, schedule_id)
    assert ScheduleExecution.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_that_come_by_at_once_start_one_run() -> None:
    first, second = (profile_of(file_system(name)) for name in ("HR", "Directory"))
    schedule = Schedule.objects.create(name="Nightly")
    for index, profile in enumerate((first, second)):
        schedule.steps.create(
            position=index, step_index=index, step_type="RunProfile", run_profile=profile, system_id=profile.system_id
        )
    Schedule.objects.update(
        is_enabled=True, trigger_type="Cron", run_times="06:00", next_run_time=datetime(2026, 3, 2, 6, tzinfo=UTC)
    )
    now = timezone.now()
    assert sorted(both(lambda: start_due(now), lambda: start_due(now))) == [0, 1]
    runs = Activity.objects.filter(target_type="ConnectedSystemRunProfile")
    runs.update(status=ActivityStatus.COMPLETE, ended=now)
    both(advance_all, advance_all)
    assert sorted(runs.values_list("run_profile_id", "status")) == [(first.pk, "Complete"), (second.pk, "InProgress")]
