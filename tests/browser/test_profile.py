"""Profile pages in the browser: name, description, links and picture, and the tabs."""

from pathlib import Path

from playwright.sync_api import Route, expect

from livefeed.models import Like, Post
from tests import image_files
from tests.browser.conftest import SIZES, expect_posts, follow_link, wait_until
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


def test_all_buttons_for_a_user_change_in_all_tabs_and_show_the_result_until_the_pointer_leaves(live_window, cast):
    make_post(cast.stranger, "Recent.")
    page = live_window(cast.author, "/@stranger/", viewport={"width": 1280, "height": 800})
    other_tab = page.context.new_page()
    other_tab.goto("/explore/")
    buttons = page.locator(".follow:visible")
    expect(buttons).to_have_text(["Follow", "Follow"])
    page.locator("#profile .follow .button").click()
    expect(page.locator(".follow .when-idle:visible")).to_have_text(["Following", "Following"])
    expect(page.locator(".profile-counts")).to_contain_text("1 follower")  # the header was replaced
    expect(page.locator(".on-hover:visible")).to_have_count(0)
    expect(other_tab.locator(".side .follow .when-idle")).to_have_text("Following")
    page.mouse.move(1, 1)
    page.locator("#profile .follow .button").hover()
    expect(page.locator("#profile .on-hover")).to_be_visible()
    page.locator("#profile .follow .button").click()
    expect(buttons).to_have_text(["Follow", "Follow"])
    expect(other_tab.locator(".side .follow")).to_have_text("Follow")


def test_a_press_takes_effect_although_its_button_is_replaced_meanwhile(live_window, cast):
    make_post(cast.stranger, "Recent.")
    page = live_window(cast.author, "/@stranger/", viewport={"width": 1280, "height": 800})
    held: list[Route] = []
    page.route("**/@stranger/follow/", lambda route: held.append(route))
    page.locator("#profile .follow .button").click()
    wait_until(page, lambda: held)
    cast.stranger.name = "Sam Stranger"
    cast.stranger.save()
    expect(page.locator(".profile-name")).to_have_text("Sam Stranger")  # the header was replaced
    held.pop().continue_()
    expect(page.locator(".follow .when-idle:visible")).to_have_text(["Following", "Following"])


@SIZES
def test_the_tabs_are_live(live_window, cast, size):
    other = make_post(cast.stranger, "From a stranger.")
    Like.objects.add(cast.author, other)
    page = live_window(None, "/@author/", **size)
    expect_posts(page)
    follow_link(page, page.get_by_role("link", name="Replies", exact=True))
    make_post(cast.author, "A post.")
    make_post(cast.author, "A reply.", parent=other)
    expect_posts(page, "A reply.")
    follow_link(page, page.get_by_role("link", name="Likes", exact=True))
    expect_posts(page, "From a stranger.")
    Post.objects.get(pk=other.pk).edit(title="", body="Edited.", seen_version=1)
    expect_posts(page, "Edited.")
    follow_link(page, page.get_by_role("link", name="Posts", exact=True))
    expect_posts(page, "A post.")
    make_post(cast.author, "Another post.")
    expect_posts(page, "Another post.", "A post.")
