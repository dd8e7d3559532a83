from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity, OperationType, RunType
from synchronisation.models import Attribute, ConnectorSpaceObject, MatchingRule, ObjectType
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import (
    RULES,
    SYSTEMS,
    attribute_ids,
    call,
    create_mapping,
    create_rule,
    create_system,
    metaverse_attribute_ids,
    metaverse_type_id,
    object_type_id,
)
from tests.integration.synchronisation.api.objects import create_cso
from tests.integration.synchronisation.runs import taken_run


class TestAccess(EndpointTests):
    path = f"{SYSTEMS}/1/object-types"
    missing = (f"{SYSTEMS}/999999/object-types",)


def object_types(client: APIClient, system_id: int) -> list[Any]:
    found: list[Any] = call(client, "get", f"{SYSTEMS}/{system_id}/object-types")
    return found


def attributes_of(client: APIClient, system: Any) -> dict[str, Any]:
    (object_type,) = object_types(client, system["id"])
    return {attribute["name"]: attribute for attribute in object_type["attributes"]}


def import_schema(client: APIClient, system: Any) -> Any:
    return call(client, "post", f"{SYSTEMS}/{system['id']}/import-schema")


def attribute_path(system: Any, name: str) -> str:
    attribute_id = attribute_ids(system["id"])[name]
    return f"{SYSTEMS}/{system['id']}/object-types/{object_type_id(system['id'])}/attributes/{attribute_id}"


def test_import_discovers_object_types_with_typed_attributes(administrator: APIClient, files: Path) -> None:
    system = create_system(administrator, File_Path="hr.csv", Object_Type="person")
    imported = import_schema(administrator, system)
    attributes = attributes_of(administrator, system)
    assert [(t["name"], t["selected"], t["attributeCount"]) for t in imported["objectTypes"]] == [("person", False, 9)]
    assert {name: (a["type"], a["attributePlurality"]) for name, a in attributes.items()} == {
        "employeeId": ("Text", "SingleValued"),
        "firstName": ("Text", "SingleValued"),
        "lastName": ("Text", "SingleValued"),
        "email": ("Text", "SingleValued"),
        "manager": ("Text", "SingleValued"),
        "startDate": ("DateTime", "SingleValued"),
        "active": ("Boolean", "SingleValued"),
        "salary": ("Number", "SingleValued"),
        "skills": ("Text", "MultiValued"),
    }


def test_import_follows_the_recommended_external_id(administrator: APIClient, files: Path) -> None:
    system = create_system(administrator, File_Path="hr.csv", Object_Type="person")
    import_schema(administrator, system)
    attributes = attributes_of(administrator, system)
    marked = [a["name"] for a in attributes.values() if a["isExternalId"] and a["selected"] and a["selectionLocked"]]
    assert marked == ["employeeId"]


def test_import_without_settings_is_a_bad_request(administrator: APIClient, files: Path) -> None:
    system = create_system(administrator)
    assert_error(administrator.post(f"{SYSTEMS}/{system['id']}/import-schema"), 400, "BAD_REQUEST")
    failed = Activity.objects.get(connected_system_id=system["id"], operation_type=OperationType.IMPORT_SCHEMA)
    assert (failed.status, bool(failed.error_message)) == ("FailedWithError", True)


def test_importing_again_keeps_what_an_administrator_chose(administrator: APIClient, hr: Any, files: Path) -> None:
    call(
        administrator,
        "put",
        attribute_path(hr, "manager"),
        {"type": "Reference", "attributePlurality": "MultiValued", "selected": False},
    )
    call(administrator, "put", attribute_path(hr, "email"), {"isExternalId": True})
    before = attributes_of(administrator, hr)
    import_schema(administrator, hr)
    assert attributes_of(administrator, hr) == before
    assert (before["manager"]["type"], before["email"]["isExternalId"]) == ("Reference", True)


def test_importing_again_takes_over_columns_that_came_and_went(administrator: APIClient, hr: Any, files: Path) -> None:
    ids = attribute_ids(hr["id"])
    (files / "hr.csv").write_text("employeeId,FIRSTNAME,city\n1,Zoë,Oslo\n", encoding="utf-8")
    import_schema(administrator, hr)
    attributes = attributes_of(administrator, hr)
    activity = Activity.objects.filter(operation_type=OperationType.IMPORT_SCHEMA).latest("created")
    assert {name: a["selected"] for name, a in attributes.items()} == {
        "employeeId": True,
        "FIRSTNAME": True,
        "city": False,
    }
    assert attributes["FIRSTNAME"]["id"] == ids["firstName"]
    assert "Added: person.city. Removed: person.lastName" in (activity.message or "")


