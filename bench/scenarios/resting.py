"""Idle sockets: memory of each, and processor time and queries of the server. For Livefeed only."""

import time

from bench import machine
from bench.scenarios.crowd import FAILED, MEMORY, SETTLE
from bench.site import Site
from bench.table import Figure, Figures, Results

IDLE_TIME = 50
"""Seconds; two heartbeats are sent meanwhile."""
ENOUGH = 5_000
"""Sockets from which the cost of idleness is measured."""
FEW, MANY, SHARED = "5 followed", "200 followed", "200, 3 sockets each"

SOCKETS = Figure("sockets", compared=False)
BUSY = Figure("server's core in use while idle, %", compared=False)
QUERIES = Figure("queries a minute while idle", compared=False)
FOLLOWED_SET = Figure("195 more followed authors, KB a user", compared=False)


def resting(site: Site) -> Figures:
    """Measures the memory of a socket and, if there are ENOUGH, the use of the server's core for IDLE_TIME."""
    time.sleep(SETTLE)
    before = machine.memory_kb(site.pid)
    with site.crowd(site.people.sockets) as crowd:
        time.sleep(SETTLE)
        after = machine.memory_kb(site.pid)
        busy = at_rest(site) if site.people.sockets >= ENOUGH else {}
        count = crowd.leave()
    return {SOCKETS: count.sockets, FAILED: count.failed, MEMORY: (after - before) / count.sockets} | busy


def at_rest(site: Site) -> Figures:
    """Measures the server's processor time and queries during IDLE_TIME."""
    metrics = site.metrics()
    used = machine.cpu_seconds(site.pid)
    began = time.monotonic()
    time.sleep(IDLE_TIME)
    seconds = time.monotonic() - began
    used = machine.cpu_seconds(site.pid) - used
    queries = site.metrics().since(metrics, "livefeed_hub_queries_total")
    return {BUSY: 100 * used / seconds, QUERIES: 60 * queries / seconds}


def conclude(results: Results) -> Results:
    """Adds the memory of a set of followed authors: from one socket a user, and from three that share it."""
    few, many, shared = (results.get(name, {}).get(MEMORY) for name in (FEW, MANY, SHARED))
    if few is not None and many is not None:
        results[MANY][FOLLOWED_SET] = many - few
    if few is not None and shared is not None:
        results[SHARED][FOLLOWED_SET] = 3 * (shared - few)
    return results
