from typing import Any

import pytest
from rest_framework.test import APIClient

from synchronisation.models import Attribute, Writability
from tests.api import assert_error, query_count
from tests.integration.synchronisation.api.configuration import (
    RULES,
    V1,
    attribute_ids,
    call,
    create_mapping,
    create_rule,
    metaverse_attribute_ids,
    metaverse_type_id,
)


class Side:
    """A rule with the ids of the attributes on both of its sides, by name."""

    def __init__(self, client: APIClient, system: Any, direction: str, **fields: Any) -> None:
        self.rule = create_rule(client, system, direction, **fields)
        self.path = f"{RULES}/{self.rule['id']}/mappings"
        self.system = attribute_ids(system["id"])
        self.metaverse = metaverse_attribute_ids()

    def inbound(self, target: str, *columns: str, **fields: Any) -> Any:
        sources = [{"connectedSystemAttributeId": self.system[column]} for column in columns]
        return {"targetMetaverseAttributeId": self.metaverse[target], "sources": sources} | fields

    def outbound(self, target: str, source: str, **fields: Any) -> Any:
        sources = [{"metaverseAttributeId": self.metaverse[source]}]
        return {"targetConnectedSystemAttributeId": self.system[target], "sources": sources} | fields


@pytest.fixture
def inbound(administrator: APIClient, hr: Any) -> Side:
    return Side(administrator, hr, "Import")


@pytest.fixture
def outbound(administrator: APIClient, directory: Any) -> Side:
    return Side(administrator, directory, "Export")


def test_import_mapping_is_answered_whole(administrator: APIClient, inbound: Side) -> None:
    mapping = create_mapping(administrator, inbound.rule, inbound.inbound("Email", "email"))
    (source,) = mapping["sources"]
    assert mapping == {
        "id": mapping["id"],
        "created": mapping["created"],
        "targetMetaverseAttributeId": inbound.metaverse["Email"],
        "targetMetaverseAttributeName": "Email",
        "targetConnectedSystemAttributeId": None,
        "targetConnectedSystemAttributeName": None,
        "sourceType": "AttributeMapping",
        "sources": [
            {
                "id": source["id"],
                "order": 0,
                "connectedSystemAttributeId": inbound.system["email"],
                "connectedSystemAttributeName": "email",
                "metaverseAttributeId": None,
                "metaverseAttributeName": None,
                "expression": None,
            }
        ],
        "priority": 1,
        "nullIsValue": False,
        "initialOnly": False,
    }
    assert call(administrator, "get", f"{inbound.path}/{mapping['id']}") == mapping
    assert call(administrator, "get", inbound.path) == [mapping]


def test_export_mapping_has_no_priority(administrator: APIClient, outbound: Side) -> None:
    mapping = create_mapping(administrator, outbound.rule, outbound.outbound("mail", "Email", initialOnly=True))
    assert (mapping["targetConnectedSystemAttributeName"], mapping["priority"], mapping["initialOnly"]) == (
        "mail",
        None,
        True,
    )


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([{"expression": '"x"'}], "ExpressionMapping"),
        ([{"expression": '"x"', "order": 1}, {"expression": '"y"', "order": 0}], "AdvancedMapping"),
    ],
    ids=["one expression", "several sources"],
)
def test_source_type_follows_from_the_sources(
    administrator: APIClient, inbound: Side, sources: Any, expected: str
) -> None:
    body = {"targetMetaverseAttributeId": inbound.metaverse["Email"], "sources": sources}
    mapping = create_mapping(administrator, inbound.rule, body)
    assert mapping["sourceType"] == expected
    assert [source["order"] for source in mapping["sources"]] == list(range(len(sources)))


