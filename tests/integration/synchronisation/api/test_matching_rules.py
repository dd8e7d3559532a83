from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.models import CsoMatchKey, MatchingRule, MvoMatchKey, SyncRule
from tests.api import assert_error
from tests.integration.synchronisation.api.configuration import (
    RULES,
    SYSTEMS,
    attribute_ids,
    call,
    create_rule,
    metaverse_attribute_ids,
    metaverse_type_id,
    object_type_id,
)


def body_for(system: Any, column: str = "employeeId", target: str = "Employee ID", **fields: Any) -> Any:
    return {
        "connectedSystemObjectTypeId": object_type_id(system["id"]),
        "metaverseObjectTypeId": metaverse_type_id(),
        "targetMetaverseAttributeId": metaverse_attribute_ids()[target],
        "sources": [{"connectedSystemAttributeId": attribute_ids(system["id"])[column]}],
    } | fields


def create(client: APIClient, system: Any, *args: Any, **fields: Any) -> Any:
    return call(client, "post", f"{SYSTEMS}/{system['id']}/matching-rules", body_for(system, *args, **fields), 201)


def listed(client: APIClient, system: Any) -> Any:
    object_type = object_type_id(system["id"])
    return call(client, "get", f"{SYSTEMS}/{system['id']}/object-types/{object_type}/matching-rules")


def test_rule_is_answered_whole(administrator: APIClient, hr: Any) -> None:
    rule = create(administrator, hr)
    (source,) = rule["sources"]
    assert rule == {
        "id": rule["id"],
        "order": 0,
        "connectedSystemObjectTypeId": object_type_id(hr["id"]),
        "connectedSystemObjectTypeName": "person",
        "metaverseObjectTypeId": metaverse_type_id(),
        "metaverseObjectTypeName": "person",
        "syncRuleId": None,
        "targetMetaverseAttributeId": metaverse_attribute_ids()["Employee ID"],
        "targetMetaverseAttributeName": "Employee ID",
        "sources": [
            {
                "id": source["id"],
                "order": 0,
                "connectedSystemAttributeId": attribute_ids(hr["id"])["employeeId"],
                "connectedSystemAttributeName": "employeeId",
                "metaverseAttributeId": None,
                "metaverseAttributeName": None,
            }
        ],
        "caseSensitive": True,
        "created": rule["created"],
    }
    assert call(administrator, "get", f"{SYSTEMS}/{hr['id']}/matching-rules/{rule['id']}") == rule


def test_rule_without_order_comes_last(administrator: APIClient, hr: Any) -> None:
    create(administrator, hr, order=5)
    create(administrator, hr, "email", "Email")
    create(administrator, hr, "lastName", "Last Name", order=0)
    names = [(rule["targetMetaverseAttributeName"], rule["order"]) for rule in listed(administrator, hr)]
    assert names == [("Last Name", 0), ("Employee ID", 5), ("Email", 6)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"connectedSystemObjectTypeId": 999_999}, "connectedSystemObjectTypeId"),
        ({"metaverseObjectTypeId": 999_999}, "metaverseObjectTypeId"),
        ({"targetMetaverseAttributeId": 999_999}, "targetMetaverseAttributeId"),
        ({"sources": []}, "sources"),
        ({"sources": [{}]}, "sources[0].connectedSystemAttributeId"),
        ({"sources": [{"metaverseAttributeId": 1}]}, "sources[0].metaverseAttributeId"),
        ({"sources": [{"connectedSystemAttributeId": 999_999}]}, "sources[0].connectedSystemAttributeId"),
        ({"caseSensitive": "no"}, "caseSensitive"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_rule_that_cannot_work_is_refused_by_field(administrator: APIClient, hr: Any, change: Any, field: str) -> None:
    response = administrator.post(f"{SYSTEMS}/{hr['id']}/matching-rules", body_for(hr) | change)
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})


def test_references_cannot_be_matched_by(administrator: APIClient, hr: Any) -> None:
    body = body_for(hr, target="Manager")
    response = administrator.post(f"{SYSTEMS}/{hr['id']}/matching-rules", body)
    assert_error(response, 400, "VALIDATION_ERROR", {"targetMetaverseAttributeId": ...})


def add_keys(rule_id: int) -> None:
    MatchingRule.objects.filter(pk=rule_id).update(keys_ready=True)
    MvoMatchKey.objects.create(rule_id=rule_id, key=UUID(int=1), mvo_id=UUID(int=2))
    CsoMatchKey.objects.create(rule_id=rule_id, key=UUID(int=1), cso_id=UUID(int=3))


def test_update_changes_only_what_is_sent_and_forgets_the_keys(administrator: APIClient, hr: Any) -> None:
    rule = create(administrator, hr)
    add_keys(rule["id"])
    changed = call(administrator, "put", f"{SYSTEMS}/{hr['id']}/matching-rules/{rule['id']}", {"caseSensitive": False})
    assert changed == rule | {"caseSensitive": False, "sources": changed["sources"]}
    assert MatchingRule.objects.get(pk=rule["id"]).keys_ready is False
    assert not MvoMatchKey.objects.exists()
    assert not CsoMatchKey.objects.exists()


