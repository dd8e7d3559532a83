"""Who a token stands for: the one metaverse object whose attribute has the value of the token's claim.

Looking through all objects takes a second where there are many, so the cache remembers where somebody was found. It
says where to look only: the object itself decides, so that a changed value or a deletion counts at once.
"""

import hashlib
import logging
from dataclasses import dataclass
from uuid import UUID

from django.core.cache import cache
from django.db.models import QuerySet
from redis.exceptions import RedisError

from jim import conf
from synchronisation.api.metaverse.filtersets import having_value
from synchronisation.models import MetaverseAttribute, MetaverseObject, MetaverseObjectStatus
from synchronisation.services.role_members import roles_of

logger = logging.getLogger(__name__)

FOUND_SECONDS = 600
NOT_FOUND_SECONDS = 60
NOBODY = "nobody"
KEY_PREFIX = "person"


@dataclass(frozen=True, slots=True)
class Person:
    """roles: names."""

    id: UUID
    name: str | None
    roles: frozenset[str]


def find_person(subject: str, provider: conf.Oidc) -> Person | None:
    """None when no object, or more than one, has the value."""
    attribute = MetaverseAttribute.objects.filter(name__iexact=provider.attribute).first()
    if attribute is None:
        logger.error("JIM_OIDC_ATTRIBUTE names %s, which the metaverse does not have", provider.attribute)
        return None
    own = MetaverseObject.objects.filter(status=MetaverseObjectStatus.NORMAL).only("id", "display_name")
    mvo = _find(having_value(own, attribute, subject), f"{KEY_PREFIX}:{attribute.pk}:{_hash(subject)}")
    if mvo is None:
        return None
    return Person(mvo.pk, mvo.display_name, frozenset(roles_of(mvo.pk).values_list("name", flat=True)))


def _find(candidates: QuerySet[MetaverseObject], key: str) -> MetaverseObject | None:
    known = _remembered(key)
    if known == NOBODY:
        return None
    if known is not None and (mvo := candidates.filter(pk=known).first()):
        return mvo
    found = list(candidates[:2])
    if len(found) > 1:
        logger.warning("two metaverse objects have the value of a token's claim: nobody signs in as either")
    mvo = found[0] if len(found) == 1 else None
    _remember(key, NOBODY if mvo is None else str(mvo.pk), NOT_FOUND_SECONDS if mvo is None else FOUND_SECONDS)
    return mvo


def _hash(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()


def _remembered(key: str) -> str | None:
    try:
        known: str | None = cache.get(key)
    except RedisError as exc:
        logger.warning("cache unavailable, people are looked for anew: %s", exc)
        return None
    return known


def _remember(key: str, value: str, seconds: int) -> None:
    try:
        cache.set(key, value, timeout=seconds)
    except RedisError as exc:
        logger.warning("cache unavailable, who was found is not remembered: %s", exc)
