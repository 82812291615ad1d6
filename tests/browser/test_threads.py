"""Threads in the browser: replies arrive live on the page of the post, in their order."""

from playwright.sync_api import expect

from livefeed.models import Post
from tests.browser.conftest import SIZES, expect_posts, follow_link, load_posts
from tests.factories import make_post


@SIZES
def test_replies_are_live_on_the_page_of_a_post(live_window, cast, size):
    make_post(cast.author, "Who brings bread?")
    page, visitor = live_window(cast.follower, **size), live_window(None, "/explore/", **size)
    for open_page in (page, visitor):
        follow_link(open_page, open_page.get_by_role("link", name="Reply"))
    expect(page.get_by_label("Post", exact=True)).to_be_focused()
    page.get_by_label("Post", exact=True).fill("I do.")
    page.locator("#composer").get_by_role("button", name="Reply").click()
    for open_page in (page, visitor):
        expect_posts(open_page, "Who brings bread?", "I do.")
        expect(open_page.locator("[data-count=replies]").first).to_have_text("1")
    make_post(cast.author, "Thank you.", parent=Post.objects.get(body="Who brings bread?"))
    make_post(cast.author, "How much?", parent=Post.objects.get(body="I do."))
    for open_page in (page, visitor):
        expect_posts(open_page, "Who brings bread?", "I do.", "Thank you.")
    Post.objects.get(body="I do.").delete()
    for open_page in (page, visitor):
        expect_posts(open_page, "Who brings bread?", "Thank you.")


def test_more_replies_are_loaded_and_new_ones_arrive(live_window, cast):
    post = make_post(cast.author, "Count!")
    for number in range(22):
        make_post(cast.author, f"{number}", parent=post)
    page = live_window(None, f"/posts/{post.pk}/")
    expect(page.locator(".post")).to_have_count(21)
    make_post(cast.author, "22", parent=post)
    load_posts(page, 24)
    make_post(cast.author, "23", parent=post)
    expect_posts(page, "Count!", *(f"{number}" for number in range(24)))


def test_replying_works_without_javascript(window, cast):
    make_post(cast.author, "Who brings bread?")
    page = window(cast.follower, java_script_enabled=False)
    page.get_by_role("link", name="Reply").click()
    page.get_by_label("Post", exact=True).fill("I do.")
    page.locator("#composer").get_by_role("button", name="Reply").click()
    expect_posts(page, "Who brings bread?", "I do.")
