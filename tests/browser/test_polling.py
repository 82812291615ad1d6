"""Networks that block WebSockets: the page polls by HTTP and misses no event."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_posts, go_offline, wait_until_live, write_post
from tests.factories import make_post, signed_in

BLOCK_SOCKETS = """
window.WebSocket = class {
  static CONNECTING = 0; static OPEN = 1; static CLOSED = 3;
  readyState = 0;
  constructor() { setTimeout(() => this.onclose?.({ code: 1006 }), 10); }
  send() {}
  close() {}
};
"""


def open_polling_page(window, user) -> Page:
    """Opens a page whose sockets never open, and waits until it is live."""
    page = window(user, "/healthz")
    page.add_init_script(BLOCK_SOCKETS)
    page.goto("/")
    return wait_until_live(page)


@pytest.mark.both
def test_posts_edits_and_deletions_arrive_by_themselves(window, cast):
    follower, stranger = open_polling_page(window, cast.follower), open_polling_page(window, cast.stranger)
    post = make_post(cast.author, "First.")
    expect_posts(follower, "First.")
    post.edit(title="", body="Edited.", seen_version=1)
    expect_posts(follower, "Edited.")
    make_post(cast.author, "Second.")
    expect_posts(follower, "Second.", "Edited.")
    post.delete()
    expect_posts(follower, "Second.")
    write_post(stranger, "The first post on this page.")
    expect_posts(stranger, "The first post on this page.")


def test_posts_missed_offline_are_polled(window, cast):
    page = open_polling_page(window, cast.follower)
    go_offline(page)
    make_post(cast.author, "Meanwhile.")
    page.context.set_offline(False)
    expect_posts(wait_until_live(page), "Meanwhile.")


def test_polling_ends_with_the_session(window, cast):
    page = open_polling_page(window, cast.follower)
    signed_in(cast.follower)  # another session, which stays
    cast.follower.sessions.order_by("expire_date").first().delete()
    expect(page.locator("#connection")).to_have_attribute("data-state", "refused")