def test_mapping_of_a_column_that_is_gone_goes_with_it(administrator: APIClient, hr: Any, files: Path) -> None:
    rule, columns = create_rule(administrator, hr), attribute_ids(hr["id"])
    targets = metaverse_attribute_ids()
    for target, source in {
        "Email": {"connectedSystemAttributeId": columns["email"]},
        "Display Name": {"expression": 'cs["lastName"]'},
    }.items():
        create_mapping(administrator, rule, {"targetMetaverseAttributeId": targets[target], "sources": [source]})
    (files / "hr.csv").write_text("employeeId,firstName\n1,Zoë\n", encoding="utf-8")
    import_schema(administrator, hr)
    left = call(administrator, "get", f"{RULES}/{rule['id']}/mappings")
    warning = Activity.objects.filter(operation_type=OperationType.IMPORT_SCHEMA).latest("created").warning_message
    assert [mapping["targetMetaverseAttributeName"] for mapping in left] == ["Display Name"]
    assert "was removed" in (warning or "")
    assert "no longer works" in (warning or "")


def test_matching_rule_does_not_lose_a_source_under_a_synchronisation(
    administrator: APIClient, hr: Any, files: Path
) -> None:
    columns = attribute_ids(hr["id"])
    body = {
        "connectedSystemObjectTypeId": object_type_id(hr["id"]),
        "metaverseObjectTypeId": metaverse_type_id(),
        "targetMetaverseAttributeId": metaverse_attribute_ids()["Email"],
        "sources": [{"connectedSystemAttributeId": columns[name]} for name in ("email", "firstName")],
    }
    call(administrator, "post", f"{SYSTEMS}/{hr['id']}/matching-rules", body, 201)
    (files / "hr.csv").write_text("employeeId,firstName\n1,Zoë\n", encoding="utf-8")
    run, _ = taken_run(RunType.DELTA_SYNCHRONISATION)
    assert_error(administrator.post(f"{SYSTEMS}/{hr['id']}/import-schema"), 400, "BAD_REQUEST")
    assert attribute_ids(hr["id"]) == columns
    Activity.objects.filter(pk=run.pk).update(status="Complete")
    import_schema(administrator, hr)
    assert set(attribute_ids(hr["id"])) == {"employeeId", "firstName"}
    assert MatchingRule.objects.get().sources.count() == 1


def test_object_type_that_is_gone_is_removed(administrator: APIClient, hr: Any, files: Path) -> None:
    values = {"settingValues": {"Object Type": {"stringValue": "worker"}}}
    call(administrator, "put", f"{SYSTEMS}/{hr['id']}", values)
    imported = import_schema(administrator, hr)
    assert [t["name"] for t in imported["objectTypes"]] == ["worker"]


def test_object_type_that_is_gone_but_has_objects_is_only_deselected(
    administrator: APIClient, hr: Any, files: Path
) -> None:
    create_cso(ObjectType.objects.get(system=hr["id"]))
    values = {"settingValues": {"Object Type": {"stringValue": "worker"}}}
    call(administrator, "put", f"{SYSTEMS}/{hr['id']}", values)
    imported = import_schema(administrator, hr)
    assert [(t["name"], t["selected"]) for t in imported["objectTypes"]] == [("person", False), ("worker", False)]


def test_object_type_is_updated(administrator: APIClient, hr: Any) -> None:
    (before,) = object_types(administrator, hr["id"])
    path = f"{SYSTEMS}/{hr['id']}/object-types/{before['id']}"
    changed = call(administrator, "put", path, {"removeContributedAttributesOnObsoletion": False})
    assert changed == before | {"removeContributedAttributesOnObsoletion": False}
    assert_error(administrator.put(path, {"selected": None}), 400, "VALIDATION_ERROR", {"selected": ...})


def test_object_type_of_another_system_is_not_found(administrator: APIClient, hr: Any, directory: Any) -> None:
    path = f"{SYSTEMS}/{hr['id']}/object-types/{object_type_id(directory['id'])}"
    assert_error(administrator.put(path, {"selected": "no boolean"}), 404, "NOT_FOUND")


