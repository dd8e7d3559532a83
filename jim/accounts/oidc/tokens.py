"""Tokens: whether one is the provider's own, still good and meant for us.

In: a JWT. Out: its claims. Always: only asymmetric signatures count, so that nobody signs with what is public.
"""

from typing import Any

import jwt
from jwt.exceptions import PyJWTError

from jim import conf
from jim.accounts.oidc.errors import TokenError
from jim.accounts.oidc.provider import provider_at

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
REQUIRED = ("exp", "iss", "aud", "sub")
# Clocks of well-kept machines differ by less.
LEEWAY_SECONDS = 30


def read_token(token: str, provider: conf.Oidc, audience: str) -> dict[str, Any]:
    """The claims. Raises: TokenError, ProviderError."""
    source = provider_at(provider.authority)
    try:
        key = source.key(jwt.get_unverified_header(token).get("kid"))
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=ALGORITHMS,
            audience=audience,
            issuer=source.configuration()["issuer"],
            leeway=LEEWAY_SECONDS,
            options={"require": list(REQUIRED)},
        )
    except PyJWTError as exc:
        raise TokenError(f"{type(exc).__name__}: {exc}") from exc
    return claims


def subject_of(claims: dict[str, Any], provider: conf.Oidc) -> str:
    """Who it is, by the claim that is configured. Raises: TokenError."""
    value = claims.get(provider.claim)
    if not isinstance(value, str) or not value:
        raise TokenError(f"the token has no claim {provider.claim} that is text")
    return value


def name_of(claims: dict[str, Any]) -> str:
    """For the log and the screen."""
    names = (claims.get(claim) for claim in ("name", "preferred_username", "sub"))
    return next(name for name in names if isinstance(name, str) and name)
