import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jim.accounts.models import RoleMember
from tests.integration.synchronisation.sign_in.test_bearer import person
from tests.oidc import CLIENT_ID, Issuer

pytestmark = pytest.mark.django_db
BEGIN, END, ADMIN = "/admin/sign-in", "/admin/sign-in/end", "/admin/"


def begin(client: Client, query: str = "") -> dict[str, str]:
    """What the provider is asked for."""
    response = client.get(BEGIN + query)
    assert response.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def end(client: Client, issuer: Issuer, asked: dict[str, str], **claims: Any) -> Any:
    issuer.id_token = issuer.token(**{"aud": CLIENT_ID, "nonce": asked["nonce"]} | claims)
    return client.get(END, {"code": "abc", "state": asked["state"]})


def test_administrator_signs_in(client: Client, issuer: Issuer) -> None:
    zoe = person("Administrator")
    asked = begin(client)
    response = end(client, issuer, asked)
    assert (response.status_code, response.headers["Location"]) == (302, ADMIN)
    assert client.get(ADMIN).status_code == 200
    user = User.objects.get()
    assert (user.username, user.first_name, user.is_superuser) == (f"oidc:{zoe.pk}", "Zoë O'Brien", True)
    assert not user.has_usable_password()


def test_code_is_asked_for_and_exchanged_with_pkce(client: Client, issuer: Issuer, settings: Any) -> None:
    settings.JIM_OIDC_CLIENT_SECRET = "s:cret"
    person("Administrator")
    asked = begin(client)
    end(client, issuer, asked)
    (form,) = issuer.forms
    challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT_ID, "openid profile")
    assert form["redirect_uri"] == asked["redirect_uri"] == f"http://testserver{END}"
    assert (form["grant_type"], form["code"]) == ("authorization_code", "abc")
    assert issuer.authorizations == ["Basic " + base64.b64encode(f"{CLIENT_ID}:s%3Acret".encode()).decode()]


@pytest.mark.parametrize(
    ("next_address", "expected"),
    [
        ("/admin/activities/activity/", "/admin/activities/activity/"),
        ("https://evil.example/", ADMIN),
        ("//evil", ADMIN),
    ],
)
def test_browser_goes_on_to_this_server_only(client: Client, issuer: Issuer, next_address: str, expected: str) -> None:
    person("Administrator")
    response = end(client, issuer, begin(client, f"?next={next_address}"))
    assert response.headers["Location"] == expected


def test_losing_the_role_ends_the_session(client: Client, issuer: Issuer) -> None:
    zoe = person("Administrator")
    end(client, issuer, begin(client))
    assert client.get(ADMIN).status_code == 200
    RoleMember.objects.filter(metaverse_object_id=zoe.pk).delete()
    assert client.get(ADMIN).status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"nonce": "other"}, {"nonce": None}, {"aud": "other"}, {"exp": 1}], ids=lambda wrong: next(iter(wrong))
)
def test_identity_token_of_another_sign_in_is_refused(client: Client, issuer: Issuer, wrong: dict[str, Any]) -> None:
    person("Administrator")
    assert end(client, issuer, begin(client), **wrong).status_code == 403
    assert client.get(ADMIN).status_code == 302
    assert not User.objects.exists()


def test_answer_that_nobody_asked_for_is_refused(client: Client, issuer: Issuer) -> None:
    person("Administrator")
    assert client.get(END, {"code": "abc", "state": "made up"}).status_code == 400
    asked = begin(client)
    assert end(client, issuer, asked | {"state": "made up"}).status_code == 400
    assert end(client, issuer, asked).status_code == 400  # good once
    assert end(Client(), issuer, asked).status_code == 400


def test_who_has_not_the_role_is_told_so(client: Client, issuer: Issuer) -> None:
    person("User")
    response = end(client, issuer, begin(client))
    assert response.status_code == 403
    assert "do not have the role Administrator" in response.content.decode()
    assert not User.objects.exists()


def test_provider_that_refuses_or_is_away_is_shown(client: Client, issuer: Issuer) -> None:
    asked = begin(client)
    assert client.get(END, {"error": "access_denied", "state": asked["state"]}).status_code == 403
    asked = begin(client)
    issuer.away = True
    assert end(client, issuer, asked).status_code == 503


def test_login_page_offers_it_only_where_it_is_set_up(client: Client, issuer: Issuer, settings: Any) -> None:
    assert BEGIN in client.get("/admin/login/").content.decode()
    settings.JIM_OIDC_CLIENT_ID = ""
    assert BEGIN not in client.get("/admin/login/").content.decode()
    assert client.get(BEGIN).status_code == client.get(END).status_code == 404
