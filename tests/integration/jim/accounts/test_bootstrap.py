import pytest

from jim.accounts.bootstrap import ensure_infrastructure_key
from jim.accounts.keys import KeyFormatError, hash_key
from jim.accounts.models import ApiKey
from tests.api import client_of

pytestmark = pytest.mark.django_db
KEY, OTHER_KEY = "jim_ak_" + "0" * 32, "jim_ak_" + "1" * 40
ROLES = "/api/v1/security/roles"


def test_infrastructure_key_is_an_administrator_and_only_its_hash_is_kept() -> None:
    ensure_infrastructure_key(KEY)
    row = ApiKey.objects.get()
    assert (row.key_prefix, row.key_hash, row.infrastructure, row.expires) == ("jim_ak_0", hash_key(KEY), True, None)
    assert client_of(KEY).get(ROLES).status_code == 200


def test_second_start_changes_nothing() -> None:
    ensure_infrastructure_key(KEY)
    before = ApiKey.objects.values().get()
    ensure_infrastructure_key(KEY)
    assert ApiKey.objects.values().get() == before


def test_other_key_replaces_the_one_before() -> None:
    ensure_infrastructure_key(KEY)
    ensure_infrastructure_key(OTHER_KEY)
    assert client_of(KEY).get(ROLES).status_code == 401
    assert client_of(OTHER_KEY).get(ROLES).status_code == 200


def test_start_without_a_key_disables_the_one_before() -> None:
    ensure_infrastructure_key(KEY)
    ensure_infrastructure_key("")
    assert client_of(KEY).get(ROLES).status_code == 401


def test_start_enables_a_key_that_was_disabled() -> None:
    ensure_infrastructure_key(KEY)
    ApiKey.objects.update(is_enabled=False)
    ensure_infrastructure_key(KEY)
    assert client_of(KEY).get(ROLES).status_code == 200


def test_key_of_another_form_is_refused_before_anything_is_written() -> None:
    with pytest.raises(KeyFormatError):
        ensure_infrastructure_key("secret")
    assert not ApiKey.objects.exists()
