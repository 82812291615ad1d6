"""What people make of a text: Markdown, a preview, an audience, tags."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, live, shows, write
from tests.factories import make_post

SIZES = pytest.mark.parametrize("size", [{}, {"viewport": PHONE}], ids=["desk", "phone"])


@SIZES
def test_a_text_is_previewed_and_then_shown_with_its_markdown(window, cast, size):
    page, follower = live(window(cast.author, **size)), live(window(cast.follower))
    page.get_by_label("Post", exact=True).fill("**Bold**, see example.org")
    page.locator("#composer").get_by_role("button", name="Preview").click()
    preview = page.locator(".composer-preview")
    expect(preview.locator("strong")).to_have_text("Bold")
    expect(preview.get_by_role("link", name="example.org")).to_have_attribute("href", "http://example.org")
    page.get_by_label("Post", exact=True).press_sequentially("!")
    expect(preview).to_be_empty()
    page.locator("#composer").get_by_role("button", name="Post").click()
    for each in (page, follower):
        expect(each.locator(".post-body strong")).to_have_text("Bold")


@SIZES
def test_what_is_for_followers_arrives_at_theirs_and_nowhere_else(window, cast, size):
    author, follower = live(window(cast.author, **size)), live(window(cast.follower, **size))
    stranger, visitor = live(window(cast.stranger, "/@author/")), live(window(None, "/@author/"))
    author.get_by_label("Who may see it").select_option(label="Followers")
    write(author, "Only for you.")
    for page in (author, follower):
        shows(page, "Only for you.")
        expect(page.get_by_title("Only followers see this")).to_be_visible()
    make_post(cast.author, "For everybody.")
    for page in (stranger, visitor):
        shows(page, "For everybody.")


def test_a_tags_page_is_live(window, cast):
    make_post(cast.author, "Roses. #Garden")
    page = live(window(None, "/explore/"))
    page.get_by_role("link", name="#Garden").click()
    live(page)
    expect(page.get_by_role("heading", name="#garden")).to_be_visible()
    shows(page, "Roses. #Garden")
    make_post(cast.stranger, "Not here.")
    make_post(cast.stranger, "Beans. #GARDEN")
    shows(page, "Beans. #GARDEN", "Roses. #Garden")
