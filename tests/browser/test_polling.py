"""A network that lets no WebSocket through: the page asks by HTTP and misses nothing."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import live, shows, write
from tests.factories import make_post, signed_in

NO_SOCKETS = """
window.WebSocket = class {
  static CONNECTING = 0; static OPEN = 1; static CLOSED = 3;
  readyState = 0;
  constructor() { setTimeout(() => this.onclose?.({ code: 1006 }), 10); }
  send() {}
  close() {}
};
"""


def polling(window, user) -> Page:
    """A page whose sockets never open, once it is live."""
    page = window(user, "/healthz")
    page.add_init_script(NO_SOCKETS)
    page.goto("/")
    return live(page)


def test_posts_edits_and_deletions_arrive_by_themselves(window, cast):
    follower, stranger = polling(window, cast.follower), polling(window, cast.stranger)
    post = make_post(cast.author, "First.")
    shows(follower, "First.")
    post.edit(title="", body="Edited.", seen_version=1)
    shows(follower, "Edited.")
    make_post(cast.author, "Second.")
    shows(follower, "Second.", "Edited.")
    post.delete()
    shows(follower, "Second.")
    write(stranger, "The first thing this page ever showed.")
    shows(stranger, "The first thing this page ever showed.")


def test_what_was_missed_offline_is_asked_for(window, cast):
    page = polling(window, cast.follower)
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_attribute("data-state", "offline")
    make_post(cast.author, "Meanwhile.")
    page.context.set_offline(False)
    shows(live(page), "Meanwhile.")


def test_it_ends_with_the_session(window, cast):
    page = polling(window, cast.follower)
    signed_in(cast.follower)  # another session, which stays
    cast.follower.sessions.order_by("expire_date").first().delete()
    expect(page.locator("#connection")).to_have_attribute("data-state", "refused")
