"""Backoff: when a failed export is tried again."""

import random
from datetime import datetime, timedelta

FIRST_DELAY_SECONDS = 60
LONGEST_DELAY_SECONDS = 24 * 3600
JITTER = 0.25
"""Share of the delay that is random, so that 10,000 changes of one outage do not come back at once."""


def next_retry(now: datetime, error_count: int) -> datetime:
    """Exponential: a minute after the first failure, twice that after each further one, a day at most."""
    delay = min(FIRST_DELAY_SECONDS * 2.0 ** min(error_count - 1, 30), LONGEST_DELAY_SECONDS)
    spread = random.uniform(1 - JITTER, 1 + JITTER)
    return now + timedelta(seconds=delay * spread)
