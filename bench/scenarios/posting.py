"""Posts a second through the whole path, and the share of its parts. For Livefeed only.

PostgreSQL runs as the tests start it, without fsync; SQLite as in production, with it. Without wake-ups the hub reads
the log only at its interval, so their share includes the waking, reading, rendering and writing for each post that are
then joined. Without commit order an event gets its position on insert, and readers then miss some events. A share of a
few percent is within the noise.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bench import machine
from bench.peers import LIVEFEED, Peer
from bench.scenarios.crowd import COMPLETE
from bench.site import Site
from bench.table import Figure, Figures, Results

CLIENTS = 1, 8
WAKE_UPS = "without wake-ups"
ORDER = "without commit order"

LITE = replace(LIVEFEED, name="SQLite")
STACK = replace(LIVEFEED, name="PostgreSQL, Redis", on_stack=True)
VARIANTS: tuple[Peer, ...] = (
    LITE,
    replace(LITE, name=f"SQLite {WAKE_UPS}", env={"BENCH_BELL": "0"}),
    STACK,
    replace(STACK, name=f"PostgreSQL {WAKE_UPS}", env={"BENCH_BELL": "0"}),
    replace(STACK, name=f"PostgreSQL {ORDER}", variant="variants"),
)
WHOLE = {LITE.name: "SQLite", STACK.name: "PostgreSQL"}


def posting(site: Site, posts: int) -> Figures:
    """Sends posts back to back, by one client and by several at a time."""
    figures: Figures = {}
    for clients in CLIENTS:
        figures |= posting_by(site, clients, posts)
    return figures


def posting_by(site: Site, clients: int, posts: int) -> Figures:
    """Measures posts a second, from the first POST to the last answer."""
    sockets = site.people.sockets
    each = posts // clients
    with site.crowd(sockets, expected=each * clients * sockets) as crowd:
        usage = machine.Usage(site.pid)
        began = time.monotonic()
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(post_often, [site] * clients, [each] * clients))
        seconds = time.monotonic() - began
        used = usage.server()
        own = usage.own()
        count = crowd.count()
    return {
        rate(clients): each * clients / seconds,
        said(clients, COMPLETE.name): 100 * count.complete / (each * clients),
        said(clients, "server's core in use, %"): 100 * used / seconds,
        said(clients, "load generator's core in use, %"): 100 * (own + count.cpu_seconds) / seconds,
    }


def post_often(site: Site, count: int) -> None:
    with site.author() as author:
        for _ in range(count):
            author.post()


def rate(clients: int) -> Figure:
    return Figure(f"posts a second, {plural(clients)}", more_is_better=True)


def said(clients: int, what: str) -> Figure:
    return Figure(f"  {plural(clients)}: {what}", compared=False)


def plural(clients: int) -> str:
    return f"{clients} client{'s' if clients > 1 else ''}"


def conclude(results: Results) -> Results:
    """Adds the share of a post's time, in percent, that each variant saves by leaving out a part."""
    for whole, database in WHOLE.items():
        for part in (WAKE_UPS, ORDER):
            for clients in CLIENTS:
                slower = results.get(whole, {}).get(rate(clients))
                faster = results.get(f"{database} {part}", {}).get(rate(clients))
                if slower and faster:
                    results[f"{database} {part}"][share(clients)] = 100 * (1 - slower / faster)
    return results


def share(clients: int) -> Figure:
    return Figure(f"share of a post's time it saves, {plural(clients)}, %", compared=False)
