"""What is done to each server: one function a scenario, from a running site to figures. Add a new one to SCENARIOS."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import machine
from bench.author import Author
from bench.site import Site
from bench.table import Figure, Figures

SETTLE = 2.0
"""Seconds of rest before memory is read."""
STEADY_RATE = 5
"""Posts a second while delays are measured."""
LATE = 60.0
"""Seconds behind that rate at which no more is posted."""

MEMORY = Figure("memory a socket, KB")
OPENED = Figure("sockets opened a second", more_is_better=True)
FAILED = Figure("sockets that failed to open", compared=False)
RATE = Figure("deliveries a second", more_is_better=True, wanted=6)
BYTES = Figure("bytes a delivery", compared=False)
EXACT = Figure("posts at every socket exactly once, %", compared=False)
SERVER_BUSY = Figure("server's core in use, %", compared=False)
LOAD_BUSY = Figure("load generator's core in use, %", compared=False)
LAST_P50 = Figure(f"POST to last socket at {STEADY_RATE} posts/s, p50 ms")
LAST_P99 = Figure(f"POST to last socket at {STEADY_RATE} posts/s, p99 ms")
TAKEN = Figure(f"posts taken a second of {STEADY_RATE}", compared=False)


@dataclass(frozen=True)
class Size:
    """How much is measured: sockets, posts of a burst, bursts, posts at a steady rate."""

    sockets: int
    burst: int
    bursts: int
    steady: int


def idle(site: Site, size: Size) -> Figures:
    """Sockets that open and hear nothing. Comes first: later the server has memory to spare."""
    time.sleep(SETTLE)
    before = machine.memory_kb(site.pid)
    with site.crowd(size.sockets) as crowd:
        time.sleep(SETTLE)
        after = machine.memory_kb(site.pid)
        count = crowd.leave()
    return {
        MEMORY: (after - before) / count.sockets,
        OPENED: count.sockets / count.open_seconds,
        FAILED: count.failed,
    }


def bursts(site: Site, size: Size) -> Figures:
    """Posts back to back, several times over: the burst of median rate."""
    measured = sorted((burst(site, size) for _ in range(size.bursts)), key=lambda figures: figures[RATE])
    return measured[len(measured) // 2]


def burst(site: Site, size: Size) -> Figures:
    """How many deliveries a second, from the first POST to the last delivery, and who was busy meanwhile."""
    with site.crowd(size.sockets, expected=size.burst * size.sockets) as crowd, site.author() as author:
        used = machine.cpu_seconds(site.pid)
        for _ in range(size.burst):
            author.post()
        count = crowd.count()
        used = machine.cpu_seconds(site.pid) - used
    return {
        RATE: count.rate,
        BYTES: count.bytes_each,
        EXACT: 100 * count.complete / size.burst,
        SERVER_BUSY: 100 * used / count.seconds,
        LOAD_BUSY: 100 * count.cpu_seconds / count.seconds,
    }


def steady(site: Site, size: Size) -> Figures:
    """Posts at STEADY_RATE: how long until the last socket has each."""
    with site.crowd(size.sockets, expected=size.steady * size.sockets) as crowd, site.author() as author:
        taken = post_steadily(author, size.steady)
        count = crowd.count()
    p50, p99 = (count.last_p50_ms, count.last_p99_ms) if count.complete else (math.nan, math.nan)
    return {LAST_P50: p50, LAST_P99: p99, TAKEN: taken}


def post_steadily(author: Author, count: int) -> float:
    """Posts `count` times at STEADY_RATE; stops when it is LATE because of the server. Returns posts a second."""
    began = time.monotonic()
    for number in range(count):
        ahead = began + number / STEADY_RATE - time.monotonic()
        if ahead < -LATE:
            return number / (time.monotonic() - began)
        time.sleep(max(0.0, ahead))
        author.post()
    return count / max(time.monotonic() - began, count / STEADY_RATE)


SCENARIOS: tuple[Callable[[Site, Size], Figures], ...] = (idle, bursts, steady)
