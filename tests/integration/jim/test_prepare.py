"""`prepare`: first logins are made once, and what an administrator changed since stays."""

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command

from jim.accounts.models import ApiKey

pytestmark = pytest.mark.django_db


def prepare(settings, *, password: str, key: str) -> None:
    settings.JIM_ADMIN_PASSWORD = password
    settings.JIM_INFRASTRUCTURE_API_KEY = key
    call_command("prepare", verbosity=0)


def test_first_logins_work_and_a_second_run_changes_nothing(settings):
    key = "jim_ak_" + "ab" * 24
    for _ in range(2):
        prepare(settings, password="first password", key=key)
    assert authenticate(username="admin", password="first password").is_superuser
    assert ApiKey.objects.filter(infrastructure=True, is_enabled=True).count() == 1


def test_changed_admin_password_is_kept(settings):
    prepare(settings, password="first password", key="")
    admin = get_user_model().objects.get(username="admin")
    admin.set_password("changed since")
    admin.save()
    prepare(settings, password="first password", key="")
    assert authenticate(username="admin", password="changed since") == admin


def test_without_given_logins_none_is_made(settings):
    prepare(settings, password="", key="")
    assert not get_user_model().objects.exists()
    assert not ApiKey.objects.filter(is_enabled=True).exists()
