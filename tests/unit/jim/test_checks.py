"""System checks: each speaks when its setting is wrong, with a hint, and is silent when it is right."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.checks import CheckMessage

from jim import checks


def ids(messages: list[CheckMessage]) -> list[str]:
    assert all(message.hint for message in messages)
    return [str(message.id) for message in messages]


def test_each_bad_encryption_key_is_named_by_its_place(settings):
    settings.JIM_ENCRYPTION_KEYS = (Fernet.generate_key().decode(), "short")
    messages = checks.check_encryption_keys()
    assert ids(messages) == ["jim.E001"]
    assert messages[0].msg.startswith("Key 2 of JIM_ENCRYPTION_KEYS")


def test_good_encryption_keys_pass(settings):
    settings.JIM_ENCRYPTION_KEYS = (Fernet.generate_key().decode(),)
    assert checks.check_encryption_keys() == []


@pytest.mark.parametrize(("kind", "expected"), [("missing", []), ("folder", []), ("file", ["jim.E002"])])
def test_connector_files_must_be_a_folder_if_it_exists(settings, tmp_path: Path, kind: str, expected: list[str]):
    place = tmp_path / "files"
    if kind == "folder":
        place.mkdir()
    elif kind == "file":
        place.touch()
    settings.JIM_CONNECTOR_FILES = place
    assert ids(checks.check_connector_files()) == expected


@pytest.mark.parametrize(
    ("debug", "production", "expected"), [(True, True, ["jim.E003"]), (True, False, []), (False, True, [])]
)
def test_debugging_is_refused_in_production(settings, debug: bool, production: bool, expected: list[str]):
    settings.DEBUG, settings.PRODUCTION = debug, production
    assert ids(checks.check_debug()) == expected


def test_insecure_secret_key_is_warned_about(settings):
    settings.SECRET_KEY = settings.JIM_INSECURE_SECRET_KEY
    assert ids(checks.check_secret_key()) == ["jim.W001"]
    settings.SECRET_KEY = "something else"
    assert checks.check_secret_key() == []


def test_accepting_every_host_is_warned_about(settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert ids(checks.check_hosts()) == ["jim.W002"]
    settings.ALLOWED_HOSTS = ["jim.example"]
    assert checks.check_hosts() == []


@pytest.mark.parametrize(
    ("authority", "audience", "client", "production", "expected"),
    [
        ("", "", "", True, []),
        ("", "api", "", False, ["jim.E004"]),
        ("", "", "admin", False, ["jim.E004"]),
        ("https://login.example", "", "", False, ["jim.E005"]),
        ("http://login.example", "api", "", True, ["jim.E006"]),
        ("http://login.example", "api", "", False, []),
        ("https://login.example", "", "admin", True, []),
    ],
)
def test_openid_connect_is_set_up_whole(
    settings, authority: str, audience: str, client: str, production: bool, expected: list[str]
):
    settings.JIM_OIDC_AUTHORITY, settings.JIM_OIDC_AUDIENCE, settings.JIM_OIDC_CLIENT_ID = authority, audience, client
    settings.PRODUCTION = production
    assert ids(checks.check_oidc()) == expected
