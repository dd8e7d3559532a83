"""Sign-in to the admin with OpenID Connect: the code flow with PKCE (RFC 6749, RFC 7636).

Two steps: `begin` sends the browser to the provider, `end` is where the provider sends it back. What ties them together
(state, nonce, verifier) lies in the session of the browser that began, and is good once.
"""

import base64
import hashlib
import hmac
import logging
import secrets
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from jim import conf
from jim.accounts.oidc.errors import ProviderError, TokenError
from jim.accounts.oidc.provider import ask, provider_at
from jim.accounts.oidc.tokens import read_token, subject_of
from jim.api.permissions import ADMINISTRATOR

from .accounts import BACKEND, account_of
from .people import find_person

logger = logging.getLogger(__name__)

SESSION_KEY = "oidc_sign_in"
SESSION_SECONDS = 8 * 3600
NOT_BEGUN = "This sign-in was not begun in this browser, or it is over: begin again."
REFUSED = "The sign-in was refused: begin again, or ask an administrator what the log says."
UNAVAILABLE = "The sign-in service does not answer as it should at the moment: try again later."
NO_ROLE = "You have signed in, but you do not have the role Administrator: ask somebody who has it."


@require_GET
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    provider = _provider()
    started = {
        "state": secrets.token_urlsafe(32),
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(64),
        "next": request.GET.get("next", ""),
    }
    try:
        endpoint = provider_at(provider.authority).configuration()["authorization_endpoint"]
    except ProviderError as exc:
        return _failed(request, UNAVAILABLE, 503, exc)
    request.session[SESSION_KEY] = started
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": _return_address(request),
        "scope": " ".join(provider.scopes),
        "state": started["state"],
        "nonce": started["nonce"],
        "code_challenge": _challenge(started["verifier"]),
        "code_challenge_method": "S256",
    }
    return redirect(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}")


@require_GET
@never_cache
def end(request: HttpRequest) -> HttpResponse:
    provider = _provider()
    started = request.session.pop(SESSION_KEY, None)
    if started is None or not hmac.compare_digest(started["state"], request.GET.get("state", "")):
        return _failed(request, NOT_BEGUN, 400)
    if "code" not in request.GET:
        return _failed(request, REFUSED, 403, request.GET.get("error", "no code"))
    try:
        claims = _claims(request, provider, started)
        person = find_person(subject_of(claims, provider), provider)
    except TokenError as exc:
        return _failed(request, REFUSED, 403, exc)
    except ProviderError as exc:
        return _failed(request, UNAVAILABLE, 503, exc)
    if person is None or ADMINISTRATOR not in person.roles:
        return _failed(request, NO_ROLE, 403)
    login(request, account_of(person), backend=BACKEND)
    request.session.set_expiry(SESSION_SECONDS)
    return redirect(_safe(request, started["next"]))


def _provider() -> conf.Oidc:
    """Raises: Http404 unless people can sign in so."""
    provider = conf.oidc()
    if provider is None or not provider.client_id:
        raise Http404
    return provider


def _claims(request: HttpRequest, provider: conf.Oidc, started: dict[str, str]) -> dict[str, Any]:
    """Of the identity token that the provider gives for the code. Raises: TokenError, ProviderError."""
    form = {
        "grant_type": "authorization_code",
        "code": request.GET["code"],
        "redirect_uri": _return_address(request),
        "client_id": provider.client_id,
        "code_verifier": started["verifier"],
    }
    # A secret goes into the header, each part form-encoded first (RFC 6749 section 2.3.1).
    secret = provider.client_secret
    parts: dict[str, Any] = {"auth": (quote(provider.client_id, ""), quote(secret, ""))} if secret else {}
    endpoint = provider_at(provider.authority).configuration()["token_endpoint"]
    token = ask("POST", endpoint, data=form, **parts).get("id_token")
    if not isinstance(token, str):
        raise ProviderError(f"{endpoint} answers no id_token: JIM_OIDC_SCOPES must contain openid")
    claims = read_token(token, provider, provider.client_id)
    if not hmac.compare_digest(str(claims.get("nonce", "")), started["nonce"]):
        raise TokenError("the identity token belongs to another sign-in")
    return claims


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _return_address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("sign-in-end"))


def _safe(request: HttpRequest, address: str) -> str:
    """Where to go on: an address of this server, or the admin."""
    allowed = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if address and allowed else reverse("admin:index")


def _failed(request: HttpRequest, message: str, status: int, cause: object = None) -> HttpResponse:
    if cause is not None:
        logger.warning("sign-in failed: %s", cause)
    return render(request, "admin/sign_in_failed.html", {"message": message}, status=status)
