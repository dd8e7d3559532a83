"""The served document has every operation of these resources as the contract has it."""

from typing import Any

import pytest

from jim.api.openapi import openapi_document
from tests.contract.validation import ContractOperation, operations

TAGS = {
    "Connector Definitions",
    "Connected Systems",
    "Connected System Schema",
    "Connector Space",
    "Pending Exports",
    "Run Profiles",
    "Synchronisation Rules",
    "Attribute Mappings",
    "Matching Rules",
    "Scoping Criteria",
    "Metaverse Object Types",
    "Metaverse Attributes",
    "Metaverse Objects",
    "Partitions and Containers",
    "Pending Deletions",
    "History",
    "Predefined Searches",
    "Schedules",
    "Schedule Executions",
    "Service Settings",
    "Certificates",
}
NOT_YET: set[str] = set()
"""Operations of these resources that come with a later issue."""

SERVED_SO_FAR = [o for o in operations() if o.tag in TAGS and o.id not in NOT_YET]


@pytest.fixture(scope="module")
def paths() -> Any:
    return openapi_document()["paths"]


@pytest.mark.parametrize("wanted", SERVED_SO_FAR, ids=lambda operation: operation.id)
def test_operation_is_served_as_the_contract_has_it(paths: Any, wanted: ContractOperation) -> None:
    served = paths[wanted.template][wanted.method]
    assert (served["operationId"], served["tags"]) == (wanted.id, [wanted.tag])
    assert set(served["responses"]) >= set(wanted.responses)


@pytest.mark.parametrize("wanted", SERVED_SO_FAR, ids=lambda operation: operation.id)
def test_parameters_of_the_contract_are_documented(paths: Any, wanted: ContractOperation) -> None:
    served = paths[wanted.template][wanted.method]
    names = {(parameter["name"], parameter["in"]) for parameter in served.get("parameters", ())}
    assert names >= wanted.parameters
