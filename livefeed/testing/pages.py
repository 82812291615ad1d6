"""The fixture `live_page`: the checks of `live_reader` in a browser, on a running site.

Rows are found by the id of their fragment, `<name of the live model>-<id of the row>`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import transaction

from livefeed.live import log
from livefeed.live.entries import LogEntry
from livefeed.models import User
from livefeed.testing.checks import Action, is_change
from livefeed.testing.servers import Site
from livefeed.testing.users import signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, WebSocket

TIMEOUT = 10.0
"""Seconds within which a page must show a change."""


class LivePage:
    """A page of the site in a browser window of its own, and the position in the event log that it has reached."""

    def __init__(self, browser: Browser, site: Site, user: User | None, path: str) -> None:
        self.context = browser.new_context(base_url=site.url)
        self.errors: list[str] = []
        """Errors of scripts."""
        self._site = site
        self._cursor = -1
        if user is not None:
            name = settings.SESSION_COOKIE_NAME
            session = signed_in(user).cookies[name].value
            self.context.add_cookies([{"name": name, "value": session, "url": site.url}])
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("websocket", self._follow)
        self.page.goto(path)
        self.catch_up()

    def count(self, entry: LogEntry) -> int:
        """Returns how often the page shows the row of an event."""
        return self.page.locator(f"#{row_id(entry)}").count()

    def expect_count(self, count: int, entries: list[LogEntry]) -> None:
        """Waits until the page shows each of these rows `count` times, or not at all if it was deleted."""

        def is_shown() -> bool:
            return all(self.count(entry) == (0 if is_deletion(entry) else count) for entry in entries)

        try:
            self._wait_until(is_shown)
        except TimeoutError:
            shown = {row_id(entry): self.count(entry) for entry in entries}
            raise AssertionError(f"The page shows rows so often: {shown}, and not {count} times.") from None

    def go_offline(self) -> None:
        """Takes the network away; what happens now is missed."""
        self.context.set_offline(True)
        self._wait_until(lambda: self._state == "offline")

    def come_back(self) -> None:
        """Gives the network back, and waits until the page has processed all events."""
        self._cursor = -1
        self.context.set_offline(False)
        self.catch_up()

    def reconnect(self) -> None:
        """Reconnects, and waits until the page has processed all events. Needed to know that it shows no more: a page
        that an event does not concern receives nothing."""
        head = log.head()
        self._wait_until(lambda: self._site_has_reached(head))
        if self._state != "refused":
            self.go_offline()
            self.come_back()

    def catch_up(self) -> None:
        """Waits until the page has processed all events, or was refused."""
        head = log.head()
        self._wait_until(lambda: self._cursor >= head or self._state == "refused")

    def _site_has_reached(self, position: int) -> bool:
        """True if the site, which is another process, has read the log up to a position."""
        address = f"{self._site.url}/ws/feed/?view=public&after={position - 1}&wait=0"
        with urlopen(address, timeout=TIMEOUT) as answer:
            return any(frame.get("cursor", 0) >= position for frame in json.load(answer))

    @property
    def _state(self) -> str | None:
        connection = self.page.locator("#connection")
        return connection.get_attribute("data-state") if connection.count() else None

    def _follow(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._receive)

    def _receive(self, text: str | bytes) -> None:
        received = json.loads(text)
        for frame in received if isinstance(received, list) else [received]:
            self._cursor = max(self._cursor, frame.get("cursor", -1))

    def _wait_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.page.url}: not within {TIMEOUT:.0f} seconds")
            self.page.wait_for_timeout(20)  # lets events of the browser arrive


class LivePages:
    """Opens pages, and checks declarations by them."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self._browser = browser
        self._site = site
        self.opened: list[LivePage] = []

    def __call__(self, path: str, user: User | None = None) -> LivePage:
        """Opens a page as a user (None: a visitor), and waits until it is live."""
        self.opened.append(LivePage(self._browser, self._site, user, path))
        return self.opened[-1]

    def check_exactly_once(self, action: Action, *, path: str, user: User | None = None) -> None:
        """Asserts that an open page, and one that returns after an absence, show the rows of `action` once."""
        live, absent = self(path, user), self(path, user)
        absent.go_offline()
        published = changes_of(action)
        assert published, "The action published no event of a live model."
        live.expect_count(1, published)
        absent.come_back()
        absent.expect_count(1, published)
        for page in (live, absent):
            page.reconnect()
            page.expect_count(1, published)

    def check_rollback(self, action: Action, *, path: str, user: User | None = None) -> None:
        """Asserts that an open page does not change by an action that is rolled back."""
        page = self(path, user)
        before = page.page.locator("[data-live-list], #posts").all_inner_texts()
        with suppress(_RolledBackError), transaction.atomic():
            action()
            raise _RolledBackError
        page.reconnect()
        assert page.page.locator("[data-live-list], #posts").all_inner_texts() == before

    def check_stranger(self, action: Action, *, path: str, stranger: User | None = None) -> None:
        """Asserts that the page of a user (None: a visitor) shows nothing of an action."""
        page = self(path, stranger)
        published = changes_of(action)
        assert published, "The action published no event of a live model."
        page.reconnect()
        page.expect_count(0, published)

    def check_revocation(self, action: Action, revoke: Action, *, path: str, user: User) -> None:
        """Asserts that a page shows an action until `revoke()` takes away the right to see it, and then neither this
        action nor another one."""
        page = self(path, user)
        published = changes_of(action)
        page.expect_count(1, published)
        revoke()
        page.expect_count(0, published)
        published += changes_of(action)
        page.reconnect()
        page.expect_count(0, published)


class _RolledBackError(Exception):
    """Raised on purpose."""


def changes_of(action: Action) -> list[LogEntry]:
    """Runs an action; returns the last event that it published of each row of a live model."""
    start = log.head()
    action()
    return list({row_id(entry): entry for entry in log.read_after(start) if is_change(entry.kind)}.values())


def row_id(entry: LogEntry) -> str:
    """Returns the id of the element of an event's row."""
    return f"{entry.kind.partition('.')[0]}-{entry.subject_id}"


def is_deletion(entry: LogEntry) -> bool:
    return entry.kind.endswith(".deleted")


@pytest.fixture
def live_page(request: pytest.FixtureRequest, live_site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[LivePages]:
    """Opens pages of the running site; fails if a script raised an error. Skips the test without pytest-playwright."""
    pytest.importorskip("pytest_playwright", reason="live_page needs pytest-playwright.")
    # Playwright's synchronous interface runs an event loop in this thread, which Django takes for asynchronous code.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    browser: Any = request.getfixturevalue("browser")
    pages = LivePages(browser, live_site)
    yield pages
    for page in pages.opened:
        page.context.close()
    assert [error for page in pages.opened for error in page.errors] == []
