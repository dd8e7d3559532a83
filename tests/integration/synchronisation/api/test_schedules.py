from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.models import RunProfile, Schedule, ScheduleStep
from synchronisation.secrets import decrypt
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import V1, call
from tests.integration.synchronisation.systems import file_system, profile_of

PATH = f"{V1}/schedules"
UNKNOWN = "0190c2a4-5f6e-7d80-9abc-0123456789ab"
DAILY = {"triggerType": "Cron", "runTimes": "06:00", "isEnabled": True}


class TestAccess(EndpointTests):
    path = PATH
    missing = (f"{PATH}/{UNKNOWN}", f"{PATH}/1")


class TestRunAccess(EndpointTests):
    method = "post"
    path = f"{PATH}/{UNKNOWN}/run"
    missing = (path, f"{PATH}/{UNKNOWN}/enable", f"{PATH}/{UNKNOWN}/disable")


@pytest.fixture
def profile(db: None) -> RunProfile:
    return profile_of(file_system())


def create(client: APIClient, **fields: Any) -> Any:
    return call(client, "post", PATH, {"name": "Nightly"} | fields, 201)


def run_step(profile: RunProfile, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"stepIndex": index, "stepType": "RunProfile", "runProfileId": profile.pk} | fields


def test_schedule_is_answered_whole(administrator: APIClient, profile: RunProfile) -> None:
    created = create(
        administrator,
        **DAILY,
        description="All systems",
        daysOfWeek="1,2",
        steps=[run_step(profile, name="Read", timeoutSeconds=60)],
    )
    (step,) = created["steps"]
    assert created == {
        "id": created["id"],
        "name": "Nightly",
        "description": "All systems",
        "triggerType": "Cron",
        "cronExpression": "0 6 * * 1,2",
        "patternType": "SpecificTimes",
        "daysOfWeek": "1,2",
        "runTimes": "06:00",
        "intervalValue": None,
        "intervalUnit": "Hours",
        "intervalWindowStart": None,
        "intervalWindowEnd": None,
        "isEnabled": True,
        "lastRunTime": None,
        "nextRunTime": created["nextRunTime"],
        "stepCount": 1,
        "created": created["created"],
        "lastUpdated": None,
        "steps": [
            {
                "id": step["id"],
                "stepIndex": 0,
                "name": "Read",
                "executionMode": "Sequential",
                "stepType": "RunProfile",
                "continueOnFailure": False,
                "timeoutSeconds": 60,
                "connectedSystemId": profile.system_id,
                "runProfileId": profile.pk,
                "scriptPath": None,
                "arguments": None,
                "executablePath": None,
                "workingDirectory": None,
                "sqlConnectionString": None,
                "sqlScriptPath": None,
            }
        ],
    }
    due = Schedule.objects.get().next_run_time
    assert due is not None
    assert (due.strftime("%H:%M"), due.isoweekday() in (1, 2), due > datetime.now(UTC)) == ("06:00", True, True)
    assert call(administrator, "get", f"{PATH}/{created['id']}") == created


