from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.items import month_of
from activities.models import Activity, ExecutionItemDetail, RunType
from synchronisation import tasks
from synchronisation.dispatch import dispatch
from synchronisation.models import (
    Attribute,
    ConnectedSystem,
    ConnectorSpaceObject,
    CsoMatchKey,
    CsoReference,
    Join,
    LeftOver,
    MatchingRule,
    MetaverseObject,
    MetaverseObjectType,
    MvoMatchKey,
    ObjectType,
    PendingExport,
    RunProfile,
    SettingValue,
    SyncRule,
)
from synchronisation.services import removals
from tests.activities import create_run
from tests.api import assert_error
from tests.integration.synchronisation.api.configuration import (
    SYSTEMS,
    V1,
    call,
    create_profile,
    create_rule,
    metaverse_attribute_ids,
    metaverse_type_id,
)
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, create_reference, join, queue
from tests.integration.synchronisation.broker import broker_at, closed_port, empty_queue, messages
from tests.integration.synchronisation.runs import open_run, taken_run


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    empty_queue()
    yield
    empty_queue()


OF_ONE_SYSTEM = (
    ConnectorSpaceObject,
    CsoReference,
    CsoMatchKey,
    MvoMatchKey,
    Join,
    LeftOver,
    PendingExport,
    MatchingRule,
    SyncRule,
    RunProfile,
    Attribute,
    ObjectType,
    SettingValue,
    ConnectedSystem,
)


def fill(client: APIClient, system: Any) -> ConnectorSpaceObject:
    """At least one row of every kind that belongs to a system."""
    object_type = ObjectType.objects.get(system=system["id"])
    create_rule(client, system)
    create_profile(client, system)
    matching = MatchingRule.objects.create(
        object_type=object_type,
        metaverse_object_type_id=metaverse_type_id(),
        target_metaverse_attribute_id=metaverse_attribute_ids()["Email"],
    )
    cso = create_cso(object_type)
    create_reference(cso, object_type.attributes.get(name="manager"), "00123")
    join(cso, create_mvo(display_name="Zoë"))
    queue(cso, {})
    LeftOver.objects.create(cso_id=cso.pk, system_id=system["id"], reason="test")
    CsoMatchKey.objects.create(rule_id=matching.pk, key=UUID(int=1), cso_id=cso.pk)
    MvoMatchKey.objects.create(rule_id=matching.pk, key=UUID(int=1), mvo_id=UUID(int=2))
    return cso


def test_everything_of_the_system_goes_and_nothing_else(administrator: APIClient, hr: Any, directory: Any) -> None:
    fill(administrator, directory)
    before = {model: model.objects.count() for model in OF_ONE_SYSTEM}
    fill(administrator, hr)
    result = call(administrator, "delete", f"{SYSTEMS}/{hr['id']}")
    activity = Activity.objects.get(connected_system_id=hr["id"], operation_type="Delete")
    assert result == {
        "success": True,
        "outcome": "CompletedImmediately",
        "errorMessage": None,
        "workerTaskId": None,
        "activityId": str(activity.pk),
    }
    own_schema = {Attribute: 9, ObjectType: 1, SettingValue: 3, ConnectedSystem: 1}
    left = {model: model.objects.count() for model in OF_ONE_SYSTEM}
    assert left == {model: count - own_schema.get(model, 0) for model, count in before.items()}
    assert_error(administrator.get(f"{SYSTEMS}/{hr['id']}"), 404, "NOT_FOUND")


def test_metaverse_objects_stay_unless_a_rule_says_otherwise(administrator: APIClient, hr: Any) -> None:
    fill(administrator, hr)
    call(administrator, "delete", f"{SYSTEMS}/{hr['id']}")
    assert MetaverseObject.objects.get().display_name == "Zoë"


@pytest.mark.parametrize("whose", ["its own, queued", "another's, in the metaverse"])
def test_deletion_waits_for_a_run_that_uses_the_system(administrator: APIClient, hr: Any, whose: str) -> None:
    if whose == "its own, queued":
        open_run(RunType.FULL_IMPORT, hr["id"])
    else:
        taken_run(RunType.FULL_SYNCHRONISATION, 999_999)
    path = f"{SYSTEMS}/{hr['id']}"
    assert call(administrator, "get", f"{path}/deletion-preview")["hasRunningSyncOperation"] is True
    result = call(administrator, "delete", path, status=202)
    activity = Activity.objects.get(connected_system_id=hr["id"], operation_type="Delete")
    assert result == {
        "success": True,
        "outcome": "QueuedAfterSync",
        "errorMessage": None,
        "workerTaskId": str(activity.task_id),
        "activityId": str(activity.pk),
    }
    assert messages() == [(str(activity.task_id), str(activity.pk))]
    assert call(administrator, "get", path)["status"] == "Deleting"
    again = call(administrator, "delete", path)
    assert (again["success"], again["outcome"], again["activityId"]) == (False, "Failed", None)
    assert "HR is being deleted already" in again["errorMessage"]


