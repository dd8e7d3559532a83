from typing import Any

import pytest
from rest_framework.test import APIClient

from jim.api.openapi import openapi_document

OPERATIONS = {
    ("get", "/api/v1/health"): ("getHealth", "System", {"200"}),
    ("get", "/api/v1/health/ready"): ("getReadiness", "System", {"200", "503"}),
    ("get", "/api/v1/health/live"): ("getLiveness", "System", {"200"}),
    ("get", "/api/v1/health/version"): ("getVersion", "System", {"200"}),
    ("get", "/api/openapi/v1.json"): ("getOpenApiDocument", "System", {"200", "429"}),
    ("get", "/api/v1/activities"): ("listActivities", "Activities", {"200", "400", "401", "403", "429"}),
    ("get", "/api/v1/activities/{id}"): ("retrieveActivity", "Activities", {"200", "401", "403", "404", "429"}),
    ("get", "/api/v1/activities/{id}/stats"): (
        "retrieveActivityStats",
        "Activities",
        {"200", "400", "401", "403", "404", "429"},
    ),
    ("get", "/api/v1/activities/{id}/items"): (
        "listExecutionItems",
        "Activities",
        {"200", "400", "401", "403", "404", "429"},
    ),
    ("get", "/api/v1/activities/{id}/children"): (
        "listChildActivities",
        "Activities",
        {"200", "401", "403", "404", "429"},
    ),
    ("get", "/api/v1/apikeys"): ("listApiKeys", "API Keys", {"200", "401", "403", "429"}),
    ("post", "/api/v1/apikeys"): ("createApiKey", "API Keys", {"201", "400", "401", "403", "429"}),
    ("get", "/api/v1/apikeys/{id}"): ("retrieveApiKey", "API Keys", {"200", "401", "403", "404", "429"}),
    ("put", "/api/v1/apikeys/{id}"): ("updateApiKey", "API Keys", {"200", "400", "401", "403", "404", "429"}),
    ("delete", "/api/v1/apikeys/{id}"): ("deleteApiKey", "API Keys", {"204", "401", "403", "404", "429"}),
    ("get", "/api/v1/security/roles"): ("listRoles", "Security", {"200", "401", "403", "429"}),
}
"""Operation id, tag and documented statuses, as the contract has them."""


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def test_document_is_served_to_anyone(anonymous: APIClient) -> None:
    response = anonymous.get("/api/openapi/v1.json")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.json()["openapi"] == "3.1.0"
    assert response.json()["components"]["securitySchemes"]["ApiKeyAuth"]["name"] == "X-Api-Key"


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda value: value)
def test_operation_is_documented_as_in_the_contract(document: dict[str, Any], method: str, path: str) -> None:
    operation = document["paths"][path][method]
    found = operation["operationId"], operation["tags"][0], set(operation["responses"])
    assert found == OPERATIONS[method, path]


def test_operation_ids_are_unique_and_all_operations_have_a_summary(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    identifiers = [operation["operationId"] for operation in operations]
    assert len(identifiers) == len(set(identifiers))
    assert all(operation["summary"] for operation in operations)


def test_document_is_generated_without_guessing(capsys: pytest.CaptureFixture[str]) -> None:
    """drf-spectacular prints a warning wherever it cannot tell a type or a name."""
    openapi_document.__wrapped__()
    assert "Warning" not in capsys.readouterr().err


def test_anonymous_operations_need_no_key(document: dict[str, Any]) -> None:
    anonymous = {path for path, methods in document["paths"].items() if "security" not in methods.get("get", methods)}
    assert {path for path in anonymous if path.startswith("/api/v1/health")} == {
        "/api/v1/health",
        "/api/v1/health/ready",
        "/api/v1/health/live",
        "/api/v1/health/version",
    }


def test_page_and_error_have_the_fields_of_the_contract(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    envelope = ["items", "totalCount", "page", "pageSize", "totalPages", "hasNextPage", "hasPreviousPage"]
    assert schemas["ActivityPage"]["required"] == envelope
    assert set(schemas["Error"]["required"]) == {"code", "message", "details", "validationErrors", "timestamp"}
    assert schemas["ExecutionItem"]["properties"]["errorType"]["oneOf"][0] == {
        "$ref": "#/components/schemas/ExecutionItemErrorType"
    }
