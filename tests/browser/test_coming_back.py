"""Pages that were disconnected: afterwards they show each post once, in order, without the deleted ones."""

import pytest
from playwright.sync_api import Page, Route, expect

from livefeed.models import Post, Session
from tests.browser.conftest import bodies, expect_posts, go_offline, wait_until_live, write_post
from tests.factories import make_post

LONGEST_RETRY = 60
"""Seconds within which a page has certainly tried to connect again, however slowly the site was restarted."""


def expect_current_home(page: Page, cast) -> None:
    """Waits until the page shows the same posts as a newly loaded one."""
    expect_posts(page, *Post.objects.home_of(cast.follower).newest_first().values_list("body", flat=True))


def change_posts(cast) -> None:
    """Publishes a post, edits one and deletes one."""
    first, second = Post.objects.order_by("pk")[:2]
    make_post(cast.author, "Written meanwhile.")
    first.edit(title="", body="Edited meanwhile.", seen_version=first.version)
    second.delete()


@pytest.mark.both
def test_a_page_catches_up_after_a_restart_of_the_site(live_window, cast, site):
    make_post(cast.author, "Before.")
    page, stranger = live_window(cast.follower), live_window(cast.stranger)
    site.stop()
    expect(page.locator("#connection")).not_to_have_attribute("data-state", "live")
    for number in range(3):
        make_post(cast.author, f"Number {number}.")
    site.start()
    expect_current_home(wait_until_live(page, LONGEST_RETRY), cast)
    assert len(bodies(page)) == 4
    assert bodies(wait_until_live(stranger, LONGEST_RETRY)) == []


def test_an_offline_page_catches_up(live_window, cast):
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    page = live_window(cast.follower)
    go_offline(page)
    change_posts(cast)
    page.context.set_offline(False)
    expect_current_home(wait_until_live(page), cast)


def test_a_page_restored_by_the_back_button_catches_up(live_window, cast):
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    page = live_window(cast.follower)
    page.goto("/explore/")
    change_posts(cast)
    page.go_back()
    expect_current_home(wait_until_live(page), cast)


def test_the_back_button_restores_the_draft(live_window, cast):
    page = live_window(cast.author)
    page.get_by_label("Post", exact=True).fill("Half a thought")
    page.goto("/explore/")
    page.go_back()
    expect(page.get_by_label("Post", exact=True)).to_have_value("Half a thought")


def test_a_hidden_tab_catches_up(live_window, cast):
    """Another tab is in front while posts change."""
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    page = live_window(cast.follower)
    page.context.new_page().bring_to_front()
    change_posts(cast)
    page.bring_to_front()
    expect_current_home(page, cast)


def test_a_tab_that_slept_opens_a_new_socket(window, cast):
    """The clock jumps while the page is frozen. Then the page opens a new socket and catches up from its cursor."""
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    opened: list[str] = []
    page = window(cast.follower, "/healthz", fake_clock=True)
    page.on("websocket", lambda socket: opened.append(socket.url))
    page.goto("/")
    wait_until_live(page)
    count_before = len(opened)
    page.clock.fast_forward("10:00")
    change_posts(cast)
    expect_current_home(page, cast)
    assert len(opened) > count_before
    assert "after=" in opened[-1]


def test_a_page_that_connects_late_catches_up(window, cast):
    """Posts change after the server has rendered the page and before its socket is open."""
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")

    def delay_response(route: Route) -> None:
        response = route.fetch()
        change_posts(cast)
        route.fulfill(response=response)

    page = window(cast.follower, "/healthz")
    page.route("**/", delay_response)
    page.goto("/")
    expect_current_home(wait_until_live(page), cast)


@pytest.mark.both
def test_a_page_reloads_its_list_if_it_missed_too_much_for_a_replay(live_window, cast):
    """With more than 200 missed posts the page reloads its list and keeps the draft."""
    make_post(cast.follower, "Mine.")
    page = live_window(cast.follower)
    page.get_by_label("Post", exact=True).first.fill("Half a thought")
    go_offline(page)
    for number in range(201):
        make_post(cast.author, f"Number {number}.")
    other = live_window(cast.follower)
    make_post(cast.follower, "Also mine.")
    expect(other.locator(".post-body").first).to_have_text("Also mine.")  # the hub has dispatched all earlier posts
    page.context.set_offline(False)
    wait_until_live(page)
    expect_posts(page, "Also mine.", *[f"Number {number}." for number in range(200, 181, -1)])
    expect(page.get_by_label("Post", exact=True).first).to_have_value("Half a thought")
    make_post(cast.author, "After the reset.")
    expect(page.locator(".post-body").first).to_have_text("After the reset.")


def test_a_late_response_neither_repeats_nor_restores_a_post(live_window, cast):
    """The response to a POST arrives after the socket has delivered the post, or even its deletion."""
    page = live_window(cast.author)

    def delay_response(route: Route) -> None:
        response = route.fetch()
        expect(page.locator("#posts > .post")).to_have_count(1)
        if "gone" in (route.request.post_data or ""):
            Post.objects.latest("pk").delete()
            expect(page.locator("#posts > .post")).to_have_count(0)
        route.fulfill(response=response)

    page.route("**/posts/", delay_response)
    with page.expect_response("**/posts/"):
        write_post(page, "Soon gone.")
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    expect_posts(page)
    with page.expect_response("**/posts/"):
        write_post(page, "Here to stay.")
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    expect_posts(page, "Here to stay.")


def test_the_page_shows_that_its_session_has_ended(live_window, cast):
    page = live_window(cast.author)
    go_offline(page)
    Session.objects.all().delete()
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_have_attribute("data-state", "refused")
