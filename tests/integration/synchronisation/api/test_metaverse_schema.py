from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.models import MetaverseObjectType
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import (
    V1,
    attribute_ids,
    call,
    create_mapping,
    create_rule,
    create_system,
    metaverse_type_id,
)
from tests.integration.synchronisation.api.objects import create_mvo, metaverse

TYPES = f"{V1}/metaverse/object-types"
ATTRIBUTES = f"{V1}/metaverse/attributes"


class TestTypeAccess(EndpointTests):
    path = TYPES
    missing = (f"{TYPES}/999999", f"{TYPES}/person")


class TestAttributeAccess(EndpointTests):
    path = ATTRIBUTES
    missing = (f"{ATTRIBUTES}/999999",)


def test_people_and_groups_are_built_in(administrator: APIClient) -> None:
    page = call(administrator, "get", TYPES)
    names = [(found["name"], found["pluralName"], found["builtIn"]) for found in page["items"]]
    assert names == [("person", "people", True), ("group", "groups", True)]
    assert "objectCount" not in page["items"][0]
    assert "attributes" not in page["items"][0]


def test_objects_are_counted_when_asked(administrator: APIClient) -> None:
    create_mvo()
    create_mvo()
    page = call(administrator, "get", f"{TYPES}?includeChildObjects=true")
    one = call(administrator, "get", f"{TYPES}/{metaverse_type_id('group')}?includeChildObjects=true")
    assert [found["objectCount"] for found in page["items"]] == [2, 0]
    assert one["objectCount"] == 0
    response = administrator.get(f"{TYPES}?includeChildObjects=1")
    assert_error(response, 400, "VALIDATION_ERROR", {"includeChildObjects": ...})


def test_type_is_retrieved_with_its_attributes(administrator: APIClient) -> None:
    group = call(administrator, "get", f"{TYPES}/{metaverse_type_id('group')}")
    (members,) = [a for a in group["attributes"] if a["name"] == "Static Members"]
    assert (members["type"], members["attributePlurality"], members["builtIn"]) == ("Reference", "MultiValued", True)


def test_type_is_created(administrator: APIClient) -> None:
    created = call(administrator, "post", TYPES, {"name": "device", "pluralName": "devices"}, 201)
    assert call(administrator, "get", f"{TYPES}/{created['id']}") == created
    assert (created["builtIn"], created["icon"], created["deletionRule"]) == (False, None, "Manual")
    response = administrator.post(TYPES, {"name": "Device", "pluralName": "devices"})
    assert_error(response, 400, "VALIDATION_ERROR", {"name": ...})


def test_deletion_rule_is_changed(administrator: APIClient) -> None:
    hr, person = create_system(administrator), metaverse_type_id()
    body = {
        "deletionRule": "WhenAuthoritativeSourceDisconnected",
        "deletionGracePeriod": "7.00:00:00",
        "deletionTriggerConnectedSystemIds": [hr["id"]],
    }
    changed = call(administrator, "put", f"{TYPES}/{person}", body)
    assert {name: changed[name] for name in body} == body
    assert MetaverseObjectType.objects.get(pk=person).deletion_grace_period == timedelta(days=7)
    at_once = call(administrator, "put", f"{TYPES}/{person}", {"deletionGracePeriod": None})
    assert at_once == changed | {"deletionGracePeriod": None}
    assert Activity.objects.filter(target_type="MetaverseObjectType", operation_type="Update").count() == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"deletionRule": "Never"}, "deletionRule"),
        ({"deletionRule": "WhenAuthoritativeSourceDisconnected"}, "deletionTriggerConnectedSystemIds"),
        ({"deletionTriggerConnectedSystemIds": [999_999]}, "deletionTriggerConnectedSystemIds"),
        ({"deletionGracePeriod": "7 days"}, "deletionGracePeriod"),
        ({"deletionGracePeriod": "-01:00:00"}, "deletionGracePeriod"),
    ],
    ids=["unknown rule", "no source", "unknown system", "no time span", "negative"],
)
def test_deletion_rule_that_cannot_be_is_refused_by_field(administrator: APIClient, body: Any, field: str) -> None:
    path = f"{TYPES}/{metaverse_type_id()}"
    before = call(administrator, "get", path)
    assert_error(administrator.put(path, body), 400, "VALIDATION_ERROR", {field: ...})
    assert call(administrator, "get", path) == before


def test_attribute_is_created_for_object_types(administrator: APIClient) -> None:
    person = metaverse_type_id()
    body = {"name": "Badge", "type": "LongNumber", "attributePlurality": "MultiValued", "objectTypeIds": [person]}
    created = call(administrator, "post", ATTRIBUTES, body, 201)
    assert created == {
        "id": created["id"],
        "name": "Badge",
        "type": "LongNumber",
        "attributePlurality": "MultiValued",
        "builtIn": False,
        "created": created["created"],
        "objectTypes": [{"id": person, "name": "person"}],
        "searchable": False,
    }
    assert call(administrator, "get", f"{ATTRIBUTES}/{created['id']}") == created


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "display name"}, "name"),
        ({"type": "String"}, "type"),
        ({"attributePlurality": "Single"}, "attributePlurality"),
        ({"objectTypeIds": [999_999]}, "objectTypeIds"),
    ],
    ids=["name in use", "unknown type", "unknown plurality", "unknown object type"],
)
def test_attribute_that_cannot_be_is_refused_by_field(administrator: APIClient, fields: Any, field: str) -> None:
    response = administrator.post(ATTRIBUTES, {"name": "Badge", "type": "Text"} | fields)
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})


