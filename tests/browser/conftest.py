"""A real browser on a running site. Each person has a window of their own, signed in by a session cookie."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from livefeed.models import User
from tests import needs
from tests.factories import Cast, make_cast, signed_in
from tests.stack.servers import Site

# Playwright's synchronous interface runs a loop in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

expect.set_options(timeout=10_000)
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
# A page that a test answers in the server's place counts as coming from elsewhere, which may not reach this machine.
LOCAL = "--disable-features=LocalNetworkAccessChecks"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, which as root needs to run without its sandbox."""
    arguments = [*QUIET, LOCAL, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {**browser_type_launch_args, "executable_path": needs.chromium(), "args": arguments}


@pytest.fixture
def cast(site: Site) -> Cast:
    return make_cast()


@pytest.fixture
def window(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of the site as somebody sees it: `window(user, "/@author/")`. At the end nothing may have gone wrong
    unseen: no script error and nothing that the content security policy had to stop."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_window(user: User | None = None, path: str = "/", **options: Any) -> Page:
        context = browser.new_context(base_url=site.url, **options)
        contexts.append(context)
        if user is not None:
            sign_in(context, user, site.url)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if "Content Security" in message.text else None)
        page.goto(path)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert wrong == []


def sign_in(context: BrowserContext, user: User, address: str) -> None:
    """Gives a browser a session of `user`'s at a site."""
    session = signed_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def live(page: Page) -> Page:
    """Waits until the page's socket is open."""
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    return page


def until(page: Page, condition: Callable[[], object]) -> None:
    """Waits for what a handler of the page's requests does: it runs while the page is asked for something."""
    latest = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < latest, "nothing was requested"
        page.evaluate("new Promise(requestAnimationFrame)")


def bodies(page: Page) -> list[str]:
    """The texts of the posts, from top to bottom."""
    return page.locator("#posts > .post:not(.leaving) > .post-body").all_inner_texts()


def shows(page: Page, *texts: str) -> None:
    """Waits until the page shows exactly these posts, from top to bottom."""
    expect(page.locator("#posts > .post > .post-body")).to_have_text(list(texts))


def delete(page: Page, body: str = "") -> None:
    """Deletes a post, of which the page asks whether that is meant."""
    page.locator(".post").filter(has_text=body).get_by_role("link", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()


def write(page: Page, body: str, title: str = "") -> None:
    """Posts by the composer."""
    composer = page.locator("#composer")
    composer.get_by_label("Post", exact=True).fill(body)
    if title:
        composer.get_by_label("Title").fill(title)
    composer.get_by_role("button", name="Post").click()
