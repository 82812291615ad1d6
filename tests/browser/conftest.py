"""Fixtures and helpers for tests in a real browser on a running site. Each user has a window of their own, signed in
by a session cookie."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from livefeed.models import User
from tests import needs, selection
from tests.factories import Cast, make_cast, signed_in
from tests.stack.servers import Site

# Playwright's synchronous interface runs an event loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

expect.set_options(timeout=10_000)
WAIT_TIMEOUT = 10
"""Seconds until `wait_until` fails."""
CHROMIUM_FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
# Chromium treats a response that a test fulfills in place of the server as one from a public network, and such a page
# may not connect to a local address.
DISABLED_FEATURES = ["LocalNetworkAccessChecks"]
if not selection.FULL:
    # All pages of a context share a process.
    CHROMIUM_FLAGS.append("--renderer-process-limit=1")
    # Pages are laid out and animated but not painted, which takes a third of the processor time: no test reads pixels.
    # The other settings are Playwright's, which this flag replaces.
    pointers = "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"
    CHROMIUM_FLAGS.append(f"--blink-settings={pointers},acceleratedCompositingEnabled=false")
    # Because of the header Cross-Origin-Opener-Policy, Chromium starts a second process for each window: one for the
    # empty page, one for the site.
    DISABLED_FEATURES.append("CrossOriginOpenerPolicy")
PHONE = {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize(
    "size", [{"viewport": PHONE}, pytest.param({}, marks=pytest.mark.full)], ids=["phone", "desktop"]
)
"""Window sizes for tests that do not depend on the width: a phone, and with `bin/test --full` a desktop too."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Arguments for the installed Chromium. As root it runs only without its sandbox."""
    arguments = [*CHROMIUM_FLAGS, f"--disable-features={','.join(DISABLED_FEATURES)}"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
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
    """Browser contexts (each like a private window) that tests use one after another.

    A new context has an empty HTTP cache and a new process, and compiles scripts and style sheets before its first page
    is live: 0.35 s of processor time instead of 0.15. So after a test its context is cleared of cookies and storage and
    reused. Its first page stays open and empty: it keeps the process, which all pages of the context share.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: defaultdict[str, list[BrowserContext]] = defaultdict(list)

    def acquire(self, options: dict[str, Any]) -> BrowserContext:
        """Returns an empty context with these options of `Browser.new_context`."""
        idle = self._idle[repr(sorted(options.items()))]
        if idle:
            return idle.pop()
        context = self._browser.new_context(**options)
        context.new_page()
        return context

    def release(self, context: BrowserContext, options: dict[str, Any]) -> None:
        """Closes all pages but the first, clears cookies and storage, and keeps the context for the next test."""
        context.set_offline(False)
        context.unroute_all(behavior="ignoreErrors")
        first_page, *pages = context.pages
        for page in pages:
            page.close()
        devtools = context.new_cdp_session(first_page)
        storage = {"origin": options["base_url"], "storageTypes": "local_storage"}
        devtools.send("Storage.clearDataForOrigin", storage)
        devtools.detach()
        context.clear_cookies()
        context.clear_permissions()
        self._idle[repr(sorted(options.items()))].append(context)

    def close(self) -> None:
        for contexts in self._idle.values():
            for context in contexts:
                context.close()


@pytest.fixture
def window(browser: Browser, contexts: ContextPool, site: Site) -> Iterator[Callable[..., Page]]:
    """Returns a function that opens a page of the site as a user sees it: `window(user, "/@author/")`.

    Each call has a browser context of its own. With `fake_clock` a test can advance the page's time by `page.clock`;
    such a context is not reused, because a clock cannot be uninstalled. The test fails at the end if any page had a
    script error, or did something that the content security policy blocked.
    """
    reusable: list[tuple[BrowserContext, dict[str, Any]]] = []
    with_fake_clock: list[BrowserContext] = []
    errors: list[str] = []

    def record_violation(message: ConsoleMessage) -> None:
        if "Content Security" in message.text:
            errors.append(message.text)

    def open_window(user: User | None = None, path: str = "/", fake_clock: bool = False, **options: Any) -> Page:
        options["base_url"] = site.url
        if fake_clock:
            context = browser.new_context(**options)
            with_fake_clock.append(context)
            context.clock.install()
        else:
            context = contexts.acquire(options)
            reusable.append((context, options))
        if user is not None:
            sign_in(context, user, site.url)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", record_violation)
        page.goto(path)
        return page

    yield open_window
    for context, options in reusable:
        contexts.release(context, options)
    for context in with_fake_clock:
        context.close()
    assert errors == []


@pytest.fixture
def live_window(window: Callable[..., Page]) -> Callable[..., Page]:
    """Returns a function like `window` that also waits until the page's socket is open."""

    def open_live_window(user: User | None = None, path: str = "/", **options: Any) -> Page:
        return wait_until_live(window(user, path, **options))

    return open_live_window


def sign_in(context: BrowserContext, user: User, address: str) -> None:
    """Signs `user` in by a session cookie."""
    session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def wait_until_live(page: Page, timeout: float = WAIT_TIMEOUT) -> Page:
    """Waits until the page's socket is open, at most `timeout` seconds; returns the page."""
    expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=timeout * 1_000)
    return page


def follow_link(page: Page, link: Locator) -> None:
    """Clicks a link and waits until the next page is live. The present page is live too, so it waits for the load."""
    with page.expect_navigation():
        link.click()
    wait_until_live(page)


def go_offline(page: Page) -> None:
    """Disconnects the page's window and waits until the page has noticed it."""
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_attribute("data-state", "offline")


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """Waits until `condition()` is true. Handlers of the page's requests run in the meantime."""
    deadline = time.monotonic() + WAIT_TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f"not true within {WAIT_TIMEOUT} seconds"
        page.evaluate("new Promise(requestAnimationFrame)")


def wait_for_animations(page: Page) -> None:
    """Waits until all animations have ended, so that positions are final."""
    wait_until(page, lambda: page.evaluate("document.getAnimations().length === 0"))


def load_posts(page: Page, count: int) -> None:
    """Scrolls to the end of the list until it holds `count` posts.

    The page itself replaces the link to older posts when it is scrolled near, so a test must not click that link.
    """

    def has_loaded() -> bool:
        # Counted and scrolled in one step: a scroll after the last posts have arrived would load more of them.
        return page.evaluate(
            """(count) => {
                if (document.querySelectorAll("#posts > .post").length >= count) return true;
                scrollTo(0, document.documentElement.scrollHeight);
                return false;
            }""",
            count,
        )

    wait_until(page, has_loaded)
    expect(page.locator("#posts > .post")).to_have_count(count)


def bodies(page: Page) -> list[str]:
    """Returns the texts of the posts, from top to bottom."""
    return page.locator("#posts > .post:not(.leaving) > .post-body").all_inner_texts()


def expect_posts(page: Page, *texts: str) -> None:
    """Waits until the page shows exactly these posts, from top to bottom."""
    expect(page.locator("#posts > .post > .post-body")).to_have_text(list(texts))


def delete_post(page: Page, body: str = "") -> None:
    """Deletes the post that contains `body`, and confirms the dialog."""
    page.locator(".post").filter(has_text=body).get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()


def write_post(page: Page, body: str, title: str = "") -> None:
    """Submits a post in the composer."""
    composer = page.locator("#composer")
    composer.get_by_label("Post", exact=True).fill(body)
    if title:
        composer.get_by_label("Title").fill(title)
    composer.get_by_role("button", name="Post").click()
