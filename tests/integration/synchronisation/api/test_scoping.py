"""Scoping criteria over the API: groups, nested groups, comparisons, and what is refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import RestrictedError
from rest_framework.test import APIClient

from activities.models import Activity
from synchronisation.models import (
    Attribute,
    ConnectedSystem,
    MetaverseAttribute,
    MetaverseObjectType,
    ObjectType,
    ScopingCriteriaGroup,
    ScopingCriterion,
    SyncRule,
)
from synchronisation.services.schema_removal import remove_object_types
from synchronisation.services.scoping import LEVELS
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import (
    RULES,
    SYSTEMS,
    attribute_ids,
    call,
    metaverse_attribute_ids,
    object_type_id,
)
from tests.integration.synchronisation.api.scoping import Scope

EVERY_TYPE = {
    "Text": ("stringValue", "Sales"),
    "Number": ("intValue", 42),
    "LongNumber": ("intValue", 2**40),
    "Decimal": ("decimalValue", "10.5"),
    "DateTime": ("dateTimeValue", "2026-01-31T00:00:00Z"),
    "Boolean": ("boolValue", False),
    "Guid": ("guidValue", "0190c2a4-5f6e-7d80-9abc-0123456789ab"),
}
NO_VALUE = dict.fromkeys(("stringValue", "intValue", "decimalValue", "dateTimeValue", "boolValue", "guidValue"))


class TestAccess(EndpointTests):
    path = f"{RULES}/1/scoping-criteria"
    missing = (f"{RULES}/999999/scoping-criteria", f"{RULES}/999999/scoping-criteria/1")


@pytest.fixture
def inbound(administrator: APIClient, hr: Any) -> Scope:
    return Scope(administrator, hr)


@pytest.fixture
def outbound(administrator: APIClient, directory: Any) -> Scope:
    return Scope(administrator, directory, "Export")


def test_rule_has_no_criteria_at_first(inbound: Scope) -> None:
    assert inbound.listed() == []


def test_group_is_answered_whole(inbound: Scope) -> None:
    group = inbound.group("Any", position=3)
    assert group == {"id": group["id"], "type": "Any", "position": 3, "criteria": [], "childGroups": []}
    assert inbound.listed() == [group]
    assert call(inbound.client, "get", f"{inbound.path}/{group['id']}") == group


def test_criterion_is_answered_whole(inbound: Scope) -> None:
    group = inbound.group()
    criterion = inbound.criterion(group, "lastName", "StartsWith", stringValue="O'", caseSensitive=False)
    assert criterion == NO_VALUE | {
        "id": criterion["id"],
        "metaverseAttributeId": None,
        "metaverseAttributeName": None,
        "connectedSystemAttributeId": inbound.ids["lastName"],
        "connectedSystemAttributeName": "lastName",
        "attributeDataType": "Text",
        "comparisonType": "StartsWith",
        "stringValue": "O'",
        "caseSensitive": False,
    }
    assert inbound.listed() == [group | {"criteria": [criterion]}]


def test_export_rule_compares_the_metaverse(outbound: Scope) -> None:
    criterion = outbound.criterion(outbound.group(), "Department", "Equals", stringValue="Sales")
    assert (criterion["metaverseAttributeId"], criterion["metaverseAttributeName"]) == (
        outbound.ids["Department"],
        "Department",
    )
    assert (criterion["connectedSystemAttributeId"], criterion["caseSensitive"]) == (None, True)


@pytest.mark.parametrize("kind", EVERY_TYPE)
def test_value_stands_in_the_field_of_its_type(inbound: Scope, kind: str) -> None:
    Attribute.objects.filter(pk=inbound.ids["email"]).update(type=kind)
    field, value = EVERY_TYPE[kind]
    criterion = inbound.criterion(inbound.group(), "email", "NotEquals", **{field: value})
    assert {name: criterion[name] for name in NO_VALUE} == NO_VALUE | {field: value}
    assert criterion["attributeDataType"] == kind


def test_values_are_kept_in_one_form(inbound: Scope) -> None:
    group = inbound.group()
    started = inbound.criterion(group, "startDate", "LessThan", dateTimeValue="2026-01-31T01:00:00+01:00")
    spaced = inbound.criterion(group, "lastName", "EndsWith", stringValue=" van  ")
    assert (started["dateTimeValue"], spaced["stringValue"]) == ("2026-01-31T00:00:00Z", " van  ")


def test_no_value_is_asked_for_by_the_empty_text(inbound: Scope) -> None:
    criterion = inbound.criterion(inbound.group(), "email", "Equals", stringValue="")
    assert criterion["stringValue"] == ""


def test_groups_nest_in_the_order_of_their_positions(inbound: Scope) -> None:
    last = inbound.group("All", position=2)
    first = inbound.group("Any", position=1)
    inner = [inbound.group("All", first, position=position) for position in (1, 0)]
    innermost = inbound.group("Any", inner[0])
    criterion = inbound.criterion(innermost, "email", "Contains", stringValue="@")
    tree = [
        first | {"childGroups": [inner[1], inner[0] | {"childGroups": [innermost | {"criteria": [criterion]}]}]},
        last,
    ]
    assert inbound.listed() == tree
    assert call(inbound.client, "get", f"{inbound.path}/{first['id']}") == tree[0]


def test_groups_nest_as_deep_as_the_limit(inbound: Scope) -> None:
    parent = inbound.group()
    for _ in range(LEVELS - 1):
        parent = inbound.group("Any", parent)
    inbound.criterion(parent, "email", "Equals", stringValue="x")
    response = inbound.client.post(f"{inbound.path}/{parent['id']}/child-groups", {"type": "All"})
    assert_error(response, 400, "VALIDATION_ERROR")
    (group,) = inbound.listed()
    for _ in range(LEVELS - 1):
        (group,) = group["childGroups"]
    assert group["criteria"][0]["stringValue"] == "x"
    call(inbound.client, "delete", f"{RULES}/{inbound.rule['id']}", status=204)
    assert not ScopingCriteriaGroup.objects.exists()


def test_put_changes_only_what_is_sent(inbound: Scope) -> None:
    group = inbound.group("All", position=4)
    criterion = inbound.criterion(group, "email", "Equals", stringValue="x")
    path = f"{inbound.path}/{group['id']}"
    assert call(inbound.client, "put", path, {"type": "Any"}) == group | {"type": "Any", "criteria": [criterion]}
    assert call(inbound.client, "put", path, {"position": 0})["position"] == 0
    assert_error(inbound.client.put(path, {"type": None}), 400, "VALIDATION_ERROR", {"type": ...})


def test_criterion_is_replaced(inbound: Scope) -> None:
    group = inbound.group()
    criterion = inbound.criterion(group, "lastName", "Equals", stringValue="x", caseSensitive=False)
    path = f"{inbound.path}/{group['id']}/criteria/{criterion['id']}"
    changed = call(inbound.client, "put", path, inbound.body("salary", "GreaterThan", intValue=40_000))
    assert (changed["id"], changed["connectedSystemAttributeName"], changed["intValue"], changed["stringValue"]) == (
        criterion["id"],
        "salary",
        40_000,
        None,
    )
    assert changed["caseSensitive"] is True
    assert inbound.listed() == [group | {"criteria": [changed]}]
    response = inbound.client.put(path, {"intValue": 1})
    assert_error(response, 400, "VALIDATION_ERROR", {"comparisonType": ...})


def test_group_is_deleted_with_its_contents(inbound: Scope) -> None:
    kept, removed = inbound.group(), inbound.group()
    inbound.criterion(inbound.group("Any", removed), "email", "Equals", stringValue="x")
    call(inbound.client, "delete", f"{inbound.path}/{removed['id']}", status=204)
    assert inbound.listed() == [kept]
    assert not ScopingCriterion.objects.exists()


def test_criterion_is_deleted(inbound: Scope) -> None:
    group = inbound.group()
    criterion = inbound.criterion(group, "email", "Equals", stringValue="x")
    call(inbound.client, "delete", f"{inbound.path}/{group['id']}/criteria/{criterion['id']}", status=204)
    assert inbound.listed() == [group]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"connectedSystemAttributeId": None}, "connectedSystemAttributeId"),
        ({"connectedSystemAttributeId": 999_999}, "connectedSystemAttributeId"),
        ({"metaverseAttributeId": 1}, "metaverseAttributeId"),
        ({"comparisonType": "Like"}, "comparisonType"),
        ({"comparisonType": "equals"}, "comparisonType"),
        ({"comparisonType": None}, "comparisonType"),
        ({"stringValue": None}, "stringValue"),
        ({"stringValue": 5}, "stringValue"),
        ({"stringValue": "x\0y"}, "stringValue"),
        ({"intValue": 5}, "intValue"),
        ({"boolValue": False}, "boolValue"),
        ({"comparisonType": "Contains", "stringValue": ""}, "stringValue"),
        ({"caseSensitive": "no"}, "caseSensitive"),
    ],
    ids=str,
)
def test_criterion_that_cannot_work_is_refused_by_field(inbound: Scope, change: Any, field: str) -> None:
    body = inbound.body("email", "Equals", stringValue="x")
    assert inbound.refused(inbound.group(), body | change, field)


@pytest.mark.parametrize(
    ("column", "comparison", "value", "field", "words"),
    [
        ("salary", "Equals", {"intValue": 2**31}, "intValue", ["salary", "2147483648"]),
        ("salary", "Equals", {"stringValue": "42"}, "stringValue", ["salary", "Number", "intValue"]),
        ("salary", "StartsWith", {"intValue": 4}, "comparisonType", ["salary", "Number", "StartsWith"]),
        ("active", "LessThan", {"boolValue": True}, "comparisonType", ["active", "Boolean", "LessThan"]),
        ("startDate", "Equals", {"dateTimeValue": "soon"}, "dateTimeValue", ["date-time"]),
    ],
    ids=["out of range", "another type", "no text", "no order", "no date"],
)
def test_value_that_does_not_fit_the_type_is_named(
    inbound: Scope, column: str, comparison: str, value: Any, field: str, words: list[str]
) -> None:
    body = inbound.body(column, comparison, **value)
    if "stringValue" in value:
        response = inbound.client.post(f"{inbound.path}/{inbound.group()['id']}/criteria", body)
        assert_error(response, 400, "VALIDATION_ERROR", {"stringValue": ..., "intValue": ...})
        sentence = response.json()["validationErrors"][field][0]
    else:
        sentence = inbound.refused(inbound.group(), body, field)
    assert [word for word in words if word not in sentence] == []


def test_decimal_that_is_none_is_refused(inbound: Scope) -> None:
    Attribute.objects.filter(pk=inbound.ids["salary"]).update(type="Decimal")
    sentence = inbound.refused(inbound.group(), inbound.body("salary", "Equals", decimalValue="1,5"), "decimalValue")
    assert "salary" in sentence
    assert "1,5" in sentence


@pytest.mark.parametrize("kind", ["Reference", "Binary"])
def test_references_and_bytes_cannot_be_compared(inbound: Scope, kind: str) -> None:
    Attribute.objects.filter(pk=inbound.ids["manager"]).update(type=kind)
    body = inbound.body("manager", "Equals", stringValue="00123")
    sentence = inbound.refused(inbound.group(), body, "connectedSystemAttributeId")
    assert sentence == f"manager is a {kind} attribute, which criteria cannot compare."


def test_attribute_of_another_object_type_is_refused(inbound: Scope, outbound: Scope, directory: Any) -> None:
    foreign = {"connectedSystemAttributeId": attribute_ids(directory["id"])["mail"]}
    inbound.refused(
        inbound.group(), inbound.body("email", "Equals", stringValue="x") | foreign, "connectedSystemAttributeId"
    )
    group_only = outbound.body("Group Type", "Equals", stringValue="x")
    outbound.refused(outbound.group(), group_only, "metaverseAttributeId")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "type"), ({"type": "None"}, "type"), ({"type": "All", "position": -1}, "position")],
    ids=str,
)
def test_group_that_cannot_be_is_refused_by_field(inbound: Scope, body: Any, field: str) -> None:
    parent = inbound.group()
    for path in (inbound.path, f"{inbound.path}/{parent['id']}/child-groups"):
        assert_error(inbound.client.post(path, body), 400, "VALIDATION_ERROR", {field: ...})


def test_parts_of_another_rule_are_not_found(inbound: Scope, outbound: Scope) -> None:
    group, other = inbound.group(), outbound.group()
    sibling = inbound.group()
    criterion = inbound.criterion(group, "email", "Equals", stringValue="x")
    client, body = inbound.client, inbound.body("email", "Equals", stringValue="x")
    answers = [
        client.get(f"{inbound.path}/{other['id']}"),
        client.put(f"{inbound.path}/{other['id']}", {"type": "Any"}),
        client.delete(f"{inbound.path}/{other['id']}"),
        client.post(f"{inbound.path}/{other['id']}/child-groups", {"type": "Any"}),
        client.post(f"{inbound.path}/{other['id']}/criteria", body),
        client.post(f"{inbound.path}/word/criteria", body),
        client.put(f"{inbound.path}/{sibling['id']}/criteria/{criterion['id']}", body),
        client.delete(f"{inbound.path}/{sibling['id']}/criteria/{criterion['id']}"),
        client.delete(f"{outbound.path}/{group['id']}/criteria/{criterion['id']}"),
    ]
    for answer in answers:
        assert_error(answer, 404, "NOT_FOUND")
    assert inbound.listed() == [group | {"criteria": [criterion]}, sibling]


def test_every_change_is_an_edit_of_the_rule_and_leaves_an_activity(inbound: Scope) -> None:
    client, rule = inbound.client, SyncRule.objects.get()
    edited = [rule.edited]

    def step(change: Callable[[], Any]) -> Any:
        result = change()
        rule.refresh_from_db()
        edited.append(rule.edited)
        return result

    outer = step(inbound.group)
    inner = step(lambda: inbound.group("Any", outer))
    path = f"{inbound.path}/{inner['id']}"
    step(lambda: call(client, "put", path, {"type": "All"}))
    criterion = step(lambda: inbound.criterion(inner, "email", "Equals", stringValue="secret@example.com"))
    of_criterion = f"{path}/criteria/{criterion['id']}"
    step(lambda: call(client, "put", of_criterion, inbound.body("email", "NotEquals", stringValue="x")))
    step(lambda: call(client, "delete", of_criterion, status=204))
    step(lambda: call(client, "delete", path, status=204))
    assert edited == sorted(set(edited))
    activities = Activity.objects.filter(sync_rule_id=rule.pk, operation_type="Update").order_by("created")
    assert [activity.message for activity in activities] == [
        f"Scoping group {outer['id']} added.",
        f"Scoping group {inner['id']} added in group {outer['id']}.",
        f"Scoping group {inner['id']}. Changed: type.",
        f"Criterion {criterion['id']} on email added, in scoping group {inner['id']}.",
        f"Criterion {criterion['id']} on email changed, in scoping group {inner['id']}.",
        f"Criterion {criterion['id']} on email removed, in scoping group {inner['id']}.",
        f"Scoping group {inner['id']} removed.",
    ]
    assert {(a.target_name, a.target_context) for a in activities} == {("HR Import", "HR")}


def test_refused_change_leaves_no_activity(inbound: Scope) -> None:
    group = inbound.group()
    before = Activity.objects.count()
    inbound.refused(group, inbound.body("email", "Equals"), "stringValue")
    assert Activity.objects.count() == before


def test_list_costs_the_same_however_long_it_is(inbound: Scope) -> None:
    inbound.criterion(inbound.group(), "email", "Equals", stringValue="x")
    before = query_count(inbound.client, inbound.path)
    parent = inbound.group()
    for name in ("lastName", "firstName", "email"):
        parent = inbound.group("Any", parent)
        inbound.criterion(parent, name, "Equals", stringValue="x")
    assert query_count(inbound.client, inbound.path) == before


def test_type_stays_while_a_criterion_compares_the_attribute(inbound: Scope, hr: Any) -> None:
    group = inbound.group()
    criterion = inbound.criterion(group, "email", "Equals", stringValue="x")
    path = f"{SYSTEMS}/{hr['id']}/object-types/{object_type_id(hr['id'])}/attributes/{inbound.ids['email']}"
    for body, field in (
        ({"type": "Reference"}, "type"),
        ({"attributePlurality": "MultiValued"}, "attributePlurality"),
        ({"selected": False}, "selected"),
    ):
        response = inbound.client.put(path, body)
        assert_error(response, 400, "VALIDATION_ERROR", {field: ...})
        assert "the scope of rule HR Import" in response.json()["validationErrors"][field][0].replace("The", "the")
    call(inbound.client, "delete", f"{inbound.path}/{group['id']}/criteria/{criterion['id']}", status=204)
    assert call(inbound.client, "put", path, {"type": "Reference", "selected": False})["selected"] is False


def test_attribute_that_is_gone_stays_while_a_criterion_compares_it(inbound: Scope, hr: Any, files: Path) -> None:
    group = inbound.group()
    inbound.criterion(group, "email", "EndsWith", stringValue="@example.com")
    (files / "hr.csv").write_text("employeeId,firstName\n1,Zoë\n", encoding="utf-8")
    call(inbound.client, "post", f"{SYSTEMS}/{hr['id']}/import-schema")
    imported = Activity.objects.filter(operation_type="ImportSchema").latest("created")
    assert set(attribute_ids(hr["id"])) == {"employeeId", "firstName", "email"}
    assert "email is no longer in the store, but the scope of rule HR Import" in (imported.warning_message or "")
    assert "email" not in (imported.message or "")
    call(inbound.client, "delete", f"{inbound.path}/{group['id']}", status=204)
    call(inbound.client, "post", f"{SYSTEMS}/{hr['id']}/import-schema")
    assert set(attribute_ids(hr["id"])) == {"employeeId", "firstName"}


def test_criterion_that_its_attribute_has_outgrown_is_warned_of(inbound: Scope, hr: Any, files: Path) -> None:
    criterion = inbound.criterion(inbound.group(), "salary", "GreaterThan", intValue=40_000)
    (files / "hr.csv").write_text("employeeId,salary\n1,true\n2,false\n", encoding="utf-8")
    call(inbound.client, "post", f"{SYSTEMS}/{hr['id']}/import-schema")
    warning = Activity.objects.filter(operation_type="ImportSchema").latest("created").warning_message or ""
    assert f"Criterion {criterion['id']} of rule HR Import no longer works: salary is a Boolean attribute" in warning
    (group,) = inbound.listed()
    assert (group["criteria"][0]["attributeDataType"], group["criteria"][0]["stringValue"]) == ("Boolean", "40000")


@pytest.mark.parametrize("what", ["rule", "object type", "system"])
def test_criteria_go_with_their_rule(inbound: Scope, hr: Any, what: str) -> None:
    group = inbound.group()
    inbound.criterion(inbound.group("Any", group), "email", "Equals", stringValue="x")
    if what == "rule":
        call(inbound.client, "delete", f"{RULES}/{inbound.rule['id']}", status=204)
    elif what == "object type":
        remove_object_types(list(ObjectType.objects.filter(system=hr["id"])))
    else:
        call(inbound.client, "delete", f"{SYSTEMS}/{hr['id']}")
        assert not ConnectedSystem.objects.exists()
    assert not SyncRule.objects.exists()
    assert not ScopingCriterion.objects.exists()
    assert not ScopingCriteriaGroup.objects.exists()


def test_metaverse_attribute_that_is_compared_cannot_be_deleted(outbound: Scope) -> None:
    kind = MetaverseObjectType.objects.get(name="person")
    badge = MetaverseAttribute.objects.create(name="Badge", type="Text")
    badge.object_types.add(kind)
    outbound.ids = metaverse_attribute_ids()
    outbound.criterion(outbound.group(), "Badge", "Equals", stringValue="x")
    with pytest.raises(RestrictedError):
        badge.delete()
