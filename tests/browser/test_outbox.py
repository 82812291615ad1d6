"""The outbox: posts are shown while they are being sent, stored until they have arrived, and never shown twice."""

import pytest
from django.conf import settings
from playwright.sync_api import APIResponse, Page, Route, expect

from livefeed.models import Post, Session
from tests import image_files
from tests.browser.conftest import SIZES, expect_posts, sign_in, wait_until, wait_until_live, write_post
from tests.factories import make_post


def pending_posts(page: Page):
    return page.locator("#outbox > .pending")


@SIZES
def test_a_post_is_shown_at_once_and_replaced_when_it_arrives(live_window, cast, size):
    page, follower = live_window(cast.author, **size), live_window(cast.follower)
    stranger = live_window(cast.stranger)
    held: list[Route] = []
    page.route("**/posts/", lambda route: held.append(route))
    write_post(page, "On its *way*.", "A title")
    expect(pending_posts(page).locator(".post-title")).to_have_text("A title")
    expect(pending_posts(page).locator(".post-body")).to_have_text("On its *way*.")
    expect(pending_posts(page).get_by_text("Sending")).to_be_visible()
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wait_until(page, lambda: held)
    held[0].continue_()
    for open_page in (page, follower):
        expect_posts(open_page, "On its way.")
    expect(pending_posts(page)).to_have_count(0)
    expect_posts(stranger)


def test_the_socket_may_be_faster_than_the_response(live_window, cast):
    page = live_window(cast.author)
    held: list[tuple[Route, APIResponse]] = []

    def hold_response(route: Route) -> None:
        held.append((route, route.fetch()))

    page.route("**/posts/", hold_response)
    write_post(page, "Fast.")
    expect_posts(page, "Fast.")
    expect(pending_posts(page)).to_have_count(0)
    wait_until(page, lambda: held)
    route, response = held[0]
    route.fulfill(response=response)
    expect(page.get_by_role("button", name="Post", exact=True)).to_be_enabled()
    expect_posts(page, "Fast.")
    assert Post.objects.count() == 1


@pytest.mark.parametrize("fault", ["offline", 502])
def test_a_post_that_could_not_be_sent_shows_the_reason_and_is_retried(live_window, cast, fault):
    page = live_window(cast.author)
    if fault == "offline":
        page.route("**/posts/", lambda route: route.abort())
    else:
        page.route("**/posts/", lambda route: route.fulfill(status=502, body="Bad gateway"))
    write_post(page, "Not lost.")
    expect(pending_posts(page).get_by_text("Not sent")).to_be_visible()
    reason = "It is sent when you are back online" if fault == "offline" else "Try again in a moment"
    expect(pending_posts(page).get_by_role("alert")).to_contain_text(reason)
    page.unroute("**/posts/")
    pending_posts(page).get_by_role("button", name="Try again").click()
    expect_posts(page, "Not lost.")
    expect(pending_posts(page)).to_have_count(0)


