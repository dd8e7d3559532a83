"""Authentication by a token of the provider, in the header `Authorization: Bearer`."""

import logging
from uuid import NAMESPACE_URL, uuid5

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from activities.models import InitiatorType
from jim import conf
from jim.accounts.caller import Caller
from jim.accounts.oidc.errors import ProviderError, TokenError
from jim.accounts.oidc.tokens import name_of, read_token, subject_of
from jim.api.errors import ServiceUnavailable

from .people import find_person

logger = logging.getLogger(__name__)

SCHEME = "bearer"


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, None] | None:
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        provider = conf.oidc()
        if provider is None or not provider.audience:
            raise AuthenticationFailed("Tokens are not taken here: use an API key in the header X-Api-Key.")
        return caller_of(token.strip(), provider), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="JIM"'


def caller_of(token: str, provider: conf.Oidc) -> Caller:
    """Raises: AuthenticationFailed, ServiceUnavailable."""
    try:
        claims = read_token(token, provider, provider.audience)
        subject = subject_of(claims, provider)
    except TokenError as exc:
        logger.info("token refused: %s", exc)
        raise AuthenticationFailed("The token is not valid here, or expired.") from exc
    except ProviderError as exc:
        logger.warning("token cannot be checked: %s", exc)
        raise ServiceUnavailable("Tokens cannot be checked at the moment: try again later.") from exc
    person = find_person(subject, provider)
    if person is None:
        # Counted and recorded under an id of their own, as anybody else.
        stranger = uuid5(NAMESPACE_URL, f"{claims['iss']}#{claims['sub']}")
        return Caller(InitiatorType.USER, stranger, name_of(claims), frozenset())
    name = person.name or name_of(claims)
    return Caller(InitiatorType.USER, person.id, name, person.roles, metaverse_object_id=person.id)
