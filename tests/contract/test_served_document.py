"""The served document has every operation of the contract, as the contract has it."""

from pathlib import Path
from typing import Any

import pytest

from jim.api.openapi import openapi_document
from tests.contract.scope import ABSENT, OUT_OF_SCOPE, SERVED, name_of
from tests.contract.validation import CONTRACT, ContractOperation, contract, operations, properties

SHARED = Path(__file__).parents[3] / "shared" / "spec" / CONTRACT.name

each_served = pytest.mark.parametrize("wanted", SERVED, ids=name_of)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi_document()


def served(document: dict[str, Any], wanted: ContractOperation) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"][wanted.template][wanted.method]
    return operation


@pytest.mark.skipif(not SHARED.exists(), reason="shared/ does not lie beside this checkout")
def test_our_copy_is_the_contract() -> None:
    assert CONTRACT.read_bytes() == SHARED.read_bytes()


@each_served
def test_operation_is_served(document: dict[str, Any], wanted: ContractOperation) -> None:
    operation = served(document, wanted)
    assert (operation["operationId"], operation["tags"]) == (wanted.id, [wanted.tag])


@each_served
def test_statuses_are_documented(document: dict[str, Any], wanted: ContractOperation) -> None:
    responses = served(document, wanted)["responses"]
    assert set(responses) >= set(wanted.responses)


@each_served
def test_parameters_are_documented(document: dict[str, Any], wanted: ContractOperation) -> None:
    parameters = served(document, wanted).get("parameters", ())
    assert {(p["name"], p["in"], p.get("required", False)) for p in parameters} >= wanted.parameters


@pytest.mark.parametrize("wanted", [o for o in SERVED if o.body], ids=name_of)
def test_body_has_the_fields_and_requires_no_others(document: dict[str, Any], wanted: ContractOperation) -> None:
    assert wanted.body is not None
    fields = properties(contract(), wanted.body)
    body = served(document, wanted)["requestBody"]["content"]["application/json"]["schema"]
    own = properties(document, body)
    assert {name: own.get(name) for name in fields} == fields
    assert not [name for name in own.keys() - fields.keys() if own[name]]


@each_served
def test_only_what_is_anonymous_needs_no_credentials(document: dict[str, Any], wanted: ContractOperation) -> None:
    schemes = served(document, wanted).get("security", [])
    assert bool(schemes) == (wanted.role != "Anonymous")


@pytest.mark.parametrize("absent", ABSENT, ids=name_of)
def test_what_is_said_to_be_missing_is_missing(document: dict[str, Any], absent: ContractOperation) -> None:
    assert absent.method not in document["paths"].get(absent.template, {}), "strike it out in scope.py"


def test_scope_names_operations_of_the_contract() -> None:
    assert {operation.id for operation in operations()} >= OUT_OF_SCOPE
    assert all(operation.priority == 3 for operation in operations() if operation.id in OUT_OF_SCOPE)
