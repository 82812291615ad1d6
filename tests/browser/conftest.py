"""A real browser on a running site. Each user has a window of their own, signed in by a session cookie."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from livefeed.models import User
from tests import needs
from tests.factories import Cast, make_cast, signed_in
from tests.stack.servers import Site

# Playwright's synchronous interface runs an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

expect.set_options(timeout=10_000)
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
# A page that a test answers in place of the server counts as coming from elsewhere, which may not reach this machine.
LOCAL = "--disable-features=LocalNetworkAccessChecks"
PHONE = {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize(
    "size", [{"viewport": PHONE}, pytest.param({}, marks=pytest.mark.full)], ids=["phone", "desk"]
)
"""For tests whose subject does not depend on the width: on a phone, and with `bin/test --full` at a desk too."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, which as root needs to run without its sandbox."""
    arguments = [*QUIET, LOCAL, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {**browser_type_launch_args, "executable_path": needs.headless_chromium(), "args": arguments}


@pytest.fixture
def cast(site: Site) -> Cast:
    return make_cast()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator["ContextPool"]:
    pool = ContextPool(browser)
    yield pool
    pool.close()


class ContextPool:
    """Browser contexts (what a private window is to a person) that tests use one after the other.

    A new context has an empty HTTP cache and loads 45 scripts and style sheets before its first page is live: 1.4 s on
    a busy machine instead of 0.5. So a context is emptied of cookies and storage after a test and used again.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: defaultdict[str, list[BrowserContext]] = defaultdict(list)

    def take(self, options: dict[str, Any]) -> BrowserContext:
        """Returns an empty context with these options of `Browser.new_context`."""
        idle = self._idle[repr(sorted(options.items()))]
        return idle.pop() if idle else self._browser.new_context(**options)

    def give_back(self, context: BrowserContext, options: dict[str, Any]) -> None:
        """Closes the context's pages and empties it."""
        context.set_offline(False)
        context.unroute_all(behavior="ignoreErrors")
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        storage = {"origin": options["base_url"], "storageTypes": "local_storage"}
        devtools.send("Storage.clearDataForOrigin", storage)
        for each in context.pages:
            each.close()
        context.clear_cookies()
        context.clear_permissions()
        self._idle[repr(sorted(options.items()))].append(context)

    def close(self) -> None:
        for contexts in self._idle.values():
            for context in contexts:
                context.close()


@pytest.fixture
def window(contexts: ContextPool, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a page of the site as a user sees it: `window(user, "/@author/")`.

    Each call has a browser context of its own. The test fails at the end if any page had a script error, or did
    something that the content security policy had to stop.
    """
    opened: list[tuple[BrowserContext, dict[str, Any]]] = []
    errors: list[str] = []

    def note_violation(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            errors.append(message.text)

    def open_window(user: User | None = None, path: str = "/", **options: Any) -> Page:
        options["base_url"] = site.url
        context = contexts.take(options)
        opened.append((context, options))
        if user is not None:
            sign_in(context, user, site.url)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", note_violation)
        page.goto(path)
        return page

    yield open_window
    for context, options in opened:
        contexts.give_back(context, options)
    assert errors == []


def sign_in(context: BrowserContext, user: User, address: str) -> None:
    """Signs `user` in by a session cookie."""
    session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def live(page: Page) -> Page:
    """Waits until the page's socket is open."""
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    return page


def until(page: Page, condition: Callable[[], object]) -> None:
    """Waits until `condition()` is true. Handlers of the page's requests run meanwhile."""
    latest = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < latest, "nothing was requested"
        page.evaluate("new Promise(requestAnimationFrame)")


def load_posts(page: Page, count: int) -> None:
    """Scrolls to the end of the list until it holds `count` posts.

    The page itself replaces the link to older posts when its end comes near, so a test must not click that link.
    """

    def has_loaded() -> bool:
        # In one step: a scroll after the last posts have arrived would load more of them.
        return page.evaluate(
            """(count) => {
                if (document.querySelectorAll("#posts > .post").length >= count) return true;
                scrollTo(0, document.documentElement.scrollHeight);
                return false;
            }""",
            count,
        )

    until(page, has_loaded)
    expect(page.locator("#posts > .post")).to_have_count(count)


def bodies(page: Page) -> list[str]:
    """Returns the texts of the posts, from top to bottom."""
    return page.locator("#posts > .post:not(.leaving) > .post-body").all_inner_texts()


def shows(page: Page, *texts: str) -> None:
    """Waits until the page shows exactly these posts, from top to bottom."""
    expect(page.locator("#posts > .post > .post-body")).to_have_text(list(texts))


def delete(page: Page, body: str = "") -> None:
    """Deletes a post and confirms the question that the page asks."""
    page.locator(".post").filter(has_text=body).get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()


def write(page: Page, body: str, title: str = "") -> None:
    """Posts by the composer."""
    composer = page.locator("#composer")
    composer.get_by_label("Post", exact=True).fill(body)
    if title:
        composer.get_by_label("Title").fill(title)
    composer.get_by_role("button", name="Post").click()
