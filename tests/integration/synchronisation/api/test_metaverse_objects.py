from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from synchronisation.models import MetaverseReference, ObjectType
from tests.api import EndpointTests, assert_error, query_count
from tests.integration.synchronisation.api.configuration import V1, call, metaverse_type_id
from tests.integration.synchronisation.api.objects import create_cso, create_mvo, join, metaverse

OBJECTS = f"{V1}/metaverse/objects"


class TestAccess(EndpointTests):
    path = OBJECTS
    missing = (f"{OBJECTS}/{UUID(int=1)}", f"{OBJECTS}/1")


def names(client: APIClient, query: str = "") -> list[str]:
    return [item["displayName"] for item in call(client, "get", f"{OBJECTS}?{query}")["items"]]


def test_list_is_ordered_by_display_name_and_then_by_id(administrator: APIClient) -> None:
    first, second = create_mvo(display_name="Bo"), create_mvo(display_name="Bo")
    create_mvo(display_name=None)
    create_mvo(display_name="Al")
    items = call(administrator, "get", OBJECTS)["items"]
    assert [item["displayName"] for item in items] == ["Al", "Bo", "Bo", None]
    assert [item["id"] for item in items][1:3] == [str(first.pk), str(second.pk)]


def test_header_has_the_requested_attributes_as_text(administrator: APIClient) -> None:
    manager = create_mvo(display_name="A")
    mvo = create_mvo(
        {
            metaverse("Email"): "b@x",
            metaverse("Proxy Addresses"): ["smtp:a", "smtp:b"],
            metaverse("Manager"): [manager],
        },
        display_name="B",
    )
    query = "attributes=email,Proxy%20Addresses,Manager,Department,Static%20Members"
    item = call(administrator, "get", f"{OBJECTS}?{query}&search=b")["items"][0]
    assert item == {
        "id": str(mvo.pk),
        "created": item["created"],
        "displayName": "B",
        "status": "Normal",
        "typeId": metaverse_type_id(),
        "typeName": "person",
        "attributes": {
            "Email": "b@x",
            "Proxy Addresses": ["smtp:a", "smtp:b"],
            "Manager": str(manager.pk),
            "Department": None,
            "Static Members": [],
        },
    }


def test_attributes_may_be_none_or_all(administrator: APIClient) -> None:
    create_mvo()
    none, everything = (call(administrator, "get", f"{OBJECTS}?{query}")["items"][0] for query in ("", "attributes=*"))
    assert none["attributes"] == {}
    assert len(everything["attributes"]) == 26
    response = administrator.get(f"{OBJECTS}?attributes=Email,Shoe%20Size")
    assert_error(response, 400, "VALIDATION_ERROR", {"attributes": ...})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("search=ZO", ["azo", "Zoe"]),
        ("filterAttributeName=email&filterAttributeValue=ZOE@x", ["Zoe"]),
        ("filterAttributeName=Email&filterAttributeValue=zoe", []),
        ("filterAttributeName=Proxy%20Addresses&filterAttributeValue=smtp:B", ["azo"]),
        ("filterAttributeName=Manager&filterAttributeValue=00000000-0000-0000-0000-000000000007", ["azo"]),
        ("filterAttributeName=Manager&filterAttributeValue=Zoe", []),
        ("objectTypeId=999999", []),
        ("search=zo&filterAttributeName=Email&filterAttributeValue=zoe@x", ["Zoe"]),
    ],
    ids=["part of name", "any case", "whole value", "one of several", "reference", "no reference", "no type", "both"],
)
def test_list_and_count_are_filtered_alike(administrator: APIClient, query: str, expected: list[str]) -> None:
    create_mvo({metaverse("Email"): "zoe@x"}, display_name="Zoe")
    other = create_mvo({metaverse("Proxy Addresses"): ["smtp:a", "SMTP:b"]}, display_name="azo")
    MetaverseReference.objects.create(mvo_id=other.pk, attribute_id=metaverse("Manager").pk, target_id=UUID(int=7))
    create_mvo(display_name=None)
    assert names(administrator, query) == expected
    assert call(administrator, "get", f"{OBJECTS}/count?{query}") == len(expected)


