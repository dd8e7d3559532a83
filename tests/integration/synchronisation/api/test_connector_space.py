from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from synchronisation.models import Attribute, AttributeType, CsoStatus, ObjectType
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import SYSTEMS, call
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, create_reference, join, metaverse

NAMES = {
    "text": (AttributeType.TEXT, "Zoë", "stringValue"),
    "number": (AttributeType.NUMBER, 42, "intValue"),
    "long": (AttributeType.LONG_NUMBER, 2**40, "longValue"),
    "decimal": (AttributeType.DECIMAL, "1.50", "decimalValue"),
    "date": (AttributeType.DATE_TIME, "2026-01-31T00:00:00Z", "dateTimeValue"),
    "flag": (AttributeType.BOOLEAN, False, "boolValue"),
    "guid": (AttributeType.GUID, "a4f2e8c1-3b7d-4e9a-b5c6-d8f0e1a2b3c4", "guidValue"),
    "bytes": (AttributeType.BINARY, "AAE=", "binaryValue"),
}
"""Attribute name -> type, a value of it, and the field that shows it."""
VALUE_FIELDS = {field for _, _, field in NAMES.values()} | {"referenceValueId", "unresolvedReferenceValue"}


class TestAccess(EndpointTests):
    path = f"{SYSTEMS}/1/connector-space"
    missing = (f"{SYSTEMS}/999999/connector-space", f"{SYSTEMS}/999999/connector-space/count")


@pytest.fixture
def person(hr: Any) -> ObjectType:
    """The object type of HR with one attribute of every type, and two that hold references."""
    object_type = ObjectType.objects.get(system=hr["id"])
    object_type.attributes.all().delete()
    for name, (kind, _, _) in NAMES.items():
        object_type.attributes.create(name=name, type=kind)
    object_type.attributes.create(name="skills", type=AttributeType.TEXT, plurality="MultiValued")
    object_type.attributes.create(name="manager", type=AttributeType.REFERENCE)
    object_type.attributes.create(name="members", type=AttributeType.REFERENCE, plurality="MultiValued")
    return object_type


def named(object_type: ObjectType, name: str) -> Attribute:
    return object_type.attributes.get(name=name)


def space(system_id: int) -> str:
    return f"{SYSTEMS}/{system_id}/connector-space"


def test_every_type_has_a_field_of_its_own(administrator: APIClient, person: ObjectType) -> None:
    cso = create_cso(person, {named(person, name): value for name, (_, value, _) in NAMES.items()})
    values = call(administrator, "get", f"{space(person.system_id)}/{cso.pk}")["attributeValues"]
    shown = {v["attributeName"]: {f: v[f] for f in VALUE_FIELDS if v[f] is not None} for v in values}
    assert shown == {name: {field: value} for name, (_, value, field) in NAMES.items()}


def test_object_is_answered_whole(administrator: APIClient, hr: Any, person: ObjectType) -> None:
    cso, mvo = create_cso(person, external_id="00123", display_name="Zoë"), create_mvo(display_name="Zoë O'Brien")
    join(cso, mvo)
    answered = call(administrator, "get", f"{space(hr['id'])}/{cso.pk}")
    assert answered == {
        "id": str(cso.pk),
        "created": answered["created"],
        "lastUpdated": None,
        "status": "Normal",
        "joinType": "Projected",
        "dateJoined": answered["dateJoined"],
        "displayName": "Zoë",
        "externalIdValue": "00123",
        "connectedSystemId": hr["id"],
        "connectedSystemName": "HR",
        "typeId": person.pk,
        "typeName": "person",
        "partitionId": None,
        "metaverseObjectId": str(mvo.pk),
        "metaverseObjectDisplayName": "Zoë O'Brien",
        "attributeValues": [],
        "attributeValueSummaries": None,
    }


def test_object_without_join_is_disconnected(administrator: APIClient, person: ObjectType) -> None:
    answered = call(administrator, "get", f"{space(person.system_id)}/{create_cso(person).pk}")
    assert (answered["joinType"], answered["dateJoined"], answered["metaverseObjectId"]) == ("Disconnected", None, None)


def test_reference_shows_its_target_or_its_text(administrator: APIClient, person: ObjectType) -> None:
    target, cso = create_cso(person), create_cso(person)
    create_reference(cso, named(person, "members"), "known", target.pk)
    create_reference(cso, named(person, "members"), "unknown")
    values = call(administrator, "get", f"{space(person.system_id)}/{cso.pk}")["attributeValues"]
    shown = {(v["referenceValueId"], v["unresolvedReferenceValue"]) for v in values}
    assert shown == {(str(target.pk), None), (None, "unknown")}
    path = f"{space(person.system_id)}/unresolved-references/count"
    assert call(administrator, "get", path) == 1


