"""Profile pages in the browser: name, description, links and picture, and the tabs."""

from pathlib import Path

from playwright.sync_api import expect

from livefeed.models import Like, Post
from tests import image_files
from tests.browser.conftest import SIZES, expect_posts, wait_until_live
from tests.factories import make_post


@SIZES
def test_an_edited_profile_is_shown_on_open_pages(live_window, cast, size, tmp_path: Path):
    (tmp_path / "me.jpg").write_bytes(image_files.jpeg((300, 200)))
    make_post(cast.author, "Hello.")
    follower, page = live_window(cast.follower, **size), live_window(cast.author, "/@author/", **size)
    page.get_by_role("link", name="Edit profile").click()
    page.get_by_label("Display name").fill("Ada Author")
    page.get_by_label("About you").fill("I write **here**.")
    page.get_by_label("Link 1").fill("example.org/me")
    page.get_by_label("Picture", exact=True).set_input_files(tmp_path / "me.jpg")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".profile-name")).to_have_text("Ada Author")
    expect(page.locator(".profile-about strong")).to_have_text("here")
    expect(page.get_by_role("link", name="example.org/me")).to_have_attribute("href", "https://example.org/me")
    expect(follower.locator(".post-name")).to_have_text("Ada Author")
    for open_page, place in ((page, ".profile"), (follower, ".post-avatar")):
        expect(open_page.locator(f"{place} img.avatar")).not_to_have_js_property("naturalWidth", 0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@SIZES
def test_the_tabs_are_live(live_window, cast, size):
    other = make_post(cast.stranger, "From a stranger.")
    Like.objects.add(cast.author, other)
    page = live_window(None, "/@author/", **size)
    expect_posts(page)
    page.get_by_role("link", name="Replies", exact=True).click()
    wait_until_live(page)
    make_post(cast.author, "A post.")
    make_post(cast.author, "A reply.", parent=other)
    expect_posts(page, "A reply.")
    page.get_by_role("link", name="Likes", exact=True).click()
    wait_until_live(page)
    expect_posts(page, "From a stranger.")
    Post.objects.get(pk=other.pk).edit(title="", body="Edited.", seen_version=1)
    expect_posts(page, "Edited.")
    page.get_by_role("link", name="Posts", exact=True).click()
    wait_until_live(page)
    expect_posts(page, "A post.")
    make_post(cast.author, "Another post.")
    expect_posts(page, "Another post.", "A post.")