def test_defaults_are_a_manual_schedule_that_is_disabled(administrator: APIClient) -> None:
    created = create(administrator)
    shown = ("triggerType", "patternType", "isEnabled", "nextRunTime", "cronExpression", "stepCount", "steps")
    assert [created[name] for name in shown] == ["Manual", "SpecificTimes", False, None, None, 0, []]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"triggerType": "cron"}, "triggerType"),
        ({"triggerType": "Cron"}, "runTimes"),
        ({"triggerType": "Cron", "runTimes": "6:00"}, "runTimes"),
        ({"triggerType": "Cron", "runTimes": "06:00,24:00"}, "runTimes"),
        ({"daysOfWeek": "7"}, "daysOfWeek"),
        ({"intervalValue": 60}, "intervalValue"),
        ({"triggerType": "Cron", "patternType": "Interval"}, "intervalValue"),
        (
            {
                "triggerType": "Cron",
                "patternType": "Interval",
                "intervalValue": 1,
                "intervalWindowStart": "18:00",
                "intervalWindowEnd": "06:00",
            },
            "intervalWindowEnd",
        ),
        ({"triggerType": "Cron", "patternType": "Custom"}, "cronExpression"),
        ({"triggerType": "Cron", "patternType": "Custom", "cronExpression": "0 25 * * *"}, "cronExpression"),
        ({"steps": [{"stepIndex": 0}]}, "steps[0].stepType"),
        ({"steps": [{"stepIndex": -1, "stepType": "PowerShell"}]}, "steps[0].stepIndex"),
        ({"steps": [{"stepIndex": 0, "stepType": "RunProfile"}]}, "steps[0].runProfileId"),
        ({"steps": [{"stepIndex": 0, "stepType": "RunProfile", "runProfileId": 999_999}]}, "steps[0].runProfileId"),
        (
            {"steps": [{"stepIndex": 0, "stepType": "SqlScript", "connectedSystemId": 999_999}]},
            "steps[0].connectedSystemId",
        ),
        (
            {"steps": [{"stepIndex": 0, "stepType": "SqlScript", "sqlConnectionString": "********"}]},
            "steps[0].sqlConnectionString",
        ),
        ({"steps": [{"stepIndex": 0, "stepType": "PowerShell", "timeoutSeconds": 86_401}]}, "steps[0].timeoutSeconds"),
    ],
)
def test_create_refuses_by_field(administrator: APIClient, fields: Any, field: str) -> None:
    response = administrator.post(PATH, {"name": "Nightly"} | fields)
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})
    assert not Schedule.objects.exists()


def test_profile_of_another_system_than_named_is_refused(administrator: APIClient, profile: RunProfile) -> None:
    steps = [run_step(profile, connectedSystemId=file_system("Directory").pk)]
    response = administrator.post(PATH, {"name": "Nightly", "steps": steps})
    assert_error(response, 400, "VALIDATION_ERROR", {"steps[0].connectedSystemId": ...})


def test_pattern_of_a_manual_schedule_is_not_looked_at(administrator: APIClient) -> None:
    assert create(administrator, patternType="Custom", cronExpression="soon")["cronExpression"] == "soon"


def test_put_changes_only_what_is_sent_and_null_clears(administrator: APIClient, profile: RunProfile) -> None:
    created = create(administrator, **DAILY, description="x", steps=[run_step(profile)])
    path = f"{PATH}/{created['id']}"
    changed = call(administrator, "put", path, {"runTimes": "18:30", "description": None})
    assert changed["nextRunTime"] != created["nextRunTime"]
    new = ("runTimes", "description", "cronExpression", "nextRunTime", "lastUpdated")
    assert changed == created | {name: changed[name] for name in new}
    assert [changed[name] for name in new[:3]] == ["18:30", None, "30 18 * * *"]
    assert_error(administrator.put(path, {"runTimes": None}), 400, "VALIDATION_ERROR", {"runTimes": ...})


def test_steps_that_are_sent_replace_the_stored_ones_and_keep_their_ids(
    administrator: APIClient, profile: RunProfile
) -> None:
    created = create(administrator, steps=[run_step(profile, 0), run_step(profile, 1)])
    path, kept = f"{PATH}/{created['id']}", created["steps"][1]
    changed = call(administrator, "put", path, {"steps": [kept, run_step(profile, 0, name="New")]})
    assert [(step["stepIndex"], step["name"]) for step in changed["steps"]] == [(0, "New"), (1, None)]
    assert changed["steps"][1] == kept
    assert call(administrator, "put", path, {"steps": []})["steps"] == []
    twice = administrator.put(path, {"steps": [changed["steps"][0]]})
    assert_error(twice, 400, "VALIDATION_ERROR", {"steps[0].id": ...})


def test_copy_of_a_schedule_has_steps_of_its_own(administrator: APIClient, profile: RunProfile) -> None:
    created = create(administrator, steps=[run_step(profile, name="Read")])
    copy = create(administrator, steps=created["steps"])
    assert copy["steps"][0]["name"] == "Read"
    assert copy["steps"][0]["id"] != created["steps"][0]["id"]


