"""Searching the metaverse: by the beginning of a name, by its index; by anything else, for a limited time."""

from urllib.parse import quote

import pytest
from django.db import connection
from rest_framework.test import APIClient

from synchronisation.models import ServiceSettingOverride
from tests.api import assert_error
from tests.integration.synchronisation.api.configuration import V1, call
from tests.integration.synchronisation.api.objects import create_mvo

OBJECTS = f"{V1}/metaverse/objects"


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("zo", ["Zoe", "zoë", "Zoltan"]),
        ("ZOË", ["zoë"]),
        ("oe", []),
        ("z%", []),
        ("z_e", []),
        ("x" * 200, ["X" * 300]),
        ("x" * 299, ["X" * 300]),
        ("x" * 301, []),
        ("", ["al", "X" * 300, "Zoe", "zoë", "Zoltan", None]),
    ],
    ids=["any case", "accents", "not within", "percent", "underscore", "long", "longer", "too long", "nothing"],
)
def test_names_are_found_by_their_beginning(administrator: APIClient, prefix: str, expected: list[str]) -> None:
    for name in ("Zoltan", "Zoe", "zoë", "al", "X" * 300, None):
        create_mvo(display_name=name)
    page = call(administrator, "get", f"{OBJECTS}?namePrefix={quote(prefix)}")
    assert sorted(map(str, (item["displayName"] for item in page["items"]))) == sorted(map(str, expected))
    assert call(administrator, "get", f"{OBJECTS}/count?namePrefix={quote(prefix)}") == len(expected)


@pytest.mark.parametrize("path", [f"{OBJECTS}?", f"{OBJECTS}/count?", f"{OBJECTS}/search/people?"])
def test_search_that_takes_too_long_is_ended_and_says_what_to_do(administrator: APIClient, path: str) -> None:
    """A lock in the way stands for a table that is too large: the statement takes its time in either case."""
    ServiceSettingOverride.objects.create(key="Instance.SearchTimeout", value="00:00:01")
    blocker = connection.copy()
    try:
        with blocker.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE mvo IN ACCESS EXCLUSIVE MODE")
            response = administrator.get(f"{path}search=x")
            cursor.execute("ROLLBACK")
    finally:
        blocker.close()
    assert_error(response, 400, "VALIDATION_ERROR", {"search": ...})
    assert "longer than 1 s" in response.json()["validationErrors"]["search"][0]
    call(administrator, "get", f"{path}search=x")
