"""An author whose followers asked to be notified of new posts. For Livefeed only, on SQLite, with its task worker."""

import time

from bench import inside
from bench.author import Author
from bench.site import Site
from bench.stopwatch import percentile
from bench.table import Figure, Figures

POSTS = 50
"""Posts before the followers ask to be notified."""
PAUSE = 0.1
"""Seconds between two posts, and between two checks of the queue."""
NOTIFY_TIMEOUT = 120.0
"""Seconds within which all followers must be notified."""

WITHOUT = Figure("POST without notifications, p50 ms")
WITH = Figure("POST with notifications, ms")
GROWTH = Figure("times that of a POST without notifications", compared=False)
SECONDS = Figure("seconds until all followers were notified of one post")
RATE = Figure("followers notified a second", more_is_better=True)
MEANWHILE = Figure("POST while they are notified, p50 ms")
MEANWHILE_MOST = Figure("POST while they are notified, longest ms")


def bells(site: Site, count: int) -> Figures:
    """Measures POSTs without notifications, with `count` of them, and while they are created."""
    with site.author() as author:
        before = [_post(author) for _ in range(POSTS)]
        inside.call("bells", count, env=inside.environment(site.folder, site.port) | site.peer.env)
        first = _post(author)
        began = time.monotonic()
        taken = [first, *_while_busy(site, author)]
        seconds = time.monotonic() - began
    usual = percentile(before, 50)
    busy = percentile(taken, 50)
    return {
        WITHOUT: usual,
        WITH: first,
        GROWTH: first / usual,
        SECONDS: seconds / len(taken),
        RATE: count * len(taken) / seconds,
        MEANWHILE: busy,
        MEANWHILE_MOST: max(taken),
    }


def _while_busy(site: Site, author: Author) -> list[float]:
    """Sends a few more posts, then waits until the followers are notified of all of them."""
    taken = []
    for _ in range(4):
        time.sleep(PAUSE)
        taken.append(_post(author))
    latest = time.monotonic() + NOTIFY_TIMEOUT
    while site.metrics().now("livefeed_tasks"):
        if time.monotonic() > latest:
            raise TimeoutError(f"not all followers were notified within {NOTIFY_TIMEOUT:.0f} s")
        time.sleep(PAUSE)
    return taken


def _post(author: Author) -> float:
    """Posts; returns the time in ms."""
    began = time.monotonic()
    author.post()
    return 1_000 * (time.monotonic() - began)
