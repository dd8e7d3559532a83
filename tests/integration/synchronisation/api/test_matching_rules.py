from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity, RunType
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
from tests.integration.synchronisation.runs import open_run, taken_run


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


def test_update_that_finds_the_same_objects_keeps_the_keys(administrator: APIClient, hr: Any) -> None:
    rule = create(administrator, hr)
    add_keys(rule["id"])
    source = {"connectedSystemAttributeId": rule["sources"][0]["connectedSystemAttributeId"], "order": 3}
    path = f"{SYSTEMS}/{hr['id']}/matching-rules/{rule['id']}"
    call(administrator, "put", path, {"order": 5, "sources": [source]})
    assert MatchingRule.objects.get(pk=rule["id"]).keys_ready is True
    assert MvoMatchKey.objects.exists()


@pytest.mark.parametrize(
    ("run_type", "is_taken", "status"),
    [
        (RunType.FULL_SYNCHRONISATION, True, 400),
        (RunType.DELTA_SYNCHRONISATION, True, 400),
        (RunType.DELTA_SYNCHRONISATION, False, 200),
        (RunType.FULL_IMPORT, True, 200),
    ],
    ids=["full synchronisation", "delta synchronisation", "queued", "import"],
)
def test_keys_stay_while_a_synchronisation_goes_by_them(
    administrator: APIClient, hr: Any, directory: Any, run_type: RunType, is_taken: bool, status: int
) -> None:
    """Without them it would take everybody it meets for somebody new."""
    rule = create(administrator, hr)
    add_keys(rule["id"])
    (taken_run if is_taken else open_run)(run_type, directory["id"])
    response = administrator.put(f"{SYSTEMS}/{hr['id']}/matching-rules/{rule['id']}", {"caseSensitive": False})
    assert response.status_code == status
    assert ("wait until it has ended" in response.json().get("message", "")) is (status == 400)
    assert MvoMatchKey.objects.exists() is MatchingRule.objects.get().keys_ready is (status == 400)
    assert MatchingRule.objects.get().case_sensitive is (status == 400)


@pytest.mark.parametrize("what", ["matching rule", "mode", "synchronisation rule"])
def test_keys_of_rules_that_are_gone_stay_as_long_as_a_synchronisation_goes_by_them(
    administrator: APIClient, hr: Any, directory: Any, what: str
) -> None:
    if what == "synchronisation rule":
        switch(administrator, hr, "SyncRule")
        path = f"{RULES}/{create_rule(administrator, hr)['id']}"
        rule = call(administrator, "post", f"{path}/matching-rules", body_for(hr), 201)
    else:
        rule = create(administrator, hr)
        path = f"{SYSTEMS}/{hr['id']}/matching-rules/{rule['id']}"
    add_keys(rule["id"])
    run, _ = taken_run(RunType.DELTA_SYNCHRONISATION, directory["id"])
    if what == "mode":
        switch(administrator, hr, "SyncRule")
    else:
        call(administrator, "delete", path, status=204)
    assert not MatchingRule.objects.exists()
    assert (MvoMatchKey.objects.count(), CsoMatchKey.objects.count()) == (1, 1)
    Activity.objects.filter(pk=run.pk).update(status="Complete")
    other = create(administrator, directory, "uid")
    call(administrator, "delete", f"{SYSTEMS}/{directory['id']}/matching-rules/{other['id']}", status=204)
    assert (MvoMatchKey.objects.count(), CsoMatchKey.objects.count()) == (0, 0)


def test_keys_of_other_rules_stay(administrator: APIClient, hr: Any) -> None:
    kept, removed = create(administrator, hr), create(administrator, hr, "email", "Email")
    add_keys(kept["id"])
    call(administrator, "delete", f"{SYSTEMS}/{hr['id']}/matching-rules/{removed['id']}", status=204)
    assert MvoMatchKey.objects.get().rule_id == CsoMatchKey.objects.get().rule_id == kept["id"]


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


def test_switch_carries_over_what_rules_compare_and_in_which_order(administrator: APIClient, hr: Any) -> None:
    rule = create_rule(administrator, hr)
    columns, targets = attribute_ids(hr["id"]), metaverse_attribute_ids()
    names = [{"connectedSystemAttributeId": columns[name], "order": n} for n, name in enumerate(("lastName", "email"))]
    create(administrator, hr, order=4)
    create(administrator, hr, "email", "Email", order=2, caseSensitive=False, sources=names)
    before = listed(administrator, hr)
    switch(administrator, hr, "SyncRule")
    there = call(administrator, "get", f"{RULES}/{rule['id']}/matching-rules")
    assert {r["syncRuleId"] for r in there} == {rule["id"]}
    switch(administrator, hr, "ConnectedSystem")
    back = listed(administrator, hr)
    assert meanings(there) == meanings(back) == meanings(before)
    assert meanings(back) == [
        (targets["Email"], False, [columns["lastName"], columns["email"]]),
        (targets["Employee ID"], True, [columns["employeeId"]]),
    ]
    assert not MatchingRule.objects.filter(keys_ready=True).exists()


def meanings(rules: Any) -> list[tuple[int, bool, list[int]]]:
    """What each compares, in the order in which they are tried."""
    return [
        (
            rule["targetMetaverseAttributeId"],
            rule["caseSensitive"],
            [source["connectedSystemAttributeId"] for source in rule["sources"]],
        )
        for rule in rules
    ]


def test_switch_back_puts_the_rules_of_one_synchronisation_rule_before_those_of_the_next(
    administrator: APIClient, hr: Any
) -> None:
    switch(administrator, hr, "SyncRule")
    rules = [create_rule(administrator, hr, name=name) for name in ("one", "two")]
    for rule, column, order in ((1, "lastName", 0), (0, "email", 9), (1, "email", 1)):
        body = body_for(hr, column, "Email", order=order)
        call(administrator, "post", f"{RULES}/{rules[rule]['id']}/matching-rules", body, 201)
    result = switch(administrator, hr, "ConnectedSystem")
    columns = attribute_ids(hr["id"])
    assert (result["migratedRuleCount"], result["removedRuleCount"], len(result["warnings"])) == (2, 1, 1)
    assert [ids for _, _, ids in meanings(listed(administrator, hr))] == [[columns["email"]], [columns["lastName"]]]


def test_switch_is_an_edit_of_the_rules_and_leaves_an_activity(administrator: APIClient, hr: Any) -> None:
    create(administrator, hr)
    create_rule(administrator, hr)
    before = SyncRule.objects.get().edited
    switch(administrator, hr, "SyncRule")
    activity = Activity.objects.filter(target_type="ConnectedSystem").latest("created")
    assert SyncRule.objects.get().edited > before
    assert activity.message == "Matching mode switched to SyncRule. 1 matching rules carried over, 0 removed."


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
