"""Notifications in the browser: the badge on every page, the list, and marking as read."""

import re

from playwright.sync_api import expect

from livefeed.models import Follow, Like, Notification
from tests.browser.conftest import PHONE, go_offline, wait_until
from tests.factories import make_post


def badge(page):
    return page.locator("[data-unread]")


def test_the_badge_is_updated_on_every_page_and_cleared_by_opening_the_list(window, live_window, cast):
    Notification.objects.all().delete()
    home, settings = live_window(cast.author), window(cast.author, "/settings/profile/", viewport=PHONE)
    stranger = live_window(cast.stranger)
    expect(badge(settings)).to_be_hidden()
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    for page in (home, settings):
        expect(badge(page)).to_have_text("1")
    cast.stranger.follow(cast.author)
    for page in (home, settings):
        expect(badge(page)).to_have_text("2")
    home.get_by_role("link", name="Notifications").click()
    expect(home.locator(".notification-sentence")).to_have_text(
        [
            "New: Stranger follows you",
            "New: Follower likes your post",
        ]
    )
    for page in (home, settings):
        expect(badge(page)).to_be_hidden()
    expect(badge(stranger)).to_be_hidden()
    home.reload()
    expect(home.locator(".notification.unread")).to_have_count(0)


def test_the_open_list_shows_new_notifications_and_marks_them_as_read(live_window, cast):
    Notification.objects.all().delete()
    page = live_window(cast.follower, "/notifications/")
    expect(page.locator(".empty")).to_be_visible()
    make_post(cast.author, "Look, @follower.")
    expect(page.locator(".notification-text")).to_have_text("Look, @follower.")
    expect(page.locator("time")).to_have_text("now")
    read = Notification.objects.filter(recipient=cast.follower, read_at__isnull=False)
    wait_until(page, read.exists)
    expect(badge(page)).to_be_hidden()
    page.get_by_role("link", name="mentioned you").focus()
    make_post(cast.author, "Look again, @follower.")
    expect(page.locator(".notification")).to_have_count(2)
    expect(page.get_by_role("link", name="mentioned you").last).to_be_focused()


def test_the_list_is_not_reloaded_until_the_reader_is_back_at_the_top(live_window, cast):
    for number in range(30):
        make_post(cast.author, f"@follower {number}")
    page = live_window(cast.follower, "/notifications/")
    expect(badge(page)).to_be_hidden()
    page.evaluate("scrollTo(0, 600)")
    first = page.locator(".notification-text").first
    make_post(cast.author, "@follower the latest")
    expect(badge(page)).to_have_text("1")
    expect(first).to_have_text("@follower 29")
    page.evaluate("scrollTo(0, 0)")
    expect(first).to_have_text("@follower the latest")
    expect(badge(page)).to_be_hidden()


def test_the_bell_is_turned_on_with_a_tap(live_window, cast):
    Notification.objects.all().delete()
    follower = live_window(cast.follower, "/@author/", viewport=PHONE)
    follower.get_by_role("button", name="Notify me about new posts by Author").click()
    expect(follower.locator(".bell")).to_have_attribute("aria-pressed", "true")
    assert Follow.objects.get(follower=cast.follower).bell


def test_a_page_that_was_offline_catches_up(live_window, cast):
    Notification.objects.all().delete()
    page = live_window(cast.follower, "/explore/")
    go_offline(page)
    make_post(cast.author, "@follower")
    page.context.set_offline(False)
    expect(badge(page)).to_have_text("1")


def test_notifications_work_without_javascript(window, cast):
    Notification.objects.all().delete()
    make_post(cast.author, "@follower")
    page = window(cast.follower, "/notifications/", java_script_enabled=False)
    expect(badge(page)).to_have_text("1")
    page.get_by_role("button", name="Mark all as read").click()
    expect(badge(page)).to_be_hidden()
    page.get_by_role("link", name="mentioned you").click()
    expect(page).to_have_url(re.compile("/posts/"))


def test_marking_as_read_is_retried_when_the_page_is_visible_again(window, cast):
    make_post(cast.author, "@follower")
    page = window(cast.follower, "/explore/")
    page.route("**/notifications/read/", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: "/notifications/read/" in request.url):
        page.get_by_role("link", name="Notifications").click()
    page.unroute("**/notifications/read/")
    expect(badge(page)).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(badge(page)).to_be_hidden()
