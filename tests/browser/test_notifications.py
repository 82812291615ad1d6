"""Notifications in the browser: the badge on every page, the list, what was seen."""

from playwright.sync_api import expect

from livefeed.models import Follow, Like, Notification
from tests.browser.conftest import PHONE, live
from tests.factories import make_post


def badge(page):
    return page.locator("[data-unread]")


def test_the_badge_moves_on_every_page_and_seeing_the_list_clears_all(window, cast):
    Notification.objects.all().delete()
    home, settings = live(window(cast.author)), window(cast.author, "/settings/profile/", viewport=PHONE)
    stranger = live(window(cast.stranger))
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


def test_the_open_list_shows_what_comes_and_marks_it_as_seen(window, cast):
    Notification.objects.all().delete()
    page = live(window(cast.follower, "/notifications/"))
    expect(page.locator(".empty")).to_be_visible()
    make_post(cast.author, "Look, @follower.")
    expect(page.locator(".notification-text")).to_have_text("Look, @follower.")
    expect(page.locator("time")).to_have_text("now")
    expect(badge(page)).to_be_hidden()
    assert Notification.objects.get(recipient=cast.follower).read_at is not None


def test_a_list_that_is_being_read_further_down_stays_until_one_is_back_at_its_top(window, cast):
    for number in range(30):
        make_post(cast.author, f"@follower {number}")
    page = live(window(cast.follower, "/notifications/"))
    expect(badge(page)).to_be_hidden()
    page.evaluate("scrollTo(0, 600)")
    first = page.locator(".notification-text").first
    make_post(cast.author, "@follower the latest")
    expect(badge(page)).to_have_text("1")
    expect(first).to_have_text("@follower 29")
    page.evaluate("scrollTo(0, 0)")
    expect(first).to_have_text("@follower the latest")
    expect(badge(page)).to_be_hidden()


def test_the_bell_is_turned_on_by_a_press_on_a_phone(window, cast):
    Notification.objects.all().delete()
    follower = live(window(cast.follower, "/@author/", viewport=PHONE))
    follower.get_by_role("button", name="Notify me about new posts by Author").click()
    expect(follower.locator(".bell")).to_have_attribute("aria-pressed", "true")
    assert Follow.objects.get(follower=cast.follower).bell


def test_a_page_that_was_offline_catches_up(window, cast):
    Notification.objects.all().delete()
    page = live(window(cast.follower, "/explore/"))
    page.context.set_offline(True)
    make_post(cast.author, "@follower")
    page.context.set_offline(False)
    expect(badge(page)).to_have_text("1")


def test_without_scripts_the_page_is_whole(window, cast):
    Notification.objects.all().delete()
    make_post(cast.author, "@follower")
    page = window(cast.follower, "/notifications/", java_script_enabled=False)
    expect(badge(page)).to_have_text("1")
    page.get_by_role("button", name="Mark all as read").click()
    expect(badge(page)).to_be_hidden()
    page.get_by_role("link", name="mentioned you").click()
    assert "/posts/" in page.url


def test_what_was_seen_while_the_server_was_out_of_reach_is_said_at_the_next_look(window, cast):
    make_post(cast.author, "@follower")
    page = window(cast.follower, "/explore/")
    page.route("**/notifications/read/", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.get_by_role("link", name="Notifications").click()
    page.unroute("**/notifications/read/")
    expect(badge(page)).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(badge(page)).to_be_hidden()