def test_delete_takes_the_keys_along(administrator: APIClient, hr: Any) -> None:
    rule = create(administrator, hr)
    add_keys(rule["id"])
    call(administrator, "delete", f"{SYSTEMS}/{hr['id']}/matching-rules/{rule['id']}", status=204)
    assert not MatchingRule.objects.exists()
    assert not MvoMatchKey.objects.exists()
    assert not CsoMatchKey.objects.exists()


def test_change_is_an_edit_of_the_rules_that_join_by_it_and_leaves_an_activity(
    administrator: APIClient, hr: Any
) -> None:
    create_rule(administrator, hr)
    before = SyncRule.objects.get().edited
    create(administrator, hr)
    activity = Activity.objects.get(target_type="ObjectMatchingRule")
    assert SyncRule.objects.get().edited > before
    assert (activity.operation_type, activity.target_context) == ("Create", "HR")


def test_rule_of_another_system_is_not_found(administrator: APIClient, hr: Any, directory: Any) -> None:
    rule = create(administrator, hr)
    response = administrator.get(f"{SYSTEMS}/{directory['id']}/matching-rules/{rule['id']}")
    assert_error(response, 404, "NOT_FOUND")
    path = f"{SYSTEMS}/{hr['id']}/object-types/{object_type_id(directory['id'])}/matching-rules"
    assert_error(administrator.get(path), 404, "NOT_FOUND")


def switch(client: APIClient, system: Any, mode: str) -> Any:
    return call(client, "post", f"{SYSTEMS}/{system['id']}/matching-mode", {"mode": mode})


def test_only_the_active_mode_takes_new_rules(administrator: APIClient, hr: Any) -> None:
    rule = create_rule(administrator, hr)
    body = {name: value for name, value in body_for(hr).items() if "ObjectType" not in name}
    advanced = f"{RULES}/{rule['id']}/matching-rules"
    assert_error(administrator.post(advanced, body), 400, "VALIDATION_ERROR")
    switch(administrator, hr, "SyncRule")
    created = call(administrator, "post", advanced, body, 201)
    assert call(administrator, "get", advanced) == [created]
    assert created["syncRuleId"] == rule["id"]
    assert_error(administrator.post(f"{SYSTEMS}/{hr['id']}/matching-rules", body_for(hr)), 400, "VALIDATION_ERROR")


def test_advanced_rule_is_updated_and_deleted(administrator: APIClient, hr: Any) -> None:
    rule = create_rule(administrator, hr)
    switch(administrator, hr, "SyncRule")
    body = {name: value for name, value in body_for(hr).items() if "ObjectType" not in name}
    created = call(administrator, "post", f"{RULES}/{rule['id']}/matching-rules", body, 201)
    path = f"{RULES}/{rule['id']}/matching-rules/{created['id']}"
    changed = call(administrator, "put", path, {"order": 3})
    assert changed == created | {"order": 3, "sources": changed["sources"]}
    assert call(administrator, "get", path) == changed
    call(administrator, "delete", path, status=204)
    assert_error(administrator.get(path), 404, "NOT_FOUND")


def test_switch_gives_every_synchronisation_rule_a_copy_and_back(administrator: APIClient, hr: Any) -> None:
    create(administrator, hr)
    rules = [create_rule(administrator, hr, name=name) for name in ("one", "two")]
    there = switch(administrator, hr, "SyncRule")
    copies = [call(administrator, "get", f"{RULES}/{rule['id']}/matching-rules") for rule in rules]
    assert (there["migratedRuleCount"], there["removedRuleCount"], there["warnings"]) == (1, 0, [])
    assert [len(copy) for copy in copies] == [1, 1]
    assert listed(administrator, hr) == []
    back = switch(administrator, hr, "ConnectedSystem")
    assert (back["migratedRuleCount"], back["removedRuleCount"]) == (1, 1)
    assert [rule["targetMetaverseAttributeName"] for rule in listed(administrator, hr)] == ["Employee ID"]


def test_switch_names_rules_that_nobody_can_take_over(administrator: APIClient, hr: Any) -> None:
    rule = create(administrator, hr)
    result = switch(administrator, hr, "SyncRule")
    assert (result["migratedRuleCount"], result["removedRuleCount"]) == (0, 1)
    assert str(rule["id"]) in result["warnings"][0]


def test_switch_to_the_active_mode_changes_nothing(administrator: APIClient, hr: Any) -> None:
    rule = create(administrator, hr)
    result = switch(administrator, hr, "ConnectedSystem")
    assert (result["migratedRuleCount"], result["removedRuleCount"]) == (0, 0)
    assert listed(administrator, hr) == [rule]


@pytest.mark.parametrize("body", [{"mode": "Simple"}, {"mode": None}, {}], ids=["unknown", "null", "missing"])
def test_switch_to_an_unknown_mode_is_a_bad_request(administrator: APIClient, hr: Any, body: Any) -> None:
    assert_error(administrator.post(f"{SYSTEMS}/{hr['id']}/matching-mode", body), 400, "BAD_REQUEST")
