"""A page that was away is exact afterwards: each post once, in order, deletions included."""

from playwright.sync_api import Page, expect

from livefeed.models import Post, Session
from tests.browser.conftest import bodies, live, shows, write
from tests.factories import make_post


def exact(page: Page, cast) -> None:
    """Waits until the page shows what a page freshly loaded would."""
    shows(page, *Post.objects.home_of(cast.follower).newest_first().values_list("body", flat=True))


def change_everything(cast) -> None:
    """What happens while a page is away: a post more, one edited, one gone."""
    first, second = Post.objects.order_by("pk")[:2]
    make_post(cast.author, "Written meanwhile.")
    first.edit(title="", body="Edited meanwhile.", seen_version=first.version)
    second.delete()


def test_the_site_is_stopped_and_started_while_three_posts_are_written(window, cast, site):
    make_post(cast.author, "Before.")
    page, stranger = live(window(cast.follower)), live(window(cast.stranger))
    site.stop()
    expect(page.locator("#connection")).not_to_have_attribute("data-state", "live")
    for number in range(3):
        make_post(cast.author, f"Number {number}.")
    site.start()
    exact(live(page), cast)
    assert len(bodies(page)) == 4
    assert bodies(live(stranger)) == []


def test_an_offline_spell(window, cast):
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    page = live(window(cast.follower))
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_attribute("data-state", "offline")
    change_everything(cast)
    page.context.set_offline(False)
    exact(live(page), cast)


def test_the_back_button(window, cast):
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    page = live(window(cast.follower))
    page.goto("/explore/")
    change_everything(cast)
    page.go_back()
    exact(live(page), cast)


def test_the_back_button_brings_back_what_was_typed(window, cast):
    page = live(window(cast.author))
    page.get_by_label("Post", exact=True).fill("Half a thought")
    page.goto("/explore/")
    page.go_back()
    expect(page.get_by_label("Post", exact=True)).to_have_value("Half a thought")


def test_a_hidden_tab(window, cast):
    """Another tab is in front, and the hidden one's socket dies unnoticed."""
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    page = live(window(cast.follower))
    page.context.new_page().bring_to_front()
    change_everything(cast)
    page.bring_to_front()
    exact(page, cast)


def test_a_tab_that_slept_does_not_trust_its_socket(window, cast):
    """The clock jumps while the page is frozen: on waking it opens a new socket and catches up by its cursor."""
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")
    opened: list[str] = []
    page = window(cast.follower)
    page.on("websocket", lambda socket: opened.append(socket.url))
    page.clock.install()
    page.reload()
    live(page)
    before = len(opened)
    page.clock.fast_forward("10:00")
    change_everything(cast)
    exact(page, cast)
    assert len(opened) > before
    assert "after=" in opened[-1]


def test_a_page_that_was_slow_to_connect(window, cast):
    """Posts between the reading of the page and the opening of its socket, with the page's data already old."""
    make_post(cast.author, "One.")
    make_post(cast.author, "Two.")

    def hold_back(route) -> None:
        answer = route.fetch()
        change_everything(cast)
        route.fulfill(response=answer)

    page = window(cast.follower, "/healthz")
    page.route("**/", hold_back)
    page.goto("/")
    exact(live(page), cast)


def test_too_much_was_missed_to_be_replayed(window, cast):
    """More than 200 posts: the page reads its list anew and keeps what was being typed."""
    make_post(cast.follower, "Mine.")
    page = live(window(cast.follower))
    page.get_by_label("Post", exact=True).first.fill("Half a thought")
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_attribute("data-state", "offline")
    for number in range(201):
        make_post(cast.author, f"Number {number}.")
    other = live(window(cast.follower))
    make_post(cast.follower, "Also mine.")
    expect(other.locator(".post-body").first).to_have_text("Also mine.")  # the hub has passed all of them
    page.context.set_offline(False)
    live(page)
    shows(page, "Also mine.", *[f"Number {number}." for number in range(200, 181, -1)])
    expect(page.get_by_label("Post", exact=True).first).to_have_value("Half a thought")
    make_post(cast.author, "After the reset.")
    expect(page.locator(".post-body").first).to_have_text("After the reset.")


def test_a_late_answer_neither_doubles_nor_resurrects(window, cast):
    """The answer to a POST comes after the socket has shown the post, and after it was deleted again."""
    page = live(window(cast.author))

    def answer_late(route) -> None:
        answer = route.fetch()
        expect(page.locator("#posts > .post")).to_have_count(1)
        if "gone" in (route.request.post_data or ""):
            Post.objects.latest("pk").delete()
            expect(page.locator("#posts > .post")).to_have_count(0)
        route.fulfill(response=answer)

    page.route("**/posts/", answer_late)
    with page.expect_response("**/posts/"):
        write(page, "Soon gone.")
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    shows(page)
    with page.expect_response("**/posts/"):
        write(page, "Here to stay.")
    expect(page.get_by_label("Post", exact=True)).to_have_value("")
    shows(page, "Here to stay.")


def test_a_session_that_ended_says_so(window, cast):
    page = live(window(cast.author))
    Session.objects.all().delete()
    page.context.set_offline(True)
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_have_attribute("data-state", "refused")
