"""Authentication by API key.

In: the X-Api-Key header; it wins over Authorization. Out: a Caller, or a 401 that does not say which of unknown,
disabled and expired it was. One query; last use is written at most once a minute per key.
"""

import hmac
from datetime import timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from activities.models import InitiatorType
from jim.accounts.caller import Caller
from jim.accounts.keys import hash_key
from jim.accounts.models import ApiKey
from jim.api.client_address import client_address

HEADER = "HTTP_X_API_KEY"
# A busy key would otherwise rewrite its row with every request.
LAST_USE_RESOLUTION = timedelta(minutes=1)


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, ApiKey] | None:
        key = request.META.get(HEADER)
        if key is None:
            return None
        row = find_usable(key)
        if row is None:
            raise AuthenticationFailed("The API key is unknown, disabled or expired.")
        record_use(row, client_address(request))
        return caller_of(row), row

    def authenticate_header(self, request: Request) -> str:
        """Sent with a 401; without it DRF would answer 403."""
        return 'ApiKey realm="JIM"'


def find_usable(key: str) -> Any | None:
    """The key's row with `role_names`, unless it is disabled or expired."""
    digest = hash_key(key)
    role_names = ArrayAgg("roles__name", filter=Q(roles__isnull=False), default=[])
    row = ApiKey.objects.filter(key_hash=digest).annotate(role_names=role_names).first()
    if row is None or not hmac.compare_digest(row.key_hash, digest):
        return None
    is_current = row.expires is None or timezone.now() < row.expires
    return row if row.is_enabled and is_current else None


def record_use(row: ApiKey, address: str | None) -> None:
    now = timezone.now()
    if row.last_used is None or now - row.last_used >= LAST_USE_RESOLUTION:
        ApiKey.objects.filter(pk=row.pk).update(last_used=now, last_used_ip=address)


def caller_of(row: Any) -> Caller:
    return Caller(
        type=InitiatorType.API_KEY,
        id=row.id,
        name=row.name,
        roles=frozenset(row.role_names),
        exempt_from_throttling=row.infrastructure,
    )
