"""Well-behaved users of a site that a test attacks meanwhile."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from statistics import quantiles

from livefeed.models import Post
from tests.factories import make_post, make_user
from tests.faults.conftest import full_or
from tests.stack.people import Person
from tests.stack.servers import Site

OTHERS = 50
DURATION = full_or(3.0, 30.0)
"""Seconds for which they are measured at least during the attack; before it a quarter of that, and at least PAUSE."""
PAUSE = 1.0
"""Seconds between two requests of one user."""
MAX_P99 = 1.0
"""Seconds within which 99 % of their requests must be answered, unless the machine is slower than that by itself."""
STATIC = "/static/vendor/htmx.min.js"


@contextmanager
def others_are_not_delayed(site: Site) -> Iterator[None]:
    """Lets 50 users read and like posts during the block, which is the attack, and compares with the time before it."""
    others = [Person(site, make_user()) for _ in range(OTHERS)]
    post = make_post(make_user())
    with _measured(others, post) as before:
        time.sleep(max(PAUSE, DURATION / 4))
    begun_at = time.monotonic()
    with _measured(others, post) as during:
        yield
        time.sleep(max(0, begun_at + DURATION - time.monotonic()))
    p99_before, p99_during = quantiles(before, n=100)[98], quantiles(during, n=100)[98]
    print(f"99 % of {len(during)} requests of others within {p99_during:.2f} s, before the attack {p99_before:.2f} s")
    assert p99_during < max(MAX_P99, 2 * p99_before)


@contextmanager
def _measured(others: list[Person], post: Post) -> Iterator[list[float]]:
    """Lets the users act until the end of the block; yields the seconds that their requests take."""
    delays: list[float] = []
    over = threading.Event()

    def act(number: int, person: Person) -> None:
        addresses = ["/healthz", "/", f"{post.get_absolute_url()}like/", "/explore/", STATIC]
        over.wait(PAUSE * number / OTHERS)
        for address in islice(cycle(addresses), number, None):
            if over.is_set():
                return
            begun_at = time.monotonic()
            if address.endswith("/like/"):
                assert person.send(address) == 204
            else:
                person.get(address)
            delays.append(time.monotonic() - begun_at)
            over.wait(PAUSE)

    with ThreadPoolExecutor(OTHERS) as pool:
        acting = [pool.submit(act, number, person) for number, person in enumerate(others)]
        yield delays
        over.set()
        for each in acting:
            each.result()
