from typing import Any

import pytest
from rest_framework.test import APIClient

from activities.models import Activity
from tests.api import EndpointTests, assert_error
from tests.integration.synchronisation.api.configuration import V1, call

PATH = f"{V1}/synchronisation/expressions/test"


class TestAccess(EndpointTests):
    method, path = "post", PATH


def test_expression_is_evaluated_on_the_samples(administrator: APIClient) -> None:
    sent = {
        "expression": 'Lower(mv["First Name"]) + "." + Lower(cs["SN"])',
        "mvAttributes": {"first name": "Zoë"},
        "csAttributes": {"sn": "O'Brien"},
    }
    assert call(administrator, "post", PATH, sent) == {
        "isValid": True,
        "result": "zoë.o'brien",
        "resultType": "Text",
        "errorMessage": None,
        "errorPosition": None,
    }
    assert not Activity.objects.exists()


def test_what_could_not_be_saved_is_not_valid_and_says_where(administrator: APIClient) -> None:
    result = call(administrator, "post", PATH, {"expression": 'Lowr("A")', "mvAttributes": None})
    assert (result["isValid"], result["errorPosition"]) == (False, 0)
    assert "Lower" in result["errorMessage"]


@pytest.mark.parametrize(
    ("sent", "refused"),
    [
        ({}, "expression"),
        ({"expression": ""}, "expression"),
        ({"expression": 5}, "expression"),
        ({"expression": "1", "mvAttributes": []}, "mvAttributes"),
        ({"expression": "1", "csAttributes": {"a": 1, "A": 2}}, "csAttributes"),
    ],
)
def test_malformed_requests_are_refused(administrator: APIClient, sent: Any, refused: str) -> None:
    assert_error(administrator.post(PATH, sent), 400, "VALIDATION_ERROR", {refused: ...})