def test_connection_string_is_encrypted_and_never_answered(administrator: APIClient) -> None:
    step = {"stepIndex": 0, "stepType": "SqlScript", "sqlConnectionString": "Server=db;Password=hunter2"}
    created = create(administrator, steps=[step])
    assert created["steps"][0]["sqlConnectionString"] == "********"

    kept = call(administrator, "put", f"{PATH}/{created['id']}", {"steps": created["steps"]})
    assert kept["steps"] == created["steps"]
    assert _stored_connection() == "Server=db;Password=hunter2"
    assert not Activity.objects.filter(message__contains="hunter2").exists()

    cleared = created["steps"][0] | {"sqlConnectionString": None}
    gone = call(administrator, "put", f"{PATH}/{created['id']}", {"steps": [cleared]})
    assert gone["steps"][0]["sqlConnectionString"] is None


def _stored_connection() -> str:
    token = ScheduleStep.objects.get().encrypted_sql_connection_string
    assert token is not None
    assert b"hunter2" not in bytes(token)
    return decrypt(bytes(token))


def test_enabling_and_disabling_sets_and_takes_the_next_time(administrator: APIClient) -> None:
    path = f"{PATH}/{create(administrator, **DAILY | {'isEnabled': False})['id']}"
    assert call(administrator, "get", path)["nextRunTime"] is None
    enabled = call(administrator, "post", f"{path}/enable")
    assert (enabled["isEnabled"], enabled["nextRunTime"] is None) == (True, False)
    disabled = call(administrator, "post", f"{path}/disable")
    assert (disabled["isEnabled"], disabled["nextRunTime"]) == (False, None)


def test_list_is_searched_sorted_and_costs_two_queries(administrator: APIClient, profile: RunProfile) -> None:
    steps = [run_step(profile), run_step(profile, 1)]
    create(administrator, name="Bravo", description="of people", steps=steps)
    create(administrator, name="Alpha", steps=steps, **DAILY)
    create(administrator, name="Charlie", **DAILY | {"runTimes": "05:59"})

    def names(query: str) -> list[str]:
        return [item["name"] for item in call(administrator, "get", f"{PATH}?{query}")["items"]]

    assert names("") == ["Bravo", "Alpha", "Charlie"]
    assert names("sortDescending=true") == ["Charlie", "Alpha", "Bravo"]
    assert names("sortBy=name") == ["Alpha", "Bravo", "Charlie"]
    assert names("sortBy=nextRunTime&sortDescending=true")[2] == "Bravo"
    assert names("search=PEOPLE") == ["Bravo"]
    assert call(administrator, "get", PATH)["pageSize"] == 20
    assert [item["stepCount"] for item in call(administrator, "get", PATH)["items"]] == [2, 2, 0]
    assert query_count(administrator, PATH) == 2
    for bad in ("sortBy=description", "sortDescending=yes"):
        assert_error(administrator.get(f"{PATH}?{bad}"), 400, "VALIDATION_ERROR", {bad.split("=")[0]: ...})


def test_every_change_leaves_an_activity(administrator: APIClient, profile: RunProfile) -> None:
    path = f"{PATH}/{create(administrator, steps=[run_step(profile)])['id']}"
    call(administrator, "put", path, {"name": "Hourly", "steps": []})
    call(administrator, "post", f"{path}/enable")
    call(administrator, "delete", path, status=204)
    assert_error(administrator.get(path), 404, "NOT_FOUND")
    found = Activity.objects.order_by("created").values_list("operation_type", "target_name", "message")
    assert list(found) == [
        ("Create", "Nightly", "Schedule created with 1 steps."),
        ("Update", "Hourly", "Changed: name. Steps replaced: 0."),
        ("Update", "Hourly", "Changed: isEnabled."),
        ("Delete", "Hourly", "Schedule deleted."),
    ]
    assert set(Activity.objects.values_list("target_type", flat=True)) == {"Schedule"}


def test_deleted_run_profile_leaves_its_step(administrator: APIClient, profile: RunProfile) -> None:
    created = create(administrator, steps=[run_step(profile)])
    profile.delete()
    (step,) = call(administrator, "get", f"{PATH}/{created['id']}")["steps"]
    assert (step["runProfileId"], step["connectedSystemId"] is None) == (None, False)


def test_crontab_of_ones_own_says_when_it_is_due(administrator: APIClient) -> None:
    created = create(
        administrator, triggerType="Cron", patternType="Custom", cronExpression="*/5 * * * *", isEnabled=True
    )
    due = datetime.fromisoformat(created["nextRunTime"])
    assert timedelta(0) < due - datetime.now(UTC) <= timedelta(minutes=5)
