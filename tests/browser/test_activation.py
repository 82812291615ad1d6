"""Activation: after signing up, the user opens the link in another browser, and the composer appears by itself."""

import re

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from playwright.sync_api import Page, expect

from livefeed.models import Post, User
from tests.browser.conftest import SIZES, expect_posts, wait_until_live, write_post
from tests.factories import PASSWORD, make_cast, make_post, make_user


def sign_up(page: Page) -> User:
    page.goto("/accounts/signup/")
    page.get_by_label("User name").fill("newcomer")
    page.get_by_label("Email").fill("newcomer@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(activation_notice(page)).to_be_visible()
    return User.objects.get(username="newcomer")


def activation_notice(page: Page):
    return page.get_by_text("Open the link that we sent to newcomer@example.org.")


def activation_link(user: User) -> str:
    return f"/accounts/confirm-email/{EmailConfirmationHMAC(EmailAddress.objects.get(user=user)).key}/"


def focus_window(page: Page) -> None:
    """Dispatches the event of a window that becomes active. The page then checks at once, not only every 15 s."""
    page.evaluate("dispatchEvent(new Event('focus'))")


@SIZES
def test_the_composer_appears_after_activation_in_another_browser(window, site, size):
    page, other_browser = window(**size), window()
    newcomer = sign_up(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("#composer")).to_have_count(0)
    with page.expect_response("**/accounts/activation/"):
        focus_window(page)
    expect(activation_notice(page)).to_be_visible()
    other_browser.goto(activation_link(newcomer))
    other_browser.get_by_role("button", name="Activate").click()
    expect(other_browser.get_by_text("newcomer@example.org is confirmed.")).to_be_visible()
    focus_window(page)
    expect(activation_notice(page)).to_have_count(0)
    write_post(page, "Hello from a new user.")
    expect_posts(page, "Hello from a new user.")
    assert Post.objects.get().author == newcomer


def test_the_reply_form_appears_after_activation(window, site):
    cast = make_cast()
    post = make_post(cast.author)
    page = window()
    newcomer = sign_up(page)
    page.goto(f"/posts/{post.pk}/")
    expect(activation_notice(page)).to_be_visible()
    newcomer.activate()
    focus_window(wait_until_live(page))
    page.get_by_label("Post", exact=True).fill("A reply.")
    page.locator("#composer").get_by_role("button", name="Reply").click()
    expect_posts(page, "Hello.", "A reply.")
    assert Post.objects.get(body="A reply.").parent == post


def test_the_link_is_resent_without_leaving_the_page(window, site):
    page = window()
    sign_up(page)
    again = page.get_by_role("button", name="Send again")
    for _ in range(3):
        again.click()
        expect(page.get_by_text("We sent a new link to newcomer@example.org.")).to_be_visible()
        page.locator("#activation [role=status]").evaluate("message => message.remove()")
    again.click()
    expect(page.get_by_text("Too many attempts. Try again in 10 minutes.")).to_be_visible()
    page.reload()
    expect(again).to_be_visible()


def test_a_post_refused_before_activation_is_sent_after_it(live_window, site):
    mara = make_user("mara")
    page = live_window(mara)
    User.objects.update(activated_at=None)
    write_post(page, "Too early.")
    pending = page.locator("#outbox > .pending")
    expect(pending.get_by_text("Your account is not activated yet.")).to_be_visible()
    page.reload()
    expect(pending.locator(".post-body")).to_have_text("Too early.")
    expect(page.locator("#activation")).to_be_visible()
    assert not Post.objects.exists()
    mara.activated_at = None
    mara.activate()
    focus_window(page)
    expect_posts(wait_until_live(page), "Too early.")
    expect(pending).to_have_count(0)
    expect(page.locator("#composer")).to_be_visible()


def test_the_text_of_a_refused_post_is_kept_without_javascript(window, site):
    mara = make_user("mara")
    page = window(mara, java_script_enabled=False)
    User.objects.update(activated_at=None)
    page.get_by_label("Post", exact=True).fill("Too early.")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_text(re.compile("Your account is not activated yet"))).to_be_visible()
    expect(page.get_by_label("Post", exact=True)).to_have_value("Too early.")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("We sent a new link to mara@example.org.")).to_be_visible()
