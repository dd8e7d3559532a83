"""API keys in the admin: switched on and off, never shown."""

import pytest
from django.test import Client

from activities.models import Activity
from jim.accounts.models import ApiKey
from tests.admin import page, post, queries_of
from tests.api import create_key

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/apikey/"


def test_key_is_switched_off_and_leaves_an_activity(admin_client: Client) -> None:
    create_key("Administrator", name="Deployment")
    key = ApiKey.objects.get()
    assert post(admin_client, f"{LIST}{key.pk}/change/", {}) == (302, LIST)

    key.refresh_from_db()
    activity = Activity.objects.get()
    assert key.is_enabled is False
    assert (activity.target_type, activity.target_name, activity.message) == ("ApiKey", "Deployment", "Disabled.")
    assert activity.initiated_by_name == "admin"


def test_neither_key_nor_hash_is_shown(admin_client: Client) -> None:
    key = create_key("Administrator", name="Deployment")
    row = ApiKey.objects.get()
    for path in (LIST, f"{LIST}{row.pk}/change/"):
        source = page(admin_client, path)
        assert f"{row.key_prefix}…" in source
        assert key not in source
        assert row.key_hash not in source


def test_keys_are_neither_added_nor_deleted_here(admin_client: Client) -> None:
    create_key(name="Deployment")
    paths = (f"{LIST}add/", f"{LIST}{ApiKey.objects.get().pk}/delete/")
    assert [admin_client.post(path, {"post": "yes"}).status_code for path in paths] == [403, 403]


def test_list_costs_the_same_queries_for_any_number_of_keys(admin_client: Client) -> None:
    create_key("Administrator", name="Key 0")
    few = queries_of(admin_client, LIST)
    for number in range(1, 6):
        create_key("Administrator", "User", name=f"Key {number}")
    assert len(queries_of(admin_client, LIST)) == len(few)


@pytest.mark.parametrize("path", ["/admin/", "/admin/auth/user/", "/admin/auth/user/add/", "/admin/auth/group/"])
def test_pages_of_users_are_there(admin_client: Client, path: str) -> None:
    assert admin_client.get(path).status_code == 200
