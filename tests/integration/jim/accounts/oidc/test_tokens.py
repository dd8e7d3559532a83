import base64
import hmac
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jim import conf
from jim.accounts.oidc import provider as providers
from jim.accounts.oidc.errors import ProviderError, TokenError
from jim.accounts.oidc.tokens import name_of, read_token, subject_of
from tests.oidc import AUDIENCE, Issuer, signing_key

NOW = int(time.time())


def read(token: str) -> dict[str, Any]:
    provider = conf.oidc()
    assert provider is not None
    return read_token(token, provider, provider.audience)


def test_good_token_says_who_it_is(issuer: Issuer) -> None:
    claims = read(issuer.token(name="Zoë"))
    assert (claims["sub"], name_of(claims)) == ("zoe", "Zoë")


@pytest.mark.parametrize(
    "wrong",
    [
        {"exp": NOW - 60},
        {"exp": None},
        {"nbf": NOW + 3600},
        {"aud": "api://other"},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"sub": None},
        {"key": signing_key("stolen")},
        {"key_id": "unknown"},
    ],
    ids=["expired", "never", "too early", "for others", "for nobody", "of others", "of nobody", "about nobody",
         "stolen", "unknown key"],
)  # fmt: skip
def test_token_is_refused(issuer: Issuer, wrong: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        read(issuer.token(**wrong))


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "ü.ü.ü", "{}" * 5000])
def test_what_is_no_token_is_refused(issuer: Issuer, token: str) -> None:
    with pytest.raises(TokenError):
        read(token)


def test_unsigned_token_is_refused(issuer: Issuer) -> None:
    claims = {"iss": issuer.url, "aud": AUDIENCE, "sub": "zoe", "exp": NOW + 60}
    with pytest.raises(TokenError):
        read(jwt.encode(claims, "", "none", {"kid": "first"}))


def test_public_key_is_no_shared_secret(issuer: Issuer) -> None:
    """CVE-2022-29217: an HMAC made with the provider's public key, by hand since the library refuses to."""
    public = signing_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _, payload, _ = issuer.token().split(".")
    header = encoded(b'{"alg":"HS256","kid":"first"}')
    signed = f"{header}.{payload}"
    with pytest.raises(TokenError):
        read(f"{signed}.{encoded(hmac.digest(public, signed.encode(), 'sha256'))}")


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def test_token_without_key_id_is_checked_with_the_only_key(issuer: Issuer) -> None:
    assert read(issuer.token(key_id=None))["sub"] == "zoe"
    issuer.keys["second"] = signing_key("second")
    providers.provider_at.cache_clear()
    with pytest.raises(TokenError):
        read(issuer.token(key_id=None))


def test_claim_that_says_who_it_is_must_be_there(issuer: Issuer, settings: Any) -> None:
    settings.JIM_OIDC_CLAIM = "upn"
    provider = conf.oidc()
    assert provider is not None
    assert subject_of(read(issuer.token(upn="zoe@x")), provider) == "zoe@x"
    with pytest.raises(TokenError, match="upn"):
        subject_of(read(issuer.token()), provider)


def test_provider_is_asked_once(issuer: Issuer) -> None:
    for _ in range(5):
        read(issuer.token())
    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


def test_new_key_is_fetched_and_made_up_ones_do_not_make_us_ask_again(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(issuer.token())
    issuer.keys["second"] = signing_key("second")
    now = time.monotonic()
    monkeypatch.setattr(providers.time, "monotonic", lambda: now + providers.KEY_PAUSE_SECONDS + 1)
    assert read(issuer.token(key=signing_key("second"), key_id="second"))["sub"] == "zoe"
    for number in range(5):
        with pytest.raises(TokenError):
            read(issuer.token(key_id=f"made up {number}"))
    assert issuer.asked.count("/keys") == 2


def test_provider_that_is_away_is_no_fault_once_it_is_known(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    read(issuer.token())
    issuer.away = True
    later = time.monotonic() + 2 * providers.CONFIGURATION_SECONDS
    monkeypatch.setattr(providers.time, "monotonic", lambda: later)
    assert read(issuer.token())["sub"] == "zoe"


def test_provider_that_was_never_reached_is_named(issuer: Issuer) -> None:
    issuer.away = True
    with pytest.raises(ProviderError, match=issuer.url):
        read(issuer.token())