def test_a_post_whose_response_was_lost_appears_once(live_window, cast):
    page = live_window(cast.author)

    def lose_response(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/posts/", lose_response)
    write_post(page, "Once.")
    expect_posts(page, "Once.")
    page.unroute_all(behavior="wait")
    page.reload()
    wait_until_live(page)
    expect_posts(page, "Once.")
    expect(pending_posts(page)).to_have_count(0)
    assert Post.objects.count() == 1


def test_a_pending_post_survives_the_page_and_is_sent_from_the_next_one(live_window, cast):
    page = live_window(cast.author)
    page.route("**/posts/", lambda route: route.abort())
    write_post(page, "Not lost.")
    expect(pending_posts(page).get_by_text("Not sent")).to_be_visible()
    page.reload()
    wait_until_live(page)
    expect(pending_posts(page).get_by_text("Not sent")).to_be_visible()
    page.unroute("**/posts/")
    follower = live_window(cast.follower)
    page.goto("/explore/")
    expect_posts(follower, "Not lost.")
    page.goto("/")
    expect_posts(page, "Not lost.")
    expect(pending_posts(page)).to_have_count(0)


def test_posts_are_sent_when_the_network_is_back(live_window, cast):
    page = live_window(cast.author)
    page.context.set_offline(True)
    write_post(page, "First.")
    write_post(page, "Second.")
    expect(pending_posts(page).get_by_text("Not sent")).to_have_count(2)
    page.context.set_offline(False)
    expect_posts(page, "Second.", "First.")
    expect(pending_posts(page)).to_have_count(0)


def test_a_post_does_not_overtake_an_earlier_one_that_did_not_reach_the_server(live_window, cast):
    page = live_window(cast.author)
    page.route("**/posts/", lambda route: route.abort())
    write_post(page, "First.")
    write_post(page, "Second.")
    expect(pending_posts(page).get_by_text("Not sent")).to_have_count(2)
    page.unroute("**/posts/")
    aborted: list[Route] = []

    def abort_first(route: Route) -> None:
        if "First" not in (route.request.post_data or ""):
            return route.continue_()
        aborted.append(route)
        return route.abort()

    page.route("**/posts/", abort_first)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until(page, lambda: aborted)
    expect(pending_posts(page).get_by_text("Not sent")).to_have_count(2)
    page.unroute("**/posts/")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect_posts(page, "Second.", "First.")
    expect(pending_posts(page)).to_have_count(0)


def test_a_pending_post_survives_the_session_and_is_sent_after_the_next_sign_in(live_window, cast, site):
    page = live_window(cast.author)
    Session.objects.all().delete()
    write_post(page, "Not lost.")
    expect(pending_posts(page).get_by_role("alert")).to_contain_text("You are signed out")
    sign_in(page.context, cast.stranger, site.url)
    page.reload()
    wait_until_live(page)
    expect(pending_posts(page)).to_have_count(0)
    sign_in(page.context, cast.author, site.url)
    page.reload()
    expect_posts(page, "Not lost.")
    assert Post.objects.get().author == cast.author


def test_a_page_with_an_old_csrf_token_sends_the_post_with_a_new_one(live_window, cast):
    page = live_window(cast.author)
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    write_post(page, "Not lost.")
    expect_posts(page, "Not lost.")
    expect(pending_posts(page)).to_have_count(0)


def test_a_refused_post_can_be_edited_or_discarded(live_window, cast):
    post = make_post(cast.author, "Who brings bread?")
    page = live_window(cast.follower, f"/posts/{post.pk}/")
    Post.objects.filter(pk=post.pk).delete()
    field = page.get_by_label("Post", exact=True)
    field.fill("I do.")
    page.locator("#composer").get_by_role("button", name="Reply").click()
    expect(pending_posts(page).get_by_role("alert")).to_contain_text("does not exist any more")
    field.fill("Meanwhile.")
    pending_posts(page).get_by_role("button", name="Edit").click()
    expect(field).to_have_value("Meanwhile.\n\nI do.")
    expect(field).to_be_focused()
    page.locator("#composer").get_by_role("button", name="Reply").click()
    pending_posts(page).get_by_role("button", name="Discard").click()
    expect(pending_posts(page)).to_have_count(0)
    page.reload()
    expect(pending_posts(page)).to_have_count(0)
    assert not Post.objects.exists()


def test_a_pending_reply_is_shown_at_the_end_of_its_thread(live_window, cast):
    post = make_post(cast.author, "Who brings bread?")
    page = live_window(cast.follower, f"/posts/{post.pk}/")
    page.route("**/posts/", lambda route: route.abort())
    page.get_by_label("Post", exact=True).fill("I do.")
    page.locator("#composer").get_by_role("button", name="Reply").click()
    expect(pending_posts(page)).to_have_count(1)
    assert page.locator("#posts ~ #outbox > .pending").count() == 1
    page.unroute("**/posts/")
    pending_posts(page).get_by_role("button", name="Try again").click()
    expect_posts(page, "Who brings bread?", "I do.")


def test_a_pending_post_keeps_its_pictures(live_window, cast):
    page = live_window(cast.author)
    page.route("**/posts/", lambda route: route.abort())
    page.locator("#composer [data-pictures]").set_input_files(
        {"name": "picture.jpg", "mimeType": "image/jpeg", "buffer": image_files.jpeg()}
    )
    page.get_by_label("Picture description").fill("A blue field.")
    write_post(page, "Look.")
    expect(pending_posts(page).get_by_role("img", name="A blue field.")).to_have_count(1)
    pending_posts(page).get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Picture description")).to_have_value("A blue field.")
    page.unroute("**/posts/")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("#posts").get_by_role("img", name="A blue field.")).to_have_count(1)
