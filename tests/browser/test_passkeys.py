"""Passkeys, with Chromium's virtual authenticator: a device that creates them and signs with them."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from livefeed.models import User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(site) -> User:
    return make_user("mara")


@pytest.fixture
def page(window, site) -> Page:
    """A page at the name `localhost`: a passkey belongs to a name, never to an address."""
    page = window(None, "/explore/")
    page.goto(f"{site.url.replace('127.0.0.1', 'localhost')}/accounts/login/")
    return page


def plug_in_device(page: Page, **changes: Any) -> None:
    """Gives the page a device with a fingerprint sensor."""
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device | changes})


def sign_in(page: Page) -> None:
    page.get_by_label("Name or email").fill("mara")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add_passkey(page: Page, name: str) -> None:
    page.locator(".rail").get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Security").click()
    page.get_by_role("link", name="Add").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add passkey").click()


def sign_out(page: Page) -> None:
    """Signs out and opens the sign-in page, which then leads to the bookmarks."""
    origin = page.evaluate("location.origin")
    page.goto(f"{origin}/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto(f"{origin}/accounts/login/?next=/bookmarks/")


def test_a_passkey_signs_in_alone_and_is_the_second_step_after_a_password(user, page):
    plug_in_device(page)
    sign_in(page)
    add_passkey(page, "My laptop")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("link", name="Remove My laptop")).to_be_visible()

    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Bookmarks")).to_be_visible()

    sign_out(page)
    sign_in(page)
    for _ in range(6):
        page.get_by_label("Code").fill("000000")
        page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("Too many attempts.")).to_be_visible()  # of codes
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Bookmarks")).to_be_visible()


def test_a_device_without_a_passkey_does_not_sign_in(user, page):
    plug_in_device(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("Cancelled, or it took too long. Try again.")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_focused()
