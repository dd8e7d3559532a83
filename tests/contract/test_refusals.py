"""Who may not call an operation, or names what does not exist, is told so as the contract has it.

One test walks over all operations: a test for each would spend its time on beginning and ending.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from rest_framework.test import APIClient

from jim.api import throttling
from tests.api import assert_error
from tests.contract.scope import SERVED
from tests.contract.validation import ContractOperation, contract, resolved

pytestmark = pytest.mark.django_db

PROTECTED = [o for o in SERVED if o.role != "Anonymous"]
FOR_ADMINISTRATORS = [o for o in SERVED if o.role == "Administrator"]
WITH_AN_ID = [o for o in FOR_ADMINISTRATORS if "{" in o.template]
UNKNOWN = {"integer": "999999", "string": "0190c2a4-5f6e-7d80-9abc-0123456789ab"}


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttling, "REQUESTS_PER_CALLER", 10_000)
    monkeypatch.setattr(throttling, "REQUESTS_PER_ADDRESS", 10_000)


def unknown_path(operation: ContractOperation) -> str:
    """The operation's path, with ids of the right type that name nothing."""
    parts = contract()["paths"][operation.template][operation.method].get("parameters", ())
    parameters = [resolved(contract(), part) for part in parts]
    types = {parameter["name"]: parameter["schema"].get("type") for parameter in parameters}
    return re.sub(r"\{(\w+)\}", lambda match: UNKNOWN[types[match[1]]], operation.template)


def path_of_wrong_type(operation: ContractOperation) -> str:
    path = re.sub(r"\{\w+\}", "no-id", operation.template, count=1)
    return re.sub(r"\{\w+\}", "1", path)


def assert_each_answers(
    client: APIClient,
    operations: Iterable[ContractOperation],
    status: int,
    code: str,
    path_of: Callable[[ContractOperation], str] = unknown_path,
) -> None:
    wrong: dict[str, Any] = {}
    for operation in operations:
        response = getattr(client, operation.method)(path_of(operation))
        try:
            assert_error(response, status, code)
        except AssertionError:
            wrong[operation.id] = response.status_code, response.content
    assert wrong == {}


def test_without_credentials_each_is_unauthorised(anonymous: APIClient) -> None:
    assert_each_answers(anonymous, PROTECTED, 401, "UNAUTHORISED")


def test_without_the_role_each_is_forbidden(without_role: APIClient) -> None:
    assert_each_answers(without_role, FOR_ADMINISTRATORS, 403, "FORBIDDEN")


def test_what_does_not_exist_is_not_found(administrator: APIClient) -> None:
    assert_each_answers(administrator, WITH_AN_ID, 404, "NOT_FOUND")


def test_id_of_the_wrong_type_is_not_found(administrator: APIClient) -> None:
    assert_each_answers(administrator, WITH_AN_ID, 404, "NOT_FOUND", path_of_wrong_type)