@pytest.mark.parametrize(
    ("target", "column", "allowed"),
    [
        ("Email", "email", True),
        ("Email", "salary", True),
        ("Email", "startDate", True),
        ("Employee Start Date", "startDate", True),
        ("Employee Start Date", "email", False),
        ("Manager", "email", False),
        ("Email", "skills", True),
    ],
    ids=["text", "number as text", "date as text", "date", "text as date", "text as reference", "many as one"],
)
def test_types_decide_what_may_flow(
    administrator: APIClient, inbound: Side, target: str, column: str, allowed: bool
) -> None:
    response = administrator.post(inbound.path, inbound.inbound(target, column))
    if allowed:
        assert response.status_code == 201
    else:
        assert_error(response, 400, "VALIDATION_ERROR", {"sources[0].connectedSystemAttributeId": ...})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"targetMetaverseAttributeId": None}, "targetMetaverseAttributeId"),
        ({"targetMetaverseAttributeId": 999_999}, "targetMetaverseAttributeId"),
        ({"sources": []}, "sources"),
        ({"sources": [{}]}, "sources[0]"),
        ({"sources": [{"expression": '"x"', "connectedSystemAttributeId": 1}]}, "sources[0]"),
        ({"sources": [{"connectedSystemAttributeId": 999_999}]}, "sources[0].connectedSystemAttributeId"),
        ({"sources": [{"metaverseAttributeId": 1}]}, "sources[0].metaverseAttributeId"),
        ({"sources": [{"expression": 'mv["Manager"]'}]}, "sources[0].expression"),
        ({"sources": [{"expression": 'cs["shoe size"]'}]}, "sources[0].expression"),
        ({"sources": [{"expression": "lower()"}]}, "sources[0].expression"),
        ({"initialOnly": True}, "initialOnly"),
        ({"priority": 0}, "priority"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_import_mapping_that_cannot_work_is_refused_by_field(
    administrator: APIClient, inbound: Side, change: Any, field: str
) -> None:
    response = administrator.post(inbound.path, inbound.inbound("Email", "email") | change)
    assert_error(response, 400, "VALIDATION_ERROR", {field: ...})
    assert call(administrator, "get", inbound.path) == []


def test_expression_error_says_where_it_is(administrator: APIClient, inbound: Side) -> None:
    body = inbound.inbound("Email") | {"sources": [{"expression": 'Lower(cs["email"]\n + '}]}
    response = administrator.post(inbound.path, body)
    (message,) = response.json()["validationErrors"]["sources[0].expression"]
    assert "line 2, column" in message


def test_attribute_of_another_object_type_is_refused(administrator: APIClient, inbound: Side, outbound: Side) -> None:
    foreign = {"sources": [{"connectedSystemAttributeId": outbound.system["mail"]}]}
    response = administrator.post(inbound.path, inbound.inbound("Email", "email") | foreign)
    assert_error(response, 400, "VALIDATION_ERROR", {"sources[0].connectedSystemAttributeId": ...})
    group_only = inbound.inbound("Group Type", "email")
    assert_error(
        administrator.post(inbound.path, group_only), 400, "VALIDATION_ERROR", {"targetMetaverseAttributeId": ...}
    )


@pytest.mark.parametrize("change", [{"selected": False}, {"writability": Writability.READ_ONLY}], ids=str)
def test_export_target_must_be_selected_and_writable(administrator: APIClient, outbound: Side, change: Any) -> None:
    Attribute.objects.filter(pk=outbound.system["mail"]).update(**change)
    response = administrator.post(outbound.path, outbound.outbound("mail", "Email"))
    assert_error(response, 400, "VALIDATION_ERROR", {"targetConnectedSystemAttributeId": ...})


def test_secret_may_be_written_to_an_attribute_that_is_not_selected(administrator: APIClient, outbound: Side) -> None:
    Attribute.objects.filter(pk=outbound.system["mail"]).update(selected=False)
    body = outbound.outbound("mail", "Email") | {"sources": [{"expression": "RandomPassword(16)"}]}
    assert create_mapping(administrator, outbound.rule, body)


def test_expression_cannot_make_references(administrator: APIClient, inbound: Side) -> None:
    body = inbound.inbound("Manager") | {"sources": [{"expression": 'cs["manager"]'}]}
    response = administrator.post(inbound.path, body)
    assert_error(response, 400, "VALIDATION_ERROR", {"sources[0].expression": ...})


def test_a_rule_writes_an_attribute_once(administrator: APIClient, inbound: Side) -> None:
    first = create_mapping(administrator, inbound.rule, inbound.inbound("Email", "email"))
    again = administrator.post(inbound.path, inbound.inbound("Email", "lastName"))
    assert_error(again, 400, "VALIDATION_ERROR", {"targetMetaverseAttributeId": ...})
    assert call(
        administrator, "put", f"{inbound.path}/{first['id']}", inbound.inbound("Email", "lastName", nullIsValue=True)
    )


def test_put_replaces_the_sources_and_keeps_the_rest(administrator: APIClient, inbound: Side) -> None:
    mapping = create_mapping(administrator, inbound.rule, inbound.inbound("Email", "email", nullIsValue=True))
    changed = call(
        administrator, "put", f"{inbound.path}/{mapping['id']}", {"sources": [{"expression": 'Lower(cs["email"])'}]}
    )
    assert changed == mapping | {"sourceType": "ExpressionMapping", "sources": changed["sources"]}
    response = administrator.put(f"{inbound.path}/{mapping['id']}", {"nullIsValue": False})
    assert_error(response, 400, "VALIDATION_ERROR", {"sources": ...})


def test_mapping_of_another_rule_is_not_found(administrator: APIClient, inbound: Side, outbound: Side) -> None:
    mapping = create_mapping(administrator, inbound.rule, inbound.inbound("Email", "email"))
    assert_error(administrator.get(f"{outbound.path}/{mapping['id']}"), 404, "NOT_FOUND")


def contributors_path(inbound: Side) -> str:
    attribute_id = inbound.metaverse["Email"]
    return f"{V1}/metaverse/object-types/{metaverse_type_id()}/attributes/{attribute_id}/contributors"


def contributors(client: APIClient, inbound: Side) -> list[tuple[str, int]]:
    path = f"{V1}/metaverse/object-types/{metaverse_type_id()}/attributes/{inbound.metaverse['Email']}/contributors"
    return [(c["syncRuleName"], c["priority"]) for c in call(client, "get", path)]


@pytest.fixture
def three(administrator: APIClient, hr: Any) -> list[Side]:
    """Three rules that write Email, made in the order of their names."""
    sides = [Side(administrator, hr, "Import", name=name) for name in ("one", "two", "three")]
    for side in sides:
        create_mapping(administrator, side.rule, side.inbound("Email", "email"))
    return sides


def test_new_contributor_comes_last(administrator: APIClient, three: list[Side]) -> None:
    assert contributors(administrator, three[0]) == [("one", 1), ("two", 2), ("three", 3)]


def test_priority_moves_the_others(administrator: APIClient, three: list[Side]) -> None:
    (mapping,) = call(administrator, "get", three[2].path)
    body = three[2].inbound("Email", "email", priority=1)
    call(administrator, "put", f"{three[2].path}/{mapping['id']}", body)
    assert contributors(administrator, three[0]) == [("three", 1), ("one", 2), ("two", 3)]


@pytest.mark.parametrize("part", ["rule", "mapping"])
def test_deleting_a_contributor_closes_the_gap(administrator: APIClient, three: list[Side], part: str) -> None:
    (mapping,) = call(administrator, "get", three[1].path)
    path = f"{RULES}/{three[1].rule['id']}" if part == "rule" else f"{three[1].path}/{mapping['id']}"
    call(administrator, "delete", path, status=204)
    assert contributors(administrator, three[0]) == [("one", 1), ("three", 2)]


def test_order_of_contributors_is_replaced(administrator: APIClient, three: list[Side]) -> None:
    path = contributors_path(three[0])
    listed = call(administrator, "get", path)
    call(administrator, "put", path, listed[::-1])
    assert contributors(administrator, three[0]) == [("three", 1), ("two", 2), ("one", 3)]
    assert_error(administrator.put(path, listed[:2]), 400, "VALIDATION_ERROR")


def test_list_costs_the_same_however_long_it_is(administrator: APIClient, inbound: Side) -> None:
    create_mapping(administrator, inbound.rule, inbound.inbound("Email", "email"))
    before = query_count(administrator, inbound.path)
    for target in ("First Name", "Last Name", "Department"):
        create_mapping(administrator, inbound.rule, inbound.inbound(target, "firstName", "lastName"))
    assert query_count(administrator, inbound.path) == before