def test_long_lists_are_cut_at_ten_values_and_summed_up(administrator: APIClient, person: ObjectType) -> None:
    cso = create_cso(
        person,
        {
            named(person, "skills"): [f"skill {n:02}" for n in range(12)],
            named(person, "members"): [f"member {n}" for n in range(30)],
        },
    )
    answered = call(administrator, "get", f"{space(person.system_id)}/{cso.pk}")
    names = [value["attributeName"] for value in answered["attributeValues"]]
    assert (names.count("skills"), names.count("members")) == (10, 10)
    assert answered["attributeValueSummaries"] == [
        {"attributeName": "skills", "totalCount": 12, "returnedCount": 10, "hasMore": True},
        {"attributeName": "members", "totalCount": 30, "returnedCount": 10, "hasMore": True},
    ]


@pytest.mark.parametrize("name", ["skills", "members"])
def test_all_values_of_an_attribute_come_in_pages(administrator: APIClient, person: ObjectType, name: str) -> None:
    cso = create_cso(person, {named(person, name): [f"value {n:02}" for n in range(7)]})
    path = f"{space(person.system_id)}/{cso.pk}/attributes/{name.upper()}/values"
    pages = [call(administrator, "get", f"{path}?page={page}&pageSize=3") for page in (1, 2, 3, 4)]
    whole = call(administrator, "get", path)
    assert [value for page in pages for value in page["items"]] == whole["items"]
    assert [len(page["items"]) for page in pages] == [3, 3, 1, 0]
    assert {(page["totalCount"], page["totalPages"]) for page in pages} == {(7, 3)}
    assert whole["pageSize"] == 50
    assert len({value["id"] for value in whole["items"]}) == 7


@pytest.mark.parametrize("name", ["skills", "members"])
def test_values_are_searched_in_any_case(administrator: APIClient, person: ObjectType, name: str) -> None:
    cso = create_cso(person, {named(person, name): ["Piano", "Chess", "Grand piano"]})
    path = f"{space(person.system_id)}/{cso.pk}/attributes/{name}/values"
    found = call(administrator, "get", f"{path}?search=PIANO")
    whole = call(administrator, "get", path)
    assert found["totalCount"] == 2
    assert {value["id"] for value in found["items"]} < {value["id"] for value in whole["items"]}


def test_values_of_an_unknown_attribute_are_not_found(administrator: APIClient, person: ObjectType) -> None:
    named(person, "text").delete()
    person.attributes.create(name="späte Zeit/Ort?", type=AttributeType.TEXT)
    path = f"{space(person.system_id)}/{create_cso(person).pk}/attributes"
    assert_error(administrator.get(f"{path}/text/values"), 404, "NOT_FOUND")
    assert call(administrator, "get", f"{path}/{quote('späte Zeit/Ort?', safe='')}/values")["items"] == []


def test_object_of_another_system_is_not_found(administrator: APIClient, person: ObjectType, directory: Any) -> None:
    cso = create_cso(person)
    assert_error(administrator.get(f"{space(directory['id'])}/{cso.pk}"), 404, "NOT_FOUND")
    assert_error(administrator.get(f"{space(directory['id'])}/{cso.pk}/attributes/text/values"), 404, "NOT_FOUND")
    assert_error(administrator.get(f"{space(person.system_id)}/no-guid"), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"a", "b", "c"}),
        ("status=Obsolete", {"b"}),
        ("joinType=Joined", {"a"}),
        ("joinType=Disconnected", {"b", "c"}),
        ("partitionId=7", {"c"}),
        ("objectTypeId=999999", set()),
        ("search=OBJECT%20B", {"b"}),
    ],
)
def test_list_is_filtered(administrator: APIClient, person: ObjectType, query: str, expected: set[str]) -> None:
    join(create_cso(person, external_id="a"), create_mvo(), "Joined")
    create_cso(person, external_id="b", status=CsoStatus.OBSOLETE)
    create_cso(person, external_id="c", partition_id=7)
    page = call(administrator, "get", f"{space(person.system_id)}?{query}")
    assert {item["externalIdValue"] for item in page["items"]} == expected


def test_count_counts_everything_that_its_filters_leave(administrator: APIClient, person: ObjectType) -> None:
    create_cso(person, partition_id=7)
    create_cso(person, status=CsoStatus.PENDING_PROVISIONING)
    create_cso(person, status=CsoStatus.OBSOLETE)
    path = f"{space(person.system_id)}/count"
    queries = ("", "?partitionId=7", f"?objectTypeId={person.pk}", "?objectTypeId=999999", "?status=unknown")
    assert [call(administrator, "get", path + query) for query in queries] == [3, 1, 3, 0, 3]
    assert_error(administrator.get(f"{path}?partitionId=x"), 400, "VALIDATION_ERROR", {"partitionId": ...})


def test_list_costs_the_same_however_long_it_is(administrator: APIClient, person: ObjectType) -> None:
    join(create_cso(person), create_mvo({metaverse("Display Name"): "Zoë"}))
    before = query_count(administrator, space(person.system_id))
    for _ in range(4):
        join(create_cso(person), create_mvo())
    assert query_count(administrator, space(person.system_id)) == before


def test_value_older_than_its_attributes_type_is_shown_as_text(administrator: APIClient, person: ObjectType) -> None:
    cso = create_cso(person, {named(person, "number"): "forty-two"})
    (value,) = call(administrator, "get", f"{space(person.system_id)}/{cso.pk}")["attributeValues"]
    assert (value["stringValue"], value["intValue"]) == ("forty-two", None)
