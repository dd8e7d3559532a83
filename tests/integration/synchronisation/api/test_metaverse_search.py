"""Searching the metaverse: by the beginning of a name, by its index; by anything else, for a limited time."""

from urllib.parse import quote

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from activities.models import Activity
from activities.recorder import SYSTEM
from synchronisation.api.metaverse.filtersets import having_value
from synchronisation.models import MetaverseAttribute, MetaverseObject, ServiceSettingOverride
from synchronisation.services.search_indexes import switch_search_index
from tests.api import EndpointTests, assert_error
from tests.integration.synchronisation.api.configuration import V1, call
from tests.integration.synchronisation.api.objects import create_mvo, metaverse

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


def index_definitions() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'mvo_search_%%'")
        return [definition for (definition,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_attribute_made_searchable_is_found_through_its_index() -> None:
    attribute = MetaverseAttribute.objects.create(name="Badge", type="Text")
    for searchable in (True, True, False):
        switch_search_index(attribute, searchable=searchable, initiator=SYSTEM)
        assert len(index_definitions()) == searchable
        wanted = having_value(MetaverseObject.objects.all(), attribute, "0815")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # the table is empty
            plan = wanted.explain()
        assert (f"mvo_search_{attribute.pk}" in plan) is searchable
    messages = [activity.message for activity in Activity.objects.order_by("created")]
    assert messages == ["Changed: searchable.", "Nothing changed.", "Changed: searchable."]


@pytest.mark.parametrize("name", ["Proxy Addresses", "Manager"])
def test_attribute_without_a_single_value_cannot_be_made_searchable(administrator: APIClient, name: str) -> None:
    path = f"{V1}/metaverse/attributes/{metaverse(name).pk}/searchable"
    assert_error(administrator.put(path, {"searchable": True}), 400, "VALIDATION_ERROR", {"searchable": ...})
    assert_error(administrator.put(path, {"searchable": "yes"}), 400, "VALIDATION_ERROR", {"searchable": ...})


class TestSearchableAccess(EndpointTests):
    method = "put"
    path = f"{V1}/metaverse/attributes/999999/searchable"
    missing = (path,)
