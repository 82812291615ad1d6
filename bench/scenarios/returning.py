"""Sockets that reconnect with a cursor, and the hub's work in a burst. For Livefeed only."""

import math

from bench.site import Site
from bench.table import Figure, Figures

MISSED = 5
MISSED_IN_STORM = 50
"""Posts that each socket missed."""
LONG_SLICE = 0.01
"""Seconds that the hub may hold the event loop at most."""

JOINED_EXACT = Figure("burst of 200: sockets that have all posts once and in order, %", compared=False)
FRAMES = Figure("burst of 200: messages a socket", compared=False)
WRITES = Figure("burst of 200: writes a socket", compared=False)
LONGEST = Figure("burst of 200: the hub's longest slice is below, ms", compared=False)
LONG = Figure("burst of 200: the hub's slices above 10 ms", compared=False)
RETURNED = Figure(f"sockets opened a second and sent {MISSED} missed posts", more_is_better=True)
RETURNED_FAILED = Figure("of these: failed or not exact", compared=False)


def joined(site: Site, sockets: int, posts: int) -> Figures:
    """Sends posts back to back; measures the writes a socket and the time for which the hub held the event loop."""
    before = site.metrics()
    with site.crowd(sockets, expected=posts * sockets) as crowd, site.author() as author:
        for _ in range(posts):
            author.post()
        count = crowd.count()
    after = site.metrics()
    return {
        JOINED_EXACT: 100 * count.exact_with(posts) / sockets,
        FRAMES: count.messages / sockets,
        WRITES: after.since(before, "livefeed_writes_total") / sockets,
        LONGEST: 1_000 * after.longest(before, "livefeed_hub_slice_seconds"),
        LONG: after.above(before, "livefeed_hub_slice_seconds", LONG_SLICE),
    }


def opening(site: Site, sockets: int) -> Figures:
    """Reconnects sockets after MISSED posts; measures the time until the last one has received them."""
    cursor = post(site, MISSED)
    with site.crowd(sockets, expected=MISSED * sockets, after=cursor) as crowd:
        count = crowd.count()
    return {
        RETURNED: sockets / count.caught_up_seconds,
        RETURNED_FAILED: sockets - min(count.exact_with(MISSED), count.sockets),
    }


def storm(site: Site, sockets: int) -> Figures:
    """Closes all sockets, sends MISSED_IN_STORM posts and reconnects all at once, until all are exact."""
    with site.crowd(sockets) as crowd:
        crowd.leave()
    cursor = post(site, MISSED_IN_STORM)
    with site.crowd(sockets, expected=MISSED_IN_STORM * sockets, after=cursor) as crowd:
        count = crowd.count()
    is_exact = count.exact_with(MISSED_IN_STORM) == count.sockets == sockets
    used = count.open_cpu_seconds + count.cpu_seconds
    return {
        storm_seconds(sockets): count.caught_up_seconds if is_exact else math.nan,
        storm_failed(sockets): sockets - count.sockets,
        storm_load(sockets): 100 * used / count.caught_up_seconds,
    }


def storm_seconds(sockets: int) -> Figure:
    return Figure(f"storm of {sockets:,}: seconds until each has its {MISSED_IN_STORM} posts, once, in order")


def storm_failed(sockets: int) -> Figure:
    return Figure(f"storm of {sockets:,}: sockets that failed", compared=False)


def storm_load(sockets: int) -> Figure:
    return Figure(f"storm of {sockets:,}: load generator's core in use, %", compared=False)


def post(site: Site, count: int) -> int:
    """Posts `count` times; returns the cursor before."""
    cursor = site.cursor()
    with site.author() as author:
        for _ in range(count):
            author.post()
    return cursor