@pytest.mark.parametrize("path", [OBJECTS, f"{OBJECTS}/count"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filterAttributeName=Email", "filterAttributeValue"),
        ("filterAttributeValue=x", "filterAttributeName"),
        ("filterAttributeName=Shoe%20Size&filterAttributeValue=x", "filterAttributeName"),
        ("objectTypeId=person", "objectTypeId"),
        ("search=%00", "search"),
    ],
)
def test_filter_that_cannot_be_read_is_refused(administrator: APIClient, path: str, query: str, field: str) -> None:
    assert_error(administrator.get(f"{path}?{query}"), 400, "VALIDATION_ERROR", {field: ...})


def test_object_is_answered_with_values_contributors_and_connectors(administrator: APIClient, hr: Any) -> None:
    email, manager = metaverse("Email"), metaverse("Manager")
    boss = create_mvo(display_name="Boss")
    mvo = create_mvo({email: "zoe@x"}, display_name="Zoë", holders=[[hr["id"], 7, [str(email.pk)]]])
    MetaverseReference.objects.create(
        mvo_id=mvo.pk, attribute_id=manager.pk, target_id=boss.pk, system_id=hr["id"], rule_id=7
    )
    cso = create_cso(ObjectType.objects.get(system=hr["id"]), display_name="O'Brien")
    join(cso, mvo)
    answered = call(administrator, "get", f"{OBJECTS}/{mvo.pk}")
    values = {value["attributeName"]: value for value in answered["attributeValues"]}
    assert answered["type"] == {"id": metaverse_type_id(), "name": "person"}
    assert answered["connectedSystemObjects"] == [
        {"id": str(cso.pk), "connectedSystemId": hr["id"], "connectedSystemName": "HR", "displayName": "O'Brien"}
    ]
    assert (values["Email"]["stringValue"], values["Email"]["contributedBySystemName"]) == ("zoe@x", "HR")
    assert (values["Manager"]["referenceValueId"], values["Manager"]["referenceValueDisplayName"]) == (
        str(boss.pk),
        "Boss",
    )
    assert values["Manager"]["contributedBySystemId"] == hr["id"]
    assert (answered["isPendingDeletion"], answered["attributeValueSummaries"]) == (False, None)


def test_holder_that_is_gone_holds_nothing(administrator: APIClient) -> None:
    email = metaverse("Email")
    mvo = create_mvo({email: "zoe@x"}, holders=[[999_999, 7, [str(email.pk)]]])
    (value,) = call(administrator, "get", f"{OBJECTS}/{mvo.pk}")["attributeValues"]
    assert (value["contributedBySystemId"], value["contributedBySystemName"]) == (None, None)


def test_members_of_a_huge_group_are_cut_and_summed_up(
    administrator: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synchronisation.api.metaverse.values.REFERENCES_SHOWN", 3)
    group = create_mvo({metaverse("Static Members"): [create_mvo() for _ in range(5)]}, "group")
    answered = call(administrator, "get", f"{OBJECTS}/{group.pk}")
    assert len(answered["attributeValues"]) == 3
    assert answered["attributeValueSummaries"] == [
        {"attributeName": "Static Members", "totalCount": 5, "returnedCount": 3, "hasMore": True}
    ]


def test_list_costs_the_same_however_long_it_is(administrator: APIClient) -> None:
    boss = create_mvo(display_name="Boss")
    before = query_count(administrator, f"{OBJECTS}?attributes=*")
    for _ in range(5):
        create_mvo({metaverse("Manager"): [boss]})
    assert query_count(administrator, f"{OBJECTS}?attributes=*") == before
