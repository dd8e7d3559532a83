"""Rate limit: so many requests a minute per caller, fewer per client address for callers nobody knows.

Counted in the cache, which all web processes share, in windows of one minute that begin with the clock's. When the
cache is away requests pass uncounted: refusing everyone would make the cache a second thing that can stop the API.
"""

import logging
import time
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from jim.api.caller import caller_of
from jim.api.client_address import client_address

logger = logging.getLogger(__name__)

REQUESTS_PER_CALLER = 300
REQUESTS_PER_ADDRESS = 30
WINDOW_SECONDS = 60
KEY_PREFIX = "throttle"
# While the cache is away each try may cost its socket timeout (2 s), so not every request tries.
CACHE_PAUSE_SECONDS = 10


class RateThrottle(BaseThrottle):
    """For every endpoint but health; a caller may be exempt (the infrastructure key)."""

    cache_away_until = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        caller = caller_of(request)
        if caller is not None and caller.exempt_from_throttling:
            return True
        if caller is not None:
            return self._count(f"caller:{caller.id}") <= REQUESTS_PER_CALLER
        return self._count(f"address:{client_address(request)}") <= REQUESTS_PER_ADDRESS

    def wait(self) -> float:
        """Seconds until the next window."""
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS

    def _count(self, identity: str) -> int:
        """Requests of this window, this one included; 0 while the cache is away."""
        if time.monotonic() < RateThrottle.cache_away_until:
            return 0
        try:
            return _increment(f"{KEY_PREFIX}:{int(time.time() // WINDOW_SECONDS)}:{identity}")
        except RedisError as exc:
            RateThrottle.cache_away_until = time.monotonic() + CACHE_PAUSE_SECONDS
            logger.warning("cache unavailable, requests are not counted for %s s: %s", CACHE_PAUSE_SECONDS, exc)
            return 0


def _increment(key: str) -> int:
    try:
        return cache.incr(key)
    except ValueError:  # not counted yet; of two first requests one adds and the other increments
        return 1 if cache.add(key, 1, timeout=2 * WINDOW_SECONDS) else cache.incr(key)
