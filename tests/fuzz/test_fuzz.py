"""Requests made up from the served document: whatever is sent, the answer is a documented one.

By callers of every kind. Few requests an operation and always the same ones, so that the suite stays quick and what it
finds does not depend on the day; `make fuzz` makes up new ones, as many as JIM_FUZZ_EXAMPLES says.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import orjson
import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi import from_dict
from schemathesis.schemas import APIOperation

from jim.api import throttling
from jim.api.openapi import openapi_document
from jim.wsgi import application
from tests.api import create_key
from tests.fuzz.installation import Known, install, known_parameters
from tests.integration.synchronisation.broker import empty_queue

EXAMPLES = int(os.environ.get("JIM_FUZZ_EXAMPLES", "0"))
CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
NOT_IN_A_TRANSACTION = {"switchMetaverseAttributeSearch"}
"""Operations that make or drop an index while others go on, which the test's own transaction does not allow."""
load_all_checks()
CHECK_FUNCTIONS = [CHECKS.get_one(name) for name in CHECKED]


@pytest.fixture(autouse=True)
def no_limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(throttling, "REQUESTS_PER_CALLER", 10**9)
    monkeypatch.setattr(throttling, "REQUESTS_PER_ADDRESS", 10**9)
    yield
    empty_queue()


@pytest.fixture
def known(administrator: Any, hr: Any, directory: Any) -> Iterator[Known]:
    """What exists. From here on a request ends without closing the connection that holds the test's transaction, as
    Django's own test client has it."""
    installed = install(administrator, hr, directory)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield installed
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@cache
def served_operations() -> tuple[APIOperation, ...]:
    schema = from_dict(orjson.loads(orjson.dumps(openapi_document(), option=orjson.OPT_NON_STR_KEYS)))
    schema.app = application
    operations = (found.ok() for found in schema.get_all_operations())
    return tuple(o for o in operations if o.definition.raw["operationId"] not in NOT_IN_A_TRANSACTION)


@contextmanager
def undone() -> Iterator[None]:
    """What is written in the block is taken back; it is marked as tests mark theirs: durable blocks fit inside."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # as django.test.TestCase does
    with block:
        yield
        transaction.set_rollback(True)


def fuzz(operation: APIOperation, headers: dict[str, str], known: Known, examples: int) -> None:
    """Raises: the failure of the smallest request that gets an answer which is not documented."""
    there = known_parameters(operation.path, known)
    requests = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    @settings(
        max_examples=examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=requests, exists=st.booleans())
    def attempt(case: Case, exists: bool) -> None:
        if exists:
            case.path_parameters = {**(case.path_parameters or {}), **there}
        with undone():
            response = case.call(headers=headers)
        case.validate_response(response, checks=CHECK_FUNCTIONS)
        assert b"Traceback" not in response.content

    attempt()


def assert_documented(headers: dict[str, str], known: Known, examples: int) -> None:
    """Every operation, whatever the others did."""
    wrong: dict[str, str] = {}
    for operation in served_operations():
        try:
            fuzz(operation, headers, known, examples)
        except (Failure, FailureGroup, AssertionError) as exc:
            wrong[operation.label] = "\n".join(map(str, getattr(exc, "exceptions", [exc])))
    assert not wrong, "\n\n".join(f"{label}\n{text}" for label, text in wrong.items())


def test_administrator_gets_documented_answers(known: Known) -> None:
    assert_documented({"X-Api-Key": create_key("Administrator")}, known, EXAMPLES or 2)


def test_key_without_role_gets_documented_answers(known: Known) -> None:
    assert_documented({"X-Api-Key": create_key()}, known, EXAMPLES or 1)


def test_nobody_gets_documented_answers(known: Known) -> None:
    assert_documented({}, known, EXAMPLES or 1)
