from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity, ExecutionItemDetail, RunType
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
    MvoMatchKey,
    ObjectType,
    PendingExport,
    RunProfile,
    SettingValue,
    SyncRule,
)
from tests.activities import create_run
from tests.api import assert_error
from tests.integration.synchronisation.api.configuration import (
    SYSTEMS,
    call,
    create_profile,
    create_rule,
    metaverse_attribute_ids,
    metaverse_type_id,
)
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, create_reference, join, queue
from tests.integration.synchronisation.runs import open_run, taken_run

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


def test_metaverse_objects_stay(administrator: APIClient, hr: Any) -> None:
    fill(administrator, hr)
    call(administrator, "delete", f"{SYSTEMS}/{hr['id']}")
    mvo = MetaverseObject.objects.get()
    assert (mvo.display_name, mvo.last_connector_disconnected is not None) == ("Zoë", True)


@pytest.mark.parametrize("whose", ["its own, queued", "another's, in the metaverse"])
def test_nothing_happens_while_a_run_may_use_the_system(administrator: APIClient, hr: Any, whose: str) -> None:
    if whose == "its own, queued":
        open_run(RunType.FULL_IMPORT, hr["id"])
    else:
        taken_run(RunType.FULL_SYNCHRONISATION, 999_999)
    result = call(administrator, "delete", f"{SYSTEMS}/{hr['id']}")
    assert (result["success"], result["outcome"], result["activityId"]) == (False, "Failed", None)
    assert "HR" in result["errorMessage"]
    assert ConnectedSystem.objects.filter(pk=hr["id"]).exists()


@pytest.mark.parametrize(("query", "left"), [("", 1), ("?deleteChangeHistory=true", 0)])
def test_change_history_goes_only_when_asked(administrator: APIClient, hr: Any, query: str, left: int) -> None:
    run = create_run(connected_system_id=hr["id"], status="Complete")
    ExecutionItemDetail.objects.create(month=run.created.date(), activity=run, ordinal=0)
    assert call(administrator, "delete", f"{SYSTEMS}/{hr['id']}{query}")["success"] is True
    assert ExecutionItemDetail.objects.count() == left
    assert Activity.objects.filter(pk=run.pk).exists()