def test_attributes_come_in_pages(administrator: APIClient) -> None:
    page = call(administrator, "get", f"{ATTRIBUTES}?page=2&pageSize=10")
    assert (len(page["items"]), page["totalCount"], page["totalPages"]) == (10, 26, 3)
    assert_error(administrator.get(f"{ATTRIBUTES}?pageSize=101"), 400, "VALIDATION_ERROR", {"pageSize": ...})


@pytest.mark.parametrize("path", [TYPES, ATTRIBUTES])
def test_list_costs_the_same_however_long_it_is(administrator: APIClient, path: str) -> None:
    before = query_count(administrator, f"{path}?pageSize=1")
    assert query_count(administrator, f"{path}?pageSize=100") == before


def create_attribute(client: APIClient, **fields: Any) -> Any:
    body = {"name": "Badge", "type": "Text", "objectTypeIds": [metaverse_type_id()]}
    return call(client, "post", ATTRIBUTES, body | fields, 201)


def test_attribute_is_changed_as_far_as_is_sent(administrator: APIClient) -> None:
    created = create_attribute(administrator)
    path = f"{ATTRIBUTES}/{created['id']}"
    changed = call(administrator, "put", path, {"name": "Badge Number", "type": "Number"})
    assert changed == created | {"name": "Badge Number", "type": "Number"}
    group = metaverse_type_id("group")
    mapped = call(administrator, "put", path, {"objectTypeIds": [group]})
    assert mapped == changed | {"objectTypes": [{"id": group, "name": "group"}]}
    assert call(administrator, "put", path, {}) == mapped
    messages = Activity.objects.filter(target_type="MetaverseAttribute", operation_type="Update").order_by("pk")
    assert list(messages.values_list("message", flat=True)) == [
        "Changed: name, type.",
        "Nothing changed. Object types replaced.",
        "Nothing changed.",
    ]


def test_attribute_is_deleted(administrator: APIClient) -> None:
    created = create_attribute(administrator)
    path = f"{ATTRIBUTES}/{created['id']}"
    call(administrator, "delete", path, status=204)
    assert_error(administrator.get(path), 404, "NOT_FOUND")
    assert Activity.objects.filter(target_name="Badge", operation_type="Delete").exists()


def test_built_in_attribute_keeps_name_and_shape_but_other_types_may_have_it(administrator: APIClient) -> None:
    email = metaverse("Email")
    path = f"{ATTRIBUTES}/{email.pk}"
    body = {"name": "Mail", "type": "Number", "attributePlurality": "MultiValued"}
    refused = administrator.put(path, body)
    assert_error(refused, 400, "VALIDATION_ERROR", {"name": ..., "type": ..., "attributePlurality": ...})
    assert_error(administrator.delete(path), 400, "VALIDATION_ERROR")
    device = call(administrator, "post", TYPES, {"name": "device", "pluralName": "devices"}, 201)
    types = [metaverse_type_id(), device["id"]]
    changed = call(administrator, "put", path, {"name": "Email", "objectTypeIds": types})
    assert {kind["name"] for kind in changed["objectTypes"]} == {"person", "device"}


def test_attribute_with_values_keeps_its_shape_and_its_object_types(administrator: APIClient) -> None:
    created = create_attribute(administrator)
    manager = create_attribute(administrator, name="Mentor", type="Reference")
    mvo = create_mvo({metaverse("Badge"): "7"})
    create_mvo({metaverse("Mentor"): [mvo]})
    for one in (created, manager):
        path = f"{ATTRIBUTES}/{one['id']}"
        assert_error(administrator.put(path, {"type": "Guid"}), 400, "VALIDATION_ERROR", {"type": ...})
        assert_error(administrator.put(path, {"objectTypeIds": []}), 400, "VALIDATION_ERROR", {"objectTypeIds": ...})
        assert_error(administrator.delete(path), 400, "VALIDATION_ERROR")
        assert call(administrator, "put", path, {"name": f"New {one['name']}"})["name"] == f"New {one['name']}"


def test_attribute_that_rules_use_stays_and_the_refusal_names_them(administrator: APIClient, hr: Any) -> None:
    badge, title = create_attribute(administrator), create_attribute(administrator, name="Title")
    rule = create_rule(administrator, hr, name="HR people")
    source = {"connectedSystemAttributeId": attribute_ids(hr["id"])["email"]}
    create_mapping(administrator, rule, {"targetMetaverseAttributeId": badge["id"], "sources": [source]})
    reading = {"targetMetaverseAttributeId": metaverse("Email").pk, "sources": [{"expression": 'Lower(mv["Title"])'}]}
    create_mapping(administrator, rule, reading)
    for one, refused_name in ((badge, 200), (title, 400)):
        path = f"{ATTRIBUTES}/{one['id']}"
        response = administrator.delete(path)
        assert_error(response, 400, "VALIDATION_ERROR")
        assert f"{one['name']} is used by rule HR people: remove it there" in response.json()["message"]
        assert_error(administrator.put(path, {"type": "Number"}), 400, "VALIDATION_ERROR", {"type": ...})
        assert_error(administrator.put(path, {"objectTypeIds": []}), 400, "VALIDATION_ERROR", {"objectTypeIds": ...})
        assert administrator.put(path, {"name": f"New {one['name']}"}).status_code == refused_name


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "EMAIL"}, "name"),
        ({"name": ""}, "name"),
        ({"objectTypeIds": [999_999]}, "objectTypeIds"),
        ({"objectTypeIds": [1, 1]}, "objectTypeIds"),
    ],
    ids=["name in use", "no name", "unknown object type", "twice"],
)
def test_change_of_an_attribute_that_cannot_be_is_refused(administrator: APIClient, body: Any, field: str) -> None:
    created = create_attribute(administrator)
    response = administrator.put(f"{ATTRIBUTES}/{created['id']}", body)
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})