def test_large_system_is_left_to_a_worker(administrator: APIClient, hr: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removals, "BACKGROUND_FROM", 1)
    fill(administrator, hr)
    result = call(administrator, "delete", f"{SYSTEMS}/{hr['id']}", status=202)
    assert result["outcome"] == "QueuedAsBackgroundJob"
    ((_, activity_id),) = messages()
    assert activity_id == result["activityId"]
    tasks.run(activity_id)
    assert call(administrator, "get", f"{V1}/activities/{activity_id}")["status"] == "Complete"
    assert not ConnectedSystem.objects.filter(pk=hr["id"]).exists()


def test_cancelled_deletion_goes_on_when_it_is_asked_for_again(
    administrator: APIClient, hr: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps the system from running: half of its objects may be gone."""
    monkeypatch.setattr(removals, "BACKGROUND_FROM", 1)
    fill(administrator, hr)
    path = f"{SYSTEMS}/{hr['id']}"
    first = call(administrator, "delete", path, status=202)["activityId"]
    call(administrator, "post", f"{V1}/activities/{first}/cancel", status=202)
    tasks.run(first)
    assert call(administrator, "get", f"{V1}/activities/{first}")["status"] == "Cancelled"
    assert call(administrator, "get", path)["status"] == "Deleting"
    (profile,) = call(administrator, "get", f"{path}/run-profiles")
    refused = administrator.post(f"{path}/run-profiles/{profile['id']}/execute")
    assert_error(refused, 400, "BAD_REQUEST")
    second = call(administrator, "delete", path, status=202)["activityId"]
    tasks.run(second)
    assert call(administrator, "get", f"{V1}/activities/{second}")["status"] == "Complete"
    assert_error(administrator.get(path), 404, "NOT_FOUND")


def test_deletion_that_no_broker_hears_of_waits_for_the_dispatcher(
    administrator: APIClient, hr: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removals, "BACKGROUND_FROM", 1)
    fill(administrator, hr)
    with closed_port() as port, broker_at(port):
        result = call(administrator, "delete", f"{SYSTEMS}/{hr['id']}", status=202)
    assert result["outcome"] == "QueuedAsBackgroundJob"
    assert dispatch() == 1
    assert [activity_id for _, activity_id in messages()] == [result["activityId"]]


@pytest.mark.parametrize(("query", "left"), [("", 1), ("?deleteChangeHistory=true", 0)])
def test_change_history_goes_only_when_asked(administrator: APIClient, hr: Any, query: str, left: int) -> None:
    run = create_run(connected_system_id=hr["id"], status="Complete", progress={"item_count": 1})
    ExecutionItemDetail.objects.create(month=month_of(run), activity=run, ordinal=0)
    count = f"{V1}/history/connected-systems/{hr['id']}/count"
    create_cso(ObjectType.objects.get(system=hr["id"]))
    assert call(administrator, "get", count)["changeRecordCount"] == 1
    assert call(administrator, "delete", f"{SYSTEMS}/{hr['id']}{query}")["success"] is True
    assert ExecutionItemDetail.objects.filter(activity=run).count() == left
    assert Activity.objects.filter(pk=run.pk).exists()
    assert administrator.get(count).status_code == (200 if left else 404)


def test_preview_counts_what_the_deletion_would_do(administrator: APIClient, hr: Any, directory: Any) -> None:
    """By last connector: one identity HR alone knows, one whose account is wanted, one whose account is to go."""
    MetaverseObjectType.objects.filter(name="person").update(deletion_rule="WhenLastConnectorDisconnected")
    MetaverseObjectType.objects.filter(name="group").update(
        deletion_rule="WhenLastConnectorDisconnected", deletion_grace_period=timedelta(days=7)
    )
    person, account = (ObjectType.objects.get(system=system["id"]) for system in (hr, directory))
    for kind, has_account, queued in (
        ("person", False, None),
        ("person", True, None),
        ("person", True, "Delete"),
        ("group", False, None),
    ):
        mvo = create_mvo(type_name=kind)
        join(create_cso(person), mvo)
        if has_account:
            join(cso := create_cso(account), mvo)
            if queued:
                queue(cso, {}, change_type=queued)
    queue(create_cso(person), {})
    create_rule(administrator, hr)
    create_profile(administrator, hr)
    preview = call(administrator, "get", f"{SYSTEMS}/{hr['id']}/deletion-preview")
    activities = Activity.objects.filter(connected_system_id=hr["id"]).count()
    assert preview | {"warnings": ...} == {
        "connectedSystemId": hr["id"],
        "connectedSystemName": "HR",
        "connectedSystemObjectCount": 5,
        "syncRuleCount": 1,
        "runProfileCount": 1,
        "partitionCount": 0,
        "containerCount": 0,
        "pendingExportCount": 1,
        "activityCount": activities,
        "joinedMvoCount": 4,
        "mvosWithOtherConnectorsCount": 2,
        "mvosWithDeletionRuleCount": 3,
        "mvosWithGracePeriodCount": 1,
        "warnings": ...,
        "estimatedDeletionTime": "00:00:01",
        "willRunAsBackgroundJob": False,
        "hasRunningSyncOperation": False,
    }
    assert "2 metaverse objects will be deleted at once." in preview["warnings"]
    assert call(administrator, "delete", f"{SYSTEMS}/{hr['id']}")["success"] is True
    left = MetaverseObject.objects.values_list("status", "deletion_eligible")
    assert sorted((status, eligible is not None) for status, eligible in left) == [
        ("Normal", False),
        ("Normal", True),
    ]
