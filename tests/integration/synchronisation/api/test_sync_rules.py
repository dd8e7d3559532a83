from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.models import MatchingRule, MvoMatchKey, SyncRule
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import (
    RULES,
    attribute_ids,
    call,
    create_mapping,
    create_rule,
    metaverse_attribute_ids,
    metaverse_type_id,
    object_type_id,
)


class TestAccess(EndpointTests):
    path = RULES
    missing = (f"{RULES}/999999", f"{RULES}/word", f"{RULES}/999999/mappings")


def body_for(system: Any, **fields: Any) -> Any:
    return {
        "name": "HR in",
        "connectedSystemId": system["id"],
        "connectedSystemObjectTypeId": object_type_id(system["id"]),
        "metaverseObjectTypeId": metaverse_type_id(),
        "direction": "Import",
    } | fields


def test_create_fills_in_the_defaults_of_the_direction(administrator: APIClient, hr: Any) -> None:
    body = body_for(hr)
    rule = call(administrator, "post", RULES, body, 201)
    assert rule == body | {
        "id": rule["id"],
        "created": rule["created"],
        "connectedSystemName": "HR",
        "connectedSystemObjectTypeName": "person",
        "metaverseObjectTypeName": "person",
        "projectToMetaverse": False,
        "provisionToConnectedSystem": None,
        "enabled": True,
        "enforceState": True,
        "inboundOutOfScopeAction": "Disconnect",
        "outboundDeprovisionAction": "Disconnect",
    }
    assert call(administrator, "get", f"{RULES}/{rule['id']}") == rule


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"connectedSystemId": 999_999}, "connectedSystemId"),
        ({"connectedSystemObjectTypeId": 999_999}, "connectedSystemObjectTypeId"),
        ({"metaverseObjectTypeId": 999_999}, "metaverseObjectTypeId"),
        ({"direction": "Inbound"}, "direction"),
        ({"direction": "import"}, "direction"),
        ({"provisionToConnectedSystem": True}, "provisionToConnectedSystem"),
        ({"direction": "Export", "projectToMetaverse": True}, "projectToMetaverse"),
        ({"name": ""}, "name"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_create_refuses_by_field(administrator: APIClient, hr: Any, fields: Any, field: str) -> None:
    response = administrator.post(RULES, body_for(hr, **fields))
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})


def test_object_type_must_be_of_the_same_system(administrator: APIClient, hr: Any, directory: Any) -> None:
    foreign = object_type_id(directory["id"])
    response = administrator.post(RULES, body_for(hr, connectedSystemObjectTypeId=foreign))
    assert_error(response, 400, "VALIDATION_ERROR", {"connectedSystemObjectTypeId": ...})


def test_name_is_unique_whatever_its_case(administrator: APIClient, hr: Any) -> None:
    create_rule(administrator, hr, name="HR in")
    response = administrator.post(RULES, body_for(hr, name="hr IN"))
    assert_error(response, 400, "VALIDATION_ERROR", {"name": ...})


def test_put_changes_only_what_is_sent(administrator: APIClient, directory: Any) -> None:
    rule = create_rule(administrator, directory, "Export", provisionToConnectedSystem=True)
    changes = {"enabled": False, "outboundDeprovisionAction": "Delete"}
    changed = call(administrator, "put", f"{RULES}/{rule['id']}", changes | {"direction": "Import"})
    assert changed == rule | changes
    switched_off = call(administrator, "put", f"{RULES}/{rule['id']}", {"provisionToConnectedSystem": None})
    assert switched_off == changed | {"provisionToConnectedSystem": False}


def test_wrong_direction_is_refused_in_a_change_too(administrator: APIClient, hr: Any) -> None:
    rule = create_rule(administrator, hr)
    response = administrator.put(f"{RULES}/{rule['id']}", {"provisionToConnectedSystem": True})
    assert_error(response, 400, "VALIDATION_ERROR", {"provisionToConnectedSystem": ...})


def test_delete_takes_mappings_and_matching_rules_along(administrator: APIClient, hr: Any) -> None:
    rule = create_rule(administrator, hr)
    target = metaverse_attribute_ids()["Email"]
    source = {"connectedSystemAttributeId": attribute_ids(hr["id"])["email"]}
    create_mapping(administrator, rule, {"targetMetaverseAttributeId": target, "sources": [source]})
    row = SyncRule.objects.get(pk=rule["id"])
    matching = MatchingRule.objects.create(
        object_type=row.object_type,
        metaverse_object_type=row.metaverse_object_type,
        sync_rule=row,
        target_metaverse_attribute_id=target,
    )
    MvoMatchKey.objects.create(rule_id=matching.pk, key=UUID(int=1), mvo_id=UUID(int=2))
    call(administrator, "delete", f"{RULES}/{rule['id']}", status=204)
    assert not SyncRule.objects.exists()
    assert not MvoMatchKey.objects.exists()
    assert_error(administrator.get(f"{RULES}/{rule['id']}"), 404, "NOT_FOUND")


def test_every_change_of_a_rule_is_an_edit_and_leaves_an_activity(administrator: APIClient, hr: Any) -> None:
    rule = create_rule(administrator, hr)
    created = SyncRule.objects.get().edited
    target = metaverse_attribute_ids()["Email"]
    mapping = create_mapping(
        administrator, rule, {"targetMetaverseAttributeId": target, "sources": [{"expression": '"x"'}]}
    )
    mapped = SyncRule.objects.get().edited
    call(administrator, "delete", f"{RULES}/{rule['id']}/mappings/{mapping['id']}", status=204)
    activities = Activity.objects.filter(sync_rule_id=rule["id"]).order_by("created")
    assert created < mapped < SyncRule.objects.get().edited
    assert [(a.operation_type, a.target_name, a.target_context) for a in activities] == [
        ("Create", "HR Import", "HR"),
        ("Update", "HR Import", "HR"),
        ("Update", "HR Import", "HR"),
    ]


def test_list_filters_and_sorts(administrator: APIClient, hr: Any, directory: Any) -> None:
    create_rule(administrator, hr, name="B in")
    create_rule(administrator, directory, "Export", name="A out")
    by_system = call(administrator, "get", f"{RULES}?sortBy=connectedSystemName")
    filtered = call(administrator, "get", f"{RULES}?filter=OUT")
    assert [rule["name"] for rule in by_system["items"]] == ["A out", "B in"]
    assert [rule["name"] for rule in filtered["items"]] == ["A out"]


def test_list_costs_the_same_however_long_it_is(administrator: APIClient, hr: Any) -> None:
    create_rule(administrator, hr, name="first")
    before = query_count(administrator, RULES)
    for number in range(3):
        create_rule(administrator, hr, name=f"rule {number}")
    assert query_count(administrator, RULES) == before
