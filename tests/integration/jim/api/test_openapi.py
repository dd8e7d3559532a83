from typing import Any

import orjson
import pytest
from rest_framework.test import APIClient

from jim.api.openapi import openapi_document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def test_document_is_served_to_anyone(anonymous: APIClient) -> None:
    response = anonymous.get("/api/openapi/v1.json")
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.json()["openapi"] == "3.1.0"
    assert response.json()["components"]["securitySchemes"]["ApiKeyAuth"]["name"] == "X-Api-Key"


def test_operation_ids_are_unique_and_all_operations_have_a_summary(document: dict[str, Any]) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    identifiers = [operation["operationId"] for operation in operations]
    assert len(identifiers) == len(set(identifiers))
    assert all(operation["summary"] for operation in operations)


def test_document_is_generated_without_guessing(capsys: pytest.CaptureFixture[str]) -> None:
    """drf-spectacular prints a warning wherever it cannot tell a type or a name."""
    openapi_document.__wrapped__()
    assert "Warning" not in capsys.readouterr().err


def test_page_and_error_have_the_fields_of_the_contract(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    envelope = ["items", "totalCount", "page", "pageSize", "totalPages", "hasNextPage", "hasPreviousPage"]
    assert schemas["ActivityPage"]["required"] == envelope
    assert set(schemas["Error"]["required"]) == {"code", "message", "details", "validationErrors", "timestamp"}
    assert schemas["ExecutionItem"]["properties"]["errorType"]["oneOf"][0] == {
        "$ref": "#/components/schemas/ExecutionItemErrorType"
    }


def test_nothing_is_called_nullable_twice(document: dict[str, Any]) -> None:
    text = orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS).decode()
    assert '"null","null"' not in text
