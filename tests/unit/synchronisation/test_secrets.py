from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from synchronisation.secrets import SecretError, decrypt, encrypt

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(text=st.text(max_size=200))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_secret_comes_back_as_it_went_in(settings: Any, text: str) -> None:
    settings.JIM_ENCRYPTION_KEYS = (NEW,)
    assert decrypt(encrypt(text)) == text


def test_token_does_not_show_the_secret(settings: Any) -> None:
    settings.JIM_ENCRYPTION_KEYS = (NEW,)
    assert b"hunter2" not in encrypt("hunter2")


def test_newest_key_encrypts_and_older_ones_still_decrypt(settings: Any) -> None:
    settings.JIM_ENCRYPTION_KEYS = (OLD,)
    before = encrypt("hunter2")
    settings.JIM_ENCRYPTION_KEYS = (NEW, OLD)
    after = encrypt("hunter2")
    assert (decrypt(before), decrypt(after)) == ("hunter2", "hunter2")
    settings.JIM_ENCRYPTION_KEYS = (NEW,)
    assert decrypt(after) == "hunter2"


def test_key_that_is_gone_is_asked_for(settings: Any) -> None:
    settings.JIM_ENCRYPTION_KEYS = (OLD,)
    token = encrypt("hunter2")
    settings.JIM_ENCRYPTION_KEYS = (NEW,)
    with pytest.raises(SecretError, match="JIM_ENCRYPTION_KEYS no longer holds"):
        decrypt(token)


@pytest.mark.parametrize(("keys", "message"), [((), "is not set"), (("short",), "no Fernet key")])
def test_missing_or_broken_key_names_the_variable(settings: Any, keys: tuple[str, ...], message: str) -> None:
    settings.JIM_ENCRYPTION_KEYS = keys
    with pytest.raises(SecretError, match=message):
        encrypt("hunter2")
