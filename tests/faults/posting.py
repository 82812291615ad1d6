"""An author who posts by HTTP and repeats unacknowledged posts under the same key."""

import time
from collections.abc import Iterator
from http.client import HTTPException
from threading import Lock
from uuid import UUID, uuid4

from livefeed.models import User
from tests.stack.people import Person
from tests.stack.servers import Site, answers, wait_until

UNAVAILABLE = range(502, 505)
"""Statuses of a server that starts or stops, or of the proxy in front of it."""


class Author:
    """An author at one or more sites, safe to use from several threads."""

    def __init__(self, user: User, *sites: Site) -> None:
        self._sites = sites
        self._person = {site.port: Person(site, user) for site in sites}
        self._lock = Lock()
        self.acknowledged = 0
        self.sent_again = 0
        self.waits: list[float] = []
        """Seconds until each answer."""

    def post(self, body: str) -> None:
        """Posts once at the first site, which must acknowledge it."""
        began = time.monotonic()
        assert self._person[self._sites[0].port].send("/posts/", title="", body=body) == 200
        self.waits.append(time.monotonic() - began)

    def post_until_acknowledged(self, body: str) -> UUID:
        """Posts at any site that is up until one acknowledges it; returns the key of the post."""
        key = uuid4()
        while not self.sent(body, key):
            with self._lock:
                self.sent_again += 1
        with self._lock:
            self.acknowledged += 1
        return key

    def sent(self, body: str, key: UUID) -> bool:
        """Posts once; returns False if it was not acknowledged. It may have been saved even then."""
        try:
            status = self._person[self._open_site().port].send("/posts/", title="", body=body, key=str(key))
        except (OSError, HTTPException):
            return False
        assert status == 200 or status in UNAVAILABLE, status
        return status == 200

    def wait_for(self, count: int) -> None:
        """Waits until `count` posts were acknowledged."""
        wait_until(lambda: self.acknowledged >= count, f"{count} posts are acknowledged", timeout=120)

    def p99(self) -> float:
        """Returns the seconds within which 99 % of the answers arrived."""
        return sorted(self.waits)[-(-len(self.waits) * 99 // 100) - 1]

    def _open_site(self) -> Site:
        """Waits until a site accepts connections."""
        wait_until(lambda: any(answers(site.port) for site in self._sites), "a site is up")
        return next((site for site in self._sites if answers(site.port)), self._sites[0])


def paced(count: int, seconds: float) -> Iterator[int]:
    """Yields `count` numbers, evenly spread over `seconds`."""
    began = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + seconds * number / count - time.monotonic()))
        yield number
    time.sleep(max(0.0, began + seconds - time.monotonic()))
