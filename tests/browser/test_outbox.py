"""One's own posts on their way: at once on the page, kept until the server has them, never there twice."""

import pytest
from playwright.sync_api import Page, Route, expect

from livefeed.models import Post, Session
from tests import image_files
from tests.browser.conftest import SIZES, live, shows, sign_in, until, write
from tests.factories import make_post


def pending(page: Page):
    return page.locator("#outbox > .pending")


def lose(route: Route) -> None:
    route.abort()


@SIZES
def test_a_post_stands_there_at_once_and_is_replaced_by_what_arrives(window, cast, size):
    page, follower, stranger = (
        live(window(cast.author, **size)),
        live(window(cast.follower)),
        live(window(cast.stranger)),
    )
    held: list[Route] = []
    page.route("**/posts/", lambda route: held.append(route))
    write(page, "On its *way*.", "A title")
    expect(pending(page).locator(".post-title")).to_have_text("A title")
    expect(pending(page).locator(".post-body")).to_have_text("On its *way*.")
    expect(pending(page).get_by_text("Sending")).to_be_visible()
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    until(page, lambda: held)
    held[0].continue_()
    for each in (page, follower):
        shows(each, "On its way.")
    expect(pending(page)).to_have_count(0)
    shows(stranger)


def test_the_socket_may_be_faster_than_the_answer(window, cast):
    page = live(window(cast.author))
    answers = []

    def hold_back(route: Route) -> None:
        answers.append((route, route.fetch()))

    page.route("**/posts/", hold_back)
    write(page, "Fast.")
    shows(page, "Fast.")
    expect(pending(page)).to_have_count(0)
    until(page, lambda: answers)
    route, answer = answers[0]
    route.fulfill(response=answer)
    expect(page.get_by_role("button", name="Post", exact=True)).to_be_enabled()
    shows(page, "Fast.")
    assert Post.objects.count() == 1


@pytest.mark.parametrize("fault", ["offline", 502])
def test_what_could_not_be_sent_says_so_and_is_tried_again(window, cast, fault):
    page = live(window(cast.author))
    page.route("**/posts/", lose if fault == "offline" else lambda route: route.fulfill(status=502, body="Bad gateway"))
    write(page, "Not lost.")
    expect(pending(page).get_by_text("Not sent")).to_be_visible()
    why = "as soon as the server can be reached" if fault == "offline" else "Try again in a moment"
    expect(pending(page).get_by_role("alert")).to_contain_text(why)
    page.unroute("**/posts/")
    pending(page).get_by_role("button", name="Try again").click()
    shows(page, "Not lost.")
    expect(pending(page)).to_have_count(0)


def test_what_the_server_has_although_its_answer_was_lost_is_not_there_twice(window, cast):
    page = live(window(cast.author))

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/posts/", lose_the_answer)
    write(page, "Once.")
    shows(page, "Once.")
    page.unroute("**/posts/")
    page.reload()
    live(page)
    shows(page, "Once.")
    expect(pending(page)).to_have_count(0)
    assert Post.objects.count() == 1


def test_it_outlives_the_page_and_is_sent_from_the_next_one(window, cast):
    page = live(window(cast.author))
    page.route("**/posts/", lose)
    write(page, "Not lost.")
    expect(pending(page).get_by_text("Not sent")).to_be_visible()
    page.reload()
    live(page)
    expect(pending(page).get_by_text("Not sent")).to_be_visible()
    page.unroute("**/posts/")
    follower = live(window(cast.follower))
    page.goto("/explore/")
    shows(follower, "Not lost.")
    page.goto("/")
    shows(page, "Not lost.")
    expect(pending(page)).to_have_count(0)


def test_it_goes_by_itself_when_the_network_is_back(window, cast):
    page = live(window(cast.author))
    page.context.set_offline(True)
    write(page, "First.")
    write(page, "Second.")
    expect(pending(page).get_by_text("Not sent")).to_have_count(2)
    page.context.set_offline(False)
    shows(page, "Second.", "First.")
    expect(pending(page)).to_have_count(0)


def test_it_outlives_the_session_and_goes_when_one_has_signed_in_again(window, cast, site):
    page = live(window(cast.author))
    Session.objects.all().delete()
    write(page, "Not lost.")
    expect(pending(page).get_by_role("alert")).to_contain_text("You are signed out")
    sign_in(page.context, cast.stranger, site.url)
    page.reload()
    live(page)
    expect(pending(page)).to_have_count(0)
    sign_in(page.context, cast.author, site.url)
    page.reload()
    shows(page, "Not lost.")
    assert Post.objects.get().author == cast.author


def test_a_page_older_than_the_sign_in_sends_it_with_the_new_token(window, cast):
    page = live(window(cast.author))
    page.context.clear_cookies(name="csrftoken")
    write(page, "Not lost.")
    shows(page, "Not lost.")
    expect(pending(page)).to_have_count(0)


def test_what_is_refused_can_be_changed_or_given_up(window, cast):
    post = make_post(cast.author, "Who brings bread?")
    page = live(window(cast.follower, f"/posts/{post.pk}/"))
    Post.objects.filter(pk=post.pk).delete()
    field = page.get_by_label("Post", exact=True)
    field.fill("I do.")
    page.locator("#composer").get_by_role("button", name="Reply").click()
    expect(pending(page).get_by_role("alert")).to_contain_text("does not exist any more")
    field.fill("Meanwhile.")
    pending(page).get_by_role("button", name="Edit").click()
    expect(field).to_have_value("Meanwhile.\n\nI do.")
    expect(field).to_be_focused()
    page.locator("#composer").get_by_role("button", name="Reply").click()
    pending(page).get_by_role("button", name="Discard").click()
    expect(pending(page)).to_have_count(0)
    page.reload()
    expect(pending(page)).to_have_count(0)
    assert not Post.objects.exists()


def test_a_reply_stands_at_the_end_of_its_thread(window, cast):
    post = make_post(cast.author, "Who brings bread?")
    page = live(window(cast.follower, f"/posts/{post.pk}/"))
    page.route("**/posts/", lose)
    page.get_by_label("Post", exact=True).fill("I do.")
    page.locator("#composer").get_by_role("button", name="Reply").click()
    expect(pending(page)).to_have_count(1)
    assert page.locator("#posts ~ #outbox > .pending").count() == 1
    page.unroute("**/posts/")
    pending(page).get_by_role("button", name="Try again").click()
    shows(page, "Who brings bread?", "I do.")


def test_its_pictures_go_with_it(window, cast):
    page = live(window(cast.author))
    page.route("**/posts/", lose)
    page.locator("#composer [data-pictures]").set_input_files(
        {"name": "picture.jpg", "mimeType": "image/jpeg", "buffer": image_files.jpeg()}
    )
    page.get_by_label("Picture description").fill("A blue field.")
    write(page, "Look.")
    expect(pending(page).get_by_role("img", name="A blue field.")).to_have_count(1)
    pending(page).get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Picture description")).to_have_value("A blue field.")
    page.unroute("**/posts/")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("#posts").get_by_role("img", name="A blue field.")).to_have_count(1)