def test_new_external_id_takes_the_place_of_the_old_one(administrator: APIClient, hr: Any) -> None:
    changed = call(administrator, "put", attribute_path(hr, "salary"), {"isExternalId": True})
    attributes = attributes_of(administrator, hr)
    assert [a["name"] for a in attributes.values() if a["isExternalId"]] == ["salary"]
    assert (changed["selectionLocked"], changed["type"]) == (True, "Text")


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("employeeId", {"selected": False}, "selected"),
        ("employeeId", {"attributePlurality": "MultiValued"}, "attributePlurality"),
        ("employeeId", {"isSecondaryExternalId": True}, "isSecondaryExternalId"),
        ("skills", {"isExternalId": True}, "attributePlurality"),
        ("active", {"isExternalId": True}, "type"),
        ("email", {"type": "String"}, "type"),
        ("email", {"selected": "true"}, "selected"),
    ],
    ids=[
        "external ID deselected",
        "external ID with several values",
        "both external IDs",
        "several values as external ID",
        "boolean as external ID",
        "unknown type",
        "no boolean",
    ],
)
def test_attribute_change_that_cannot_be_is_refused(
    administrator: APIClient, hr: Any, name: str, body: Any, field: str
) -> None:
    before = attributes_of(administrator, hr)
    response = administrator.put(attribute_path(hr, name), body)
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})
    assert attributes_of(administrator, hr) == before


def test_type_stays_while_objects_hold_values(administrator: APIClient, hr: Any) -> None:
    email = Attribute.objects.get(object_type__system=hr["id"], name="email")
    create_cso(email.object_type, {email: "zoe@example.com"})
    response = administrator.put(attribute_path(hr, "email"), {"type": "Reference"})
    assert_error(response, 400, "VALIDATION_ERROR", {"type": ...})
    ConnectorSpaceObject.objects.all().delete()
    assert call(administrator, "put", attribute_path(hr, "email"), {"type": "Reference"})


@pytest.mark.parametrize("source", ["attribute", "expression"])
def test_type_stays_while_a_rule_reads_the_attribute(administrator: APIClient, hr: Any, source: str) -> None:
    rule, columns = create_rule(administrator, hr), attribute_ids(hr["id"])
    sources = {
        "attribute": {"connectedSystemAttributeId": columns["email"]},
        "expression": {"expression": 'Lower(cs["EMAIL"])'},
    }
    target = metaverse_attribute_ids()["Email"]
    create_mapping(administrator, rule, {"targetMetaverseAttributeId": target, "sources": [sources[source]]})
    response = administrator.put(attribute_path(hr, "email"), {"type": "Reference"})
    assert_error(response, 400, "VALIDATION_ERROR", {"type": ...})
    assert rule["name"] in response.json()["validationErrors"]["type"][0]


def test_attribute_that_a_rule_writes_stays_selected(administrator: APIClient, directory: Any) -> None:
    rule, columns = create_rule(administrator, directory, "Export"), attribute_ids(directory["id"])
    source = {"metaverseAttributeId": metaverse_attribute_ids()["Email"]}
    create_mapping(administrator, rule, {"targetConnectedSystemAttributeId": columns["mail"], "sources": [source]})
    response = administrator.put(attribute_path(directory, "mail"), {"selected": False})
    assert_error(response, 400, "VALIDATION_ERROR", {"selected": ...})


def test_bulk_update_changes_what_it_can_and_names_the_rest(administrator: APIClient, hr: Any) -> None:
    columns = attribute_ids(hr["id"])
    changes = {
        str(columns["email"]): {"selected": False},
        str(columns["employeeId"]): {"selected": False},
        "999999": {"selected": True},
    }
    path = f"{SYSTEMS}/{hr['id']}/object-types/{object_type_id(hr['id'])}/attributes/bulk-update"
    result = call(administrator, "post", path, {"attributes": changes})
    assert [a["name"] for a in result["updatedAttributes"]] == ["email"]
    assert [error["attributeId"] for error in result["errors"]] == [columns["employeeId"], 999_999]
    assert (result["updatedCount"], attributes_of(administrator, hr)["email"]["selected"]) == (1, False)
    assert Activity.objects.filter(pk=result["activityId"]).exists()


@pytest.mark.parametrize(
    "body",
    [{}, {"attributes": {}}, {"attributes": {"email": {"selected": True}}}, {"attributes": {"1": {"selected": 1}}}],
    ids=["nothing", "empty", "key is no id", "no boolean"],
)
def test_bulk_update_refuses_a_malformed_body(administrator: APIClient, hr: Any, body: Any) -> None:
    path = f"{SYSTEMS}/{hr['id']}/object-types/{object_type_id(hr['id'])}/attributes/bulk-update"
    assert_error(administrator.post(path, body), 400, "VALIDATION_ERROR")


def test_list_of_object_types_costs_the_same_however_long_it_is(administrator: APIClient, hr: Any) -> None:
    path = f"{SYSTEMS}/{hr['id']}/object-types"
    before = query_count(administrator, path)
    for number in range(3):
        ObjectType.objects.create(system_id=hr["id"], name=f"type {number}").attributes.create(name="x", type="Text")
    assert query_count(administrator, path) == before
