"""Likes and bookmarks in the browser: shown at once to the user who clicks, and live to all others."""

import pytest
from playwright.sync_api import Route, expect

from livefeed.models import Bookmark, Like, Post
from tests.browser.conftest import SIZES, expect_posts, follow_link, wait_until, wait_until_live
from tests.factories import make_post


@SIZES
def test_a_like_shows_at_once_and_counts_on_every_open_page(live_window, cast, size):
    post = make_post(cast.author)
    page, other = live_window(cast.follower, **size), live_window(cast.follower, "/@author/", **size)
    author, visitor = live_window(cast.author), live_window(None, "/explore/")
    like = page.get_by_role("button", name="Like")
    expect(like).to_have_attribute("aria-pressed", "false")
    like.click()
    expect(like).to_have_attribute("aria-pressed", "true")
    for open_page in (page, other, author, visitor):
        expect(open_page.locator("[data-count=likes]")).to_have_text("1")
    expect(author.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(like).to_have_attribute("aria-pressed", "true")
    like.click()
    for open_page in (page, other, author, visitor):
        expect(open_page.locator("[data-count=likes]")).to_have_text("")
    assert not Like.objects.exists()
    post.edit(title="", body="Edited.", seen_version=1)
    expect_posts(page, "Edited.")
    expect(like).to_have_attribute("aria-pressed", "false")


def test_repeated_clicks_end_in_the_state_that_the_button_shows(live_window, cast):
    make_post(cast.author)
    page = live_window(cast.follower)
    held: list[Route] = []
    page.route("**/like/", lambda route: held.append(route) if not held else route.continue_())
    like = page.get_by_role("button", name="Like")
    like.click()
    wait_until(page, lambda: held)
    for _ in range(3):
        like.click()
    expect(like).to_have_attribute("aria-pressed", "false")
    with page.expect_response(lambda response: "/like/" in response.url and response.request.method == "DELETE"):
        held[0].continue_()
    expect(page.locator("[data-count=likes]")).to_have_text("")
    assert not Like.objects.exists()


def test_a_like_is_stored_even_if_the_page_is_left_at_once(live_window, cast):
    make_post(cast.author)
    page, author = live_window(cast.follower), live_window(cast.author)
    page.evaluate("document.querySelector('.like').click(); location.assign('/explore/')")
    expect(author.locator("[data-count=likes]")).to_have_text("1")
    wait_until_live(page)
    assert Like.objects.count() == 1


def test_another_page_of_the_same_user_shows_the_bookmark(live_window, cast):
    make_post(cast.author)
    page = live_window(cast.follower)
    with page.context.expect_page() as opened:
        page.evaluate("open('/@author/')")
    other_page = wait_until_live(opened.value)
    page.get_by_role("button", name="Bookmark").click()
    expect(other_page.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("fault", ["offline", 502, "gone"])
def test_a_like_that_fails_is_reverted_with_a_message(live_window, cast, fault):
    post = make_post(cast.author)
    page = live_window(cast.follower)
    if fault == "offline":
        page.route("**/like/", lambda route: route.abort())
    elif fault == 502:
        page.route("**/like/", lambda route: route.fulfill(status=502, body="Bad gateway"))
    else:
        Post.objects.filter(pk=post.pk).delete()
    like = page.get_by_role("button", name="Like")
    like.click()
    message = "any more" if fault == "gone" else "Try again in a moment"
    expect(page.get_by_role("alert").filter(has_text=message)).to_be_visible()
    expect(like).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-count=likes]")).to_have_text("")


@SIZES
def test_a_bookmarked_post_is_live_among_the_bookmarks(live_window, cast, size):
    make_post(cast.author, "Keep me.")
    page = live_window(cast.follower, **size)
    with page.expect_response("**/bookmark/"):
        page.get_by_role("button", name="Bookmark").click()
    expect(page.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")
    follow_link(page, page.get_by_role("link", name="Bookmarks"))
    expect_posts(page, "Keep me.")
    Post.objects.get().edit(title="", body="Still kept.", seen_version=1)
    expect_posts(page, "Still kept.")
    make_post(cast.author, "Not kept.")
    Post.objects.get(body="Still kept.").delete()
    expect_posts(page)
    assert not Bookmark.objects.exists()


def test_a_visitor_is_asked_to_sign_in(live_window, cast):
    make_post(cast.author)
    page = live_window(None, "/explore/")
    page.get_by_role("button", name="Like").click()
    expect(page).to_have_url("/accounts/login/?next=%2Fexplore%2F")


def test_liking_works_without_javascript(window, cast):
    make_post(cast.author)
    page = window(cast.follower, java_script_enabled=False)
    page.get_by_role("button", name="Like").click()
    expect(page.locator("[data-count=likes]")).to_have_text("1")
    page.get_by_role("button", name="Like").click()
    page.get_by_role("button", name="Unlike").click()
    expect(page.locator("[data-count=likes]")).to_have_text("")
