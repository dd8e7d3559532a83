"""Bodies and parameters that no client means: each is a 4xx (or ignored), never a fault of the server."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from jim.api import throttling
from tests.integration.synchronisation.api.configuration import (
    RULES,
    SYSTEMS,
    V1,
    attribute_ids,
    call,
    create_mapping,
    create_profile,
    create_rule,
    metaverse_attribute_ids,
    metaverse_type_id,
    object_type_id,
)

FIELDS = (
    "name",
    "description",
    "connectorDefinitionId",
    "settingValues",
    "maxExportParallelism",
    "deletionThresholdPercent",
    "selected",
    "isExternalId",
    "type",
    "attributePlurality",
    "attributes",
    "runType",
    "pageSize",
    "partitionId",
    "filePath",
    "ignoreDeletionThreshold",
    "connectedSystemId",
    "connectedSystemObjectTypeId",
    "metaverseObjectTypeId",
    "direction",
    "projectToMetaverse",
    "enabled",
    "targetMetaverseAttributeId",
    "targetConnectedSystemAttributeId",
    "sources",
    "priority",
    "order",
    "caseSensitive",
    "position",
    "comparisonType",
    "stringValue",
    "intValue",
    "decimalValue",
    "dateTimeValue",
    "boolValue",
    "guidValue",
    "mode",
    "pluralName",
    "icon",
    "deletionRule",
    "deletionGracePeriod",
    "deletionTriggerConnectedSystemIds",
    "objectTypeIds",
    "mappingId",
)
PARAMETERS = (
    "page",
    "pageSize",
    "sortBy",
    "sortDirection",
    "filter",
    "search",
    "objectTypeId",
    "partitionId",
    "status",
    "joinType",
    "changeType",
    "attributes",
    "filterAttributeName",
    "filterAttributeValue",
    "includeChildObjects",
)
VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x\0y",
    "x" * 5_000,
    [],
    [None],
    ["x"],
    [{}],
    [{"order": -1, "expression": 5}],
    [{"connectedSystemAttributeId": 10**12}],
    {},
    {"": {}},
    {"1": None},
    {"1": {"stringValue": "x\0y"}},
]
BODIES: list[Any] = [[], "text", 5, [1], *(dict.fromkeys(FIELDS, value) for value in VALUES)]


@pytest.fixture(autouse=True)
def no_rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request is to be looked at."""
    monkeypatch.setattr(throttling, "REQUESTS_PER_CALLER", 100_000)


@pytest.fixture
def targets(administrator: APIClient, hr: Any) -> list[tuple[str, str]]:
    """(method, path) of every operation that takes a body, on resources that exist."""
    system, kind, person = hr["id"], object_type_id(hr["id"]), metaverse_type_id()
    rule, profile = create_rule(administrator, hr), create_profile(administrator, hr)
    email = metaverse_attribute_ids()["Email"]
    source = {"connectedSystemAttributeId": attribute_ids(system)["email"]}
    body = {"targetMetaverseAttributeId": email, "sources": [source]}
    mapping = create_mapping(administrator, rule, body)
    types = {"connectedSystemObjectTypeId": kind, "metaverseObjectTypeId": person}
    matching = call(administrator, "post", f"{SYSTEMS}/{system}/matching-rules", body | types, 201)
    groups = f"{RULES}/{rule['id']}/scoping-criteria"
    group = f"{groups}/{call(administrator, 'post', groups, {'type': 'All'}, 201)['id']}"
    comparison = source | {"comparisonType": "Equals", "stringValue": "x"}
    criterion = call(administrator, "post", f"{group}/criteria", comparison, 201)
    return [
        ("POST", SYSTEMS),
        ("PUT", f"{SYSTEMS}/{system}"),
        ("PUT", f"{SYSTEMS}/{system}/object-types/{kind}"),
        ("PUT", f"{SYSTEMS}/{system}/object-types/{kind}/attributes/{attribute_ids(system)['salary']}"),
        ("POST", f"{SYSTEMS}/{system}/object-types/{kind}/attributes/bulk-update"),
        ("POST", f"{SYSTEMS}/{system}/run-profiles"),
        ("PUT", f"{SYSTEMS}/{system}/run-profiles/{profile['id']}"),
        ("POST", RULES),
        ("PUT", f"{RULES}/{rule['id']}"),
        ("POST", f"{RULES}/{rule['id']}/mappings"),
        ("PUT", f"{RULES}/{rule['id']}/mappings/{mapping['id']}"),
        ("POST", f"{SYSTEMS}/{system}/matching-rules"),
        ("PUT", f"{SYSTEMS}/{system}/matching-rules/{matching['id']}"),
        ("POST", f"{RULES}/{rule['id']}/matching-rules"),
        ("POST", f"{SYSTEMS}/{system}/matching-mode"),
        ("POST", groups),
        ("PUT", group),
        ("POST", f"{group}/child-groups"),
        ("POST", f"{group}/criteria"),
        ("PUT", f"{group}/criteria/{criterion['id']}"),
        ("POST", f"{V1}/metaverse/object-types"),
        ("PUT", f"{V1}/metaverse/object-types/{person}"),
        ("POST", f"{V1}/metaverse/attributes"),
        ("PUT", f"{V1}/metaverse/object-types/{person}/attributes/{email}/contributors"),
        ("POST", f"{SYSTEMS}/{system}/run-profiles/{profile['id']}/execute"),
    ]


def test_no_body_is_a_fault_of_the_server(administrator: APIClient, targets: list[tuple[str, str]]) -> None:
    for method, path in targets:
        for body in BODIES:
            response = administrator.generic(method, path, json.dumps(body), content_type="application/json")
            assert response.status_code < 500, (method, path, body, response.content)


@pytest.mark.parametrize("value", ["%00", "-1", "99999999999999999999", "x"])
def test_no_parameter_is_a_fault_of_the_server(administrator: APIClient, hr: Any, value: str) -> None:
    lists = [
        SYSTEMS,
        RULES,
        f"{V1}/metaverse/objects",
        f"{V1}/metaverse/objects/count",
        f"{V1}/metaverse/object-types",
        f"{V1}/metaverse/attributes",
        *(f"{SYSTEMS}/{hr['id']}/{part}" for part in ("connector-space", "connector-space/count")),
        *(f"{SYSTEMS}/{hr['id']}/{part}" for part in ("pending-exports", "pending-exports/count")),
    ]
    for path in lists:
        for name in PARAMETERS:
            response = administrator.get(f"{path}?{name}={value}")
            assert response.status_code in (200, 400), (path, name, response.content)
