"""Lists of other live models than posts (live-list.js), shown by the example app of docs/live-models.md."""

import pytest
from playwright.sync_api import Page, expect

from links.models import Link
from livefeed.models import User
from tests.browser.conftest import PHONE, wait_until_live
from tests.browser.test_polling import BLOCK_SOCKETS

ROWS = "#links > li"
PATH = "/links/"


def add(user: User, title: str, **fields) -> Link:
    return Link.objects.create(title=title, address="https://example.org/", added_by=user, **fields)


def expect_links(page: Page, *titles: str) -> None:
    expect(page.locator(f"{ROWS} > a")).to_have_text(list(titles))


@pytest.mark.both
def test_a_page_that_polls_follows_changes(window, cast):
    page = window(cast.follower, "/healthz")
    page.add_init_script(BLOCK_SOCKETS)
    page.goto(PATH)
    wait_until_live(page)

    first, hidden = add(cast.author, "First"), add(cast.stranger, "Hidden", for_followers=True)
    add(cast.author, "Second", for_followers=True)
    expect_links(page, "Second", "First")
    first.title = "Edited"
    first.save()
    hidden.delete()
    expect_links(page, "Second", "Edited")
    first.delete()
    expect_links(page, "Second")


def test_what_the_reader_looks_at_stays_where_it_is(live_window, cast):
    links = [add(cast.author, f"Link {number}") for number in range(30)]
    page = live_window(cast.author, PATH, viewport=PHONE)
    row = page.locator(f"#link-{links[10].pk}")
    row.get_by_role("link", name="Edit", exact=True).focus()
    row.evaluate("(row) => scrollTo(0, row.offsetTop - 200)")
    top = row.bounding_box()["y"]

    add(cast.author, "Newest")
    links[10].title = "Edited"
    links[10].save()

    expect(row.locator("> a")).to_have_text("Edited")
    expect(page.locator(ROWS).first.locator("> a")).to_have_text("Newest")
    expect(row.get_by_role("link", name="Edit", exact=True)).to_be_focused()
    assert row.bounding_box()["y"] == pytest.approx(top, abs=1)


def test_a_row_that_belongs_after_the_last_one_is_left_out_if_there_are_more(live_window, cast):
    oldest = add(cast.author, "Oldest")
    Link.objects.bulk_create(
        Link(title="Link", address="https://example.org/", added_by=cast.author) for _ in range(200)
    )
    page = live_window(cast.follower, PATH)
    expect(page.locator(ROWS)).to_have_count(200)

    oldest.title = "Edited"
    oldest.save()
    add(cast.author, "Newest")

    expect(page.locator(ROWS).first).to_contain_text("Newest")
    expect(page.locator(ROWS)).to_have_count(201)
    expect(page.get_by_text("Edited")).to_have_count(0)
