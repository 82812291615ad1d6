"""A post that is liked by many users while many sockets show it. For Livefeed only, on SQLite.

A thousand users like it through another process, as fast as that commits and then CALM a second, while others like it
by HTTP. A process that commits without a pause makes SQLite's other writers wait: they retry every tenth of a second.
"""

import json
import math
import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from threading import Event

from bench import inside
from bench.author import Page
from bench.site import Site
from bench.stopwatch import percentile
from bench.table import Figure, Figures

RATE = 20
"""Likes a second by HTTP meanwhile, at most: each waits for the answer to the previous one."""
CALM = 100
"""Likes a second by the other process in the second measurement."""
CLIENTS = 8
OTHERS = 2_000
"""Users who like by HTTP."""
EACH = 50
"""Likes by each of CLIENTS."""
SETTLE = 1.0
"""Seconds within which the last counts arrive."""

SECONDS = Figure("seconds until they were committed")
TOLD = Figure("counts received by a socket a second, median", compared=False)
TOLD_MOST = Figure("counts received by a socket a second, most")
EXACT = Figure("sockets that have the final count, %", compared=False)
MEANWHILE = "meanwhile"
CALMLY = f"at {CALM} likes a second"
BY_HTTP = Figure(f"likes a second by HTTP, {CLIENTS} clients", more_is_better=True)

type Sent = tuple[float, float]
"""Times of sending a like and of its answer, as CLOCK_MONOTONIC."""


def likes(site: Site, count: int) -> Figures:
    """Measures `count` likes of a post that `count` sockets show: unlimited, CALM a second, and by CLIENTS."""
    cookies = iter((site.folder / "cookies").read_text().splitlines()[count:])
    return {
        **told(site, count, cookies),
        **delays(MEANWHILE, *at_once(site, write(site), count, cookies)),
        **delays(CALMLY, *at_once(site, write(site), count, cookies, CALM)),
        BY_HTTP: by_several(site, write(site), cookies),
    }


def told(site: Site, count: int, cookies: Iterator[str]) -> Figures:
    """Measures the counts that the sockets receive."""
    post = write(site)
    with site.crowd(count) as crowd:
        began, ended, sent = at_once(site, post, count, cookies)
        time.sleep(SETTLE)
        heard = crowd.leave()
    seconds = ended - began
    is_exact = heard.likes_least == heard.likes_most == count + len(sent) and heard.sockets == count
    return {
        SECONDS: seconds,
        TOLD: heard.counts_median / max(1, seconds),
        TOLD_MOST: heard.counts_most / max(1, seconds),
        EXACT: 100 if is_exact else 0,
    }


def delays(when: str, began: float, ended: float, sent: list[Sent]) -> Figures:
    """Returns the times of the likes by HTTP that were sent between `began` and `ended`."""
    taken = [1_000 * (answered - at) for at, answered in sent if began <= at <= ended]
    return {
        Figure(f"likes by HTTP {when}", compared=False): len(taken),
        Figure(f"POST of a like {when}, p50 ms"): percentile(taken, 50) if taken else math.nan,
        Figure(f"POST of a like {when}, p99 ms"): percentile(taken, 99) if taken else math.nan,
    }


def write(site: Site) -> int:
    """Creates a post; returns its id."""
    with site.author() as author:
        found = re.search(r'id="post-(\d+)"', author.post())
    if not found:
        raise RuntimeError("The answer to POST /posts/ holds no post.")
    return int(found[1])


def at_once(
    site: Site, post: int, count: int, cookies: Iterator[str], rate: int = 0
) -> tuple[float, float, list[Sent]]:
    """Likes a post by another process, `rate` a second; returns its start and end, and the likes by HTTP meanwhile."""
    env = inside.environment(site.folder, site.port) | site.peer.env
    over = Event()
    with ThreadPoolExecutor(1) as pool:
        steady: Future[list[Sent]] = pool.submit(like_steadily, site, post, cookies, over)
        try:
            began, ended = json.loads(inside.call("likes", post, count, rate, env=env))
        finally:
            over.set()
        return began, ended, steady.result()


def like_steadily(site: Site, post: int, cookies: Iterator[str], over: Event) -> list[Sent]:
    """Likes a post as one user after the other, RATE a second, until `over` is set."""
    sent: list[Sent] = []
    with closing(Page(site.port)) as page:
        while not over.is_set():
            at = time.monotonic()
            page.send(next(cookies), f"/posts/{post}/like/")
            sent.append((at, time.monotonic()))
            over.wait(max(0, at + 1 / RATE - time.monotonic()))
    return sent


def by_several(site: Site, post: int, cookies: Iterator[str]) -> float:
    """Returns the likes a second by CLIENTS concurrent clients."""
    shares = [list(islice(cookies, EACH)) for _ in range(CLIENTS)]
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda share: like_often(site, post, share), shares))
    return CLIENTS * EACH / (time.monotonic() - began)


def like_often(site: Site, post: int, cookies: list[str]) -> None:
    with closing(Page(site.port)) as page:
        for cookie in cookies:
            page.send(cookie, f"/posts/{post}/like/")
