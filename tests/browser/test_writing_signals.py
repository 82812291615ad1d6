"""Signals of writing in the browser: two windows on the same thread."""

from playwright.sync_api import Page, expect

from livefeed.models import Preferences
from tests.browser.conftest import expect_posts, wait_until_live
from tests.factories import make_post

SHOWN_FOR = 6_000
"""ms for which the page shows a signal."""


def type_reply(page: Page, text: str) -> None:
    page.get_by_label("Post", exact=True).press_sequentially(text)


def test_a_reply_is_signalled_while_it_is_written_until_it_arrives(live_window, cast):
    path = f"/posts/{make_post(cast.author, 'Who brings bread?').pk}/"
    author, follower = [live_window(user, path) for user in (cast.author, cast.follower)]
    visitor = live_window(None, path, fake_clock=True)

    type_reply(follower, "I")
    for page in (author, visitor):
        expect(page.locator("#writing")).to_have_text("Follower is writing a reply")
    type_reply(author, "Th")
    expect(visitor.locator("#writing")).to_have_text("Follower and Author are writing")
    expect(follower.locator("#writing")).to_have_text("Author is writing a reply")

    type_reply(follower, " do.")
    follower.locator("#composer").get_by_role("button", name="Reply").click()

    for page in (author, visitor):
        expect_posts(page, "Who brings bread?", "I do.")
    expect(author.locator("#writing")).to_be_empty()
    expect(visitor.locator("#writing")).to_have_text("Author is writing a reply")
    visitor.clock.run_for(SHOWN_FOR)
    expect(visitor.locator("#writing")).to_be_empty()


def test_a_user_who_has_switched_it_off_neither_signals_nor_sees_it(live_window, cast):
    Preferences.objects.create(user=cast.follower, shows_writing=False)
    path = f"/posts/{make_post(cast.author, 'Who brings bread?').pk}/"
    author, follower = [live_window(user, path) for user in (cast.author, cast.follower)]
    requests: list[str] = []
    follower.on("request", lambda request: requests.append(request.url))

    type_reply(follower, "I do.")
    type_reply(author, "Thanks.")
    follower.locator("#composer").get_by_role("button", name="Reply").click()

    expect_posts(author, "Who brings bread?", "I do.")
    wait_until_live(author)
    assert [url for url in requests if url.endswith("/writing/")] == []
    expect(follower.locator("#writing")).to_have_count(0)
    expect(author.locator("#writing")).to_be_empty()
