"""Deleting a post in the browser, and undoing it."""

from playwright.sync_api import expect

from livefeed.models import Post
from tests.browser.conftest import SIZES, delete_post, expect_posts
from tests.factories import make_post


@SIZES
def test_undo_restores_a_post_in_its_place_on_every_page(live_window, cast, size):
    for body in ("1", "2", "3"):
        make_post(cast.author, body)
    page, other = live_window(cast.author, **size), live_window(cast.author, "/@author/")
    follower, stranger, visitor = (
        live_window(user, path) for user, path in ((cast.follower, "/"), (cast.stranger, "/"), (None, "/explore/"))
    )
    delete_post(page, "2")
    for open_page in (page, other, follower, visitor):
        expect_posts(open_page, "3", "1")
    page.get_by_role("button", name="Undo").click()
    for open_page in (page, other, follower, visitor):
        expect_posts(open_page, "3", "2", "1")
    expect_posts(stranger)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    Post.objects.get(body="2").edit(title="", body="2, edited", seen_version=3)
    for open_page in (page, other, follower, visitor):
        expect_posts(open_page, "3", "2, edited", "1")


def test_undo_restores_the_post_on_its_own_page(live_window, cast):
    post = make_post(cast.author, "Back soon.")
    page, reader = live_window(cast.author, f"/posts/{post.pk}/"), live_window(cast.follower, f"/posts/{post.pk}/")
    delete_post(page, "Back soon.")
    expect(reader.get_by_text("This post was deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    for open_page in (page, reader):
        expect_posts(open_page, "Back soon.")
        expect(open_page.get_by_text("This post was deleted.")).to_be_hidden()


def test_a_late_undo_shows_a_message(live_window, cast):
    make_post(cast.author, "Gone.")
    page = live_window(cast.author)
    delete_post(page, "Gone.")
    expect_posts(page)
    Post.objects.all().delete()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert").filter(has_text="too late")).to_be_visible()


def test_the_undo_offer_disappears_after_ten_seconds(live_window, cast):
    make_post(cast.author, "Gone.")
    page = live_window(cast.author, fake_clock=True)
    delete_post(page, "Gone.")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.clock.run_for(10_000)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_deletion_and_undo_work_without_javascript(window, cast):
    make_post(cast.author, "Back soon.")
    page = window(cast.author, java_script_enabled=False)
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("It disappears for everyone.")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Post deleted")).to_be_visible()
    assert not Post.objects.present().exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".post-body")).to_have_text("Back soon.")
