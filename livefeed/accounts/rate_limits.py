"""Rate limits of account actions. allauth counts attempts by ACCOUNT_RATE_LIMITS; this module adds the waiting time."""

import time
from math import ceil

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.utils.timezone import now

from livefeed.limits.durations import duration

APP = "allauth.account"


def retry_after(request: HttpRequest, action: str, key: str | None = None) -> int:
    """Returns the seconds until `action` may be tried again by this address or user, or for `key`; 0 means now."""
    waits = [0.0]
    for rate in ratelimit.get_rates(app=APP, action=action):
        if rate.per != "key" or key is not None:
            name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)
            attempts = cache.get(name, [])  # Unix seconds, the newest first
            if len(attempts) >= rate.amount:
                waits.append(attempts[rate.amount - 1] + rate.duration - time.time())
    return ceil(max(waits))


def consume(request: HttpRequest, action: str, key: str) -> bool:
    """Counts an attempt. Returns False if it exceeds the limit."""
    return ratelimit.consume(request, app=APP, action=action, key=key) is not None


def prune() -> None:
    """Deletes expired counters, because their keys contain network addresses.

    Django's database cache would keep them until the table is full.
    """
    moment = connection.ops.adapt_datetimefield_value(now())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM livefeed_cache WHERE expires < %s", [moment])


def message(seconds: int) -> str:
    """Returns the sentence shown to a user who must wait."""
    return f"Too many attempts. Try again in {duration(seconds)}."
