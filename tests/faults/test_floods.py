"""Floods of every action that is limited: they are refused, and delay no others."""

import os
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest

from livefeed.limits.table import LIMITS
from livefeed.models import Post
from tests.conftest import database_url
from tests.factories import cookie_of, make_post
from tests.faults.conftest import full_or
from tests.faults.others import others_are_not_delayed
from tests.stack.people import TOKEN
from tests.stack.servers import Site

Request = tuple[str, str, dict[str, str]]
"""Method, path and form fields."""
LIMIT = 3
"""Requests of each action allowed to a new account per minute, few enough to be reached at once."""
SECONDS = full_or(2, 30)
REFUSED_WITHIN = 20
"""Further seconds within which each action must be refused: a busy machine has answered few requests until then."""


@pytest.fixture
def limited_site(transactional_db, tmp_path) -> Iterator[Site]:
    """A site with a low limit for every action."""
    limits = ",".join(f"{action}={LIMIT}/m:100/m" for action in LIMITS)
    site = Site({**os.environ, "DATABASE_URL": database_url(), "LIVEFEED_RATE_LIMITS": limits}, tmp_path)
    site.start()
    yield site
    site.stop()


class Browser:
    """Sends requests of one user, or of a visitor, over one connection."""

    def __init__(self, site: Site, cookie: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", site.port, timeout=30)
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"{cookie}; csrftoken={TOKEN}",
            "HX-Request": "true",
            "Origin": site.url,
            "X-CSRFToken": TOKEN,
        }

    def send(self, method: str, path: str, **fields: str) -> int:
        self._connection.request(method, path, urlencode(fields), self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer.status


def flood(browser: Browser, request: Request, until: float) -> Counter[int]:
    """Sends a request as fast as the server answers, at least until it is refused or REFUSED_WITHIN has passed; returns
    the number of answers of each status."""
    method, path, fields = request
    statuses: Counter[int] = Counter()
    while (now := time.monotonic()) < until or (not statuses[429] and now < until + REFUSED_WITHIN):
        statuses[browser.send(method, path, **fields)] += 1
    return statuses


def test_floods_of_every_action_are_refused_and_delay_no_others(limited_site, cast):
    post = make_post(cast.author)
    flooder = cookie_of(cast.stranger)
    requests: dict[str, Request] = {
        "post": ("POST", "/posts/", {"body": "Buy this."}),
        "edit": ("POST", f"/posts/{post.pk}/", {"body": "Mine.", "version": "1"}),
        "delete": ("DELETE", f"/posts/{post.pk}/", {}),
        "like": ("POST", f"/posts/{post.pk}/like/", {}),
        "bookmark": ("POST", f"/posts/{post.pk}/bookmark/", {}),
        "follow": ("POST", "/@author/follow/", {}),
        "upload": ("POST", "/pictures/", {}),
        "preview": ("POST", "/posts/preview/", {"body": "*Text*"}),
        "complete": ("GET", "/posts/complete/?q=@a", {}),
        "search": ("GET", "/search/?q=hello", {}),
        "export": ("POST", "/settings/data/", {}),
        "read": ("POST", "/notifications/read/", {"upto": "2026-01-01T00:00:00Z"}),
        "vote": ("POST", f"/posts/{post.pk}/votes/", {}),
        "write": ("POST", f"/posts/{post.pk}/writing/", {}),
        "other": ("POST", "/settings/display/", {"theme": "dark"}),
    }
    assert requests.keys() == LIMITS.keys()
    for method, path, fields in requests.values():
        Browser(limited_site, flooder).send(method, path, **fields)  # loads what is loaded only once

    with ThreadPoolExecutor(len(requests)) as threads, others_are_not_delayed(limited_site):
        until = time.monotonic() + SECONDS
        floods = {
            action: threads.submit(flood, Browser(limited_site, flooder), request, until)
            for action, request in requests.items()
        }
        answers = {action: each.result() for action, each in floods.items()}

    print(f"{sum(map(Counter.total, answers.values()))} requests of a flood")
    for action, statuses in answers.items():
        allowed = statuses.total() - statuses[429]
        assert statuses[429] > 0, action
        assert allowed <= LIMIT + SECONDS * LIMIT / 60 + 1, action
    assert Post.objects.filter(author=cast.stranger).count() == answers["post"][200] + 1
