"""How often something may be tried: allauth counts, by ACCOUNT_RATE_LIMITS; this says when it may be tried again."""

import time
from math import ceil

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest
from django.utils.timezone import now

APP = "allauth.account"


def retry_after(request: HttpRequest, action: str, key: str | None = None) -> int:
    """Seconds until `action` may be tried again, by this address of the network, person, or for `key`; 0: now."""
    waits = [0.0]
    for rate in ratelimit.get_rates(app=APP, action=action):
        if rate.per != "key" or key is not None:
            name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)
            tries = cache.get(name, [])  # the newest first
            if len(tries) >= rate.amount:
                waits.append(tries[rate.amount - 1] + rate.duration - time.time())
    return ceil(max(waits))


def consume(request: HttpRequest, action: str, key: str) -> bool:
    """Counts a try; False if it is one too many."""
    return ratelimit.consume(request, app=APP, action=action, key=key) is not None


def prune() -> None:
    """Forgets what no longer counts: the keys hold network addresses. Django's own cache would keep it until the table
    is full."""
    moment = connection.ops.adapt_datetimefield_value(now())
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM livefeed_cache WHERE expires < %s", [moment])


def message(seconds: int) -> str:
    return f"Too many tries. Try again in {_span(seconds)}."


def _span(seconds: int) -> str:
    minutes, hours = ceil(seconds / 60), ceil(seconds / 3_600)
    if minutes <= 1:
        return "a minute" if minutes else "a moment"
    if minutes < 60:
        return f"{minutes} minutes"
    return f"{hours} hours" if hours > 1 else "an hour"
