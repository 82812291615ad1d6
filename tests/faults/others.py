"""Well-behaved clients that use a site while a test attacks it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from statistics import quantiles

from tests.faults.conftest import full_or
from tests.stack.people import Person
from tests.stack.servers import Site

OTHERS = 50
DURATION = full_or(4.0, 30.0)
"""Seconds for which they are measured during the attack; before it a quarter of that."""
PAUSE = 0.5
"""Seconds between two requests of one client."""
MAX_P99 = 1.0
"""Seconds within which 99 % of their requests must be answered, unless the machine is slower than that by itself."""
PATHS = ("/healthz", "/readyz", "/explore/", "/static/vendor/htmx.min.js")


@contextmanager
def others_are_not_delayed(site: Site) -> Iterator[None]:
    """Measures 50 other clients before the block, which starts an attack, and after it, while the attack goes on."""
    before = p99_of_others(site, DURATION / 4)
    yield
    during = p99_of_others(site, DURATION)
    print(f"99 % of the requests of {OTHERS} others within {before:.2f} s, and {during:.2f} s during the attack")
    assert during < max(MAX_P99, 2 * before)


def p99_of_others(site: Site, seconds: float) -> float:
    """Lets 50 clients use the site; returns the seconds within which 99 % of their requests were answered."""
    delays: list[float] = []
    over = threading.Event()

    def use_site(number: int) -> None:
        person = Person(site)
        over.wait(PAUSE * number / OTHERS)
        for path in islice(cycle(PATHS), number, None):
            if over.wait(PAUSE):
                return
            started_at = time.monotonic()
            person.get(path)
            delays.append(time.monotonic() - started_at)

    with ThreadPoolExecutor(OTHERS) as pool:
        clients = [pool.submit(use_site, number) for number in range(OTHERS)]
        time.sleep(seconds)
        over.set()
        for client in clients:
            client.result()
    return quantiles(delays, n=100)[98]
