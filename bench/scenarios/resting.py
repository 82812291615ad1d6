"""Sockets that hear nothing for a while: what each keeps in memory, and what they cost the server meanwhile."""

import time

from bench import machine
from bench.scenarios.crowd import FAILED, MEMORY, SETTLE
from bench.site import Site
from bench.table import Figure, Figures, Results

REST = 50
"""Seconds, in which two heartbeats fall."""
ENOUGH = 5_000
"""Sockets below which it is not worth while to watch what they cost."""
FEW, MANY, SHARED = "5 followed", "200 followed", "200, 3 sockets each"

SOCKETS = Figure("sockets", compared=False)
BUSY = Figure("server's core in use while idle, %", compared=False)
QUERIES = Figure("queries a minute while idle", compared=False)
FOLLOWED_SET = Figure("195 more followed people, KB a person", compared=False)


def resting(site: Site) -> Figures:
    """The memory of a socket, then, if there are ENOUGH, how busy the server is with all of them for REST seconds."""
    time.sleep(SETTLE)
    before = machine.memory_kb(site.pid)
    with site.crowd(site.people.sockets) as crowd:
        time.sleep(SETTLE)
        after = machine.memory_kb(site.pid)
        busy = at_rest(site) if site.people.sockets >= ENOUGH else {}
        count = crowd.leave()
    return {SOCKETS: count.sockets, FAILED: count.failed, MEMORY: (after - before) / count.sockets} | busy


def at_rest(site: Site) -> Figures:
    """What the server does in REST seconds in which nothing happens."""
    metrics, used, began = site.metrics(), machine.cpu_seconds(site.pid), time.monotonic()
    time.sleep(REST)
    seconds = time.monotonic() - began
    used = machine.cpu_seconds(site.pid) - used
    queries = site.metrics().since(metrics, "livefeed_hub_queries_total")
    return {BUSY: 100 * used / seconds, QUERIES: 60 * queries / seconds}


def conclude(results: Results) -> Results:
    """What a followed set adds: seen from one socket a person, and from three that share it."""
    few, many, shared = (results.get(name, {}).get(MEMORY) for name in (FEW, MANY, SHARED))
    if few is not None and many is not None:
        results[MANY][FOLLOWED_SET] = many - few
    if few is not None and shared is not None:
        results[SHARED][FOLLOWED_SET] = 3 * (shared - few)
    return results
