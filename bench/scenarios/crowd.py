"""Sockets that receive the posts of one author: memory, posts back to back, posts at a steady rate. For all peers."""

import math
import time

from bench import machine
from bench.author import Author
from bench.scenario import DISTURBED, OTHERS
from bench.site import Site
from bench.table import Figure, Figures, Results

MIN_POSTS = 10
"""Posts in a burst at least."""
SETTLE = 2.0
"""Seconds of idleness before memory is read."""
STEADY_RATE = 5
"""Posts a second while delays are measured."""
BUSY = 90.0
"""Percent of a core from which it counts as the limit."""
LATE = 60.0
"""Seconds behind STEADY_RATE after which posting stops."""

MEMORY = Figure("memory a socket, KB")
OPENED = Figure("sockets opened a second", more_is_better=True)
FAILED = Figure("sockets that failed", compared=False)
RATE = Figure("deliveries a second", more_is_better=True)
BYTES = Figure("bytes a delivery", compared=False)
COMPLETE = Figure("posts that each socket has once, %", compared=False)
EXACT = Figure("sockets that have all posts once and in order, %", compared=False)
SERVER_BUSY = Figure("server's core in use, %", compared=False)
LOAD_BUSY = Figure("load generator's core in use, %", compared=False)
LAST_P50 = Figure(f"POST to last socket at {STEADY_RATE} posts/s, p50 ms")
LAST_P99 = Figure(f"POST to last socket at {STEADY_RATE} posts/s, p99 ms")
OTHERS_STEADY = Figure(f"other programs at {STEADY_RATE} posts/s, % of a core", compared=False)
TAKEN = Figure(f"posts accepted a second of {STEADY_RATE}", compared=False)


def idle(site: Site) -> Figures:
    """Opens sockets that receive nothing. Must run first: later the server has free memory of its own."""
    sockets = site.people.sockets
    time.sleep(SETTLE)
    before = machine.memory_kb(site.pid)
    with site.crowd(sockets) as crowd:
        time.sleep(SETTLE)
        after = machine.memory_kb(site.pid)
        count = crowd.leave()
    return {
        MEMORY: (after - before) / count.sockets,
        OPENED: count.sockets / count.open_seconds,
        FAILED: count.failed,
    }


def burst(site: Site, deliveries: int) -> Figures:
    """Sends enough posts back to back for `deliveries`.

    Measures deliveries a second, from the first POST to the last delivery, and the use of both cores.
    """
    sockets = site.people.sockets
    posts = max(MIN_POSTS, int(deliveries * site.peer.share) // sockets)
    with site.crowd(sockets, expected=posts * sockets) as crowd, site.author() as author:
        usage = machine.Usage(site.pid)
        for _ in range(posts):
            author.post()
        own = usage.own()
        count = crowd.count()
    return {
        RATE: count.rate,
        BYTES: count.bytes_each,
        COMPLETE: 100 * count.complete / posts,
        EXACT: 100 * count.exact_with(posts) / sockets,
        SERVER_BUSY: 100 * usage.server() / count.seconds,
        LOAD_BUSY: 100 * (count.cpu_seconds + own) / count.seconds,
        OTHERS: usage.others(count.cpu_seconds),
    }


def limits(results: Results) -> list[str]:
    """Returns notes on servers that were not limited by their core."""
    notes = []
    for name, figures in results.items():
        if figures.get(OTHERS_STEADY, 0) >= DISTURBED:
            notes.append(f"{name}: other programs disturbed the delays.")
        if figures.get(LOAD_BUSY, 0) > BUSY:
            notes.append(f"{name}: the load generator was the limit in the bursts.")
        elif figures.get(OTHERS, 0) >= DISTURBED:
            notes.append(f"{name}: other programs disturbed the bursts.")
        elif figures.get(SERVER_BUSY, BUSY) < BUSY:
            notes.append(f"{name}: its core had time to spare in the bursts; it waited for the disk or the next POST.")
    return notes


def steady(site: Site, posts: int) -> Figures:
    """Sends posts at STEADY_RATE; measures the time until the last socket has each."""
    with site.crowd(site.people.sockets, expected=posts * site.people.sockets) as crowd, site.author() as author:
        usage = machine.Usage(site.pid)
        taken = post_steadily(author, posts)
        count = crowd.count()
    p50, p99 = (count.last_p50_ms, count.last_p99_ms) if count.complete else (math.nan, math.nan)
    return {LAST_P50: p50, LAST_P99: p99, TAKEN: taken, OTHERS_STEADY: usage.others(count.cpu_seconds)}


def post_steadily(author: Author, count: int) -> float:
    """Posts `count` times at STEADY_RATE; stops when the server makes it LATE. Returns posts a second."""
    began = time.monotonic()
    for number in range(count):
        ahead = began + number / STEADY_RATE - time.monotonic()
        if ahead < -LATE:
            return number / (time.monotonic() - began)
        time.sleep(max(0.0, ahead))
        author.post()
    return count / max(time.monotonic() - began, count / STEADY_RATE)
