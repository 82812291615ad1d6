"""An author whose new posts a crowd asked to be told of. Done to Livefeed alone, on SQLite, its worker beside it."""

import time

from bench import inside
from bench.author import Author
from bench.site import Site
from bench.stopwatch import percentile
from bench.table import Figure, Figures

POSTS, PAUSE = 50, 0.1
"""Posts before there are bells, and with them; seconds between two."""
PATIENCE = 120.0
"""Seconds in which a post must have been told to all."""

WITHOUT = Figure("POST without a bell, p50 ms")
WITH = Figure("POST with all bells on, ms")
GROWTH = Figure("times that of a POST without a bell", compared=False)
SECONDS = Figure("seconds until all were told of one post")
RATE = Figure("people told a second", more_is_better=True)
MEANWHILE = Figure("POST while they are told, p50 ms")
MEANWHILE_MOST = Figure("POST while they are told, longest ms")


def bells(site: Site, count: int) -> Figures:
    """POSTs before and after `count` people turned their bells on; how long telling them takes, and a POST
    meanwhile."""
    with site.author() as author:
        before = [_post(author) for _ in range(POSTS)]
        inside.call("bells", count, env=inside.environment(site.folder, site.port) | site.peer.env)
        first, began = _post(author), time.monotonic()
        taken = [first, *_while_busy(site, author)]
        seconds = time.monotonic() - began
    usual, busy = percentile(before, 50), percentile(taken, 50)
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
    """Posts a few more, each of which must be told as well, then waits until all are."""
    taken = []
    for _ in range(4):
        time.sleep(PAUSE)
        taken.append(_post(author))
    latest = time.monotonic() + PATIENCE
    while site.metrics().now("livefeed_tasks"):
        if time.monotonic() > latest:
            raise TimeoutError(f"not all were told within {PATIENCE:.0f} s")
        time.sleep(PAUSE)
    return taken


def _post(author: Author) -> float:
    """Posts; returns the milliseconds that it took."""
    began = time.monotonic()
    author.post()
    return 1_000 * (time.monotonic() - began)
