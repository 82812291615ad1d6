"""Polls in the browser: written in the composer, voted on by keyboard, counted on every open page."""

from datetime import timedelta

from playwright.sync_api import expect

from livefeed.models import Poll, Vote
from tests.browser.conftest import SIZES, expect_posts, wait_until_live
from tests.factories import make_poll


def test_a_vote_by_keyboard_counts_in_every_open_window_and_stays_shown(live_window, cast):
    poll = make_poll(cast.author)
    page, author, visitor = live_window(cast.follower), live_window(cast.author), live_window(None, "/explore/")
    results = [window.locator(".poll-result") for window in (page, author, visitor)]
    for result in results:
        expect(result.first).to_be_hidden()
    page.get_by_role("radio", name="Tea").focus()
    page.keyboard.press("ArrowDown")
    poll.post.edit(title="", body="Coffee or tea?", seen_version=1)
    expect_posts(page, "Coffee or tea?")
    expect(page.get_by_role("radio", name="Coffee")).to_be_checked()  # the choice survives an edit of the post
    page.get_by_role("button", name="Vote").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("group", name="Poll: Coffee or tea?")).to_be_focused()
    expect(results[0]).to_have_text(["0 %, 0 votes", "100 %, 1 vote"])
    expect(page.locator(".own")).to_contain_text("Coffee")
    for window in (author, visitor):
        expect(window.locator(".poll-total")).to_have_text("1 vote")
        expect(window.locator(".poll-result").first).to_be_hidden()
    page.reload()
    expect(results[0].last).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(0)
    assert Vote.objects.count() == 1


def test_results_appear_when_the_poll_ends(live_window, cast):
    poll = make_poll(cast.author)
    page = live_window(cast.follower, fake_clock=True)
    expect(page.locator(".poll-result").first).to_be_hidden()
    page.clock.fast_forward(int(timedelta(days=1, seconds=5).total_seconds()) * 1_000)
    expect(page.locator(".poll-result").first).to_be_visible()
    expect(page.get_by_role("button", name="Vote")).to_be_hidden()
    assert not poll.has_ended


@SIZES
def test_a_poll_is_written_in_the_composer_and_its_draft_survives_a_reload(live_window, cast, size):
    page = live_window(cast.author, **size)
    page.get_by_label("Post", exact=True).fill("Where?")
    page.locator(".add-poll").click()
    for number, text in enumerate(["Here", "Nowhere", "There"], start=1):
        page.get_by_label(f"Option {number}", exact=True).fill(text)
    page.get_by_label("Several answers").check()
    page.get_by_role("button", name="Remove this option").nth(1).click()
    page.reload()
    wait_until_live(page)
    expect(page.get_by_label("Option 2", exact=True)).to_have_value("There")
    expect(page.get_by_label("Option 3", exact=True)).to_have_value("")
    page.locator("#composer").get_by_role("button", name="Post").click()
    expect(page.get_by_role("checkbox", name="There")).to_be_visible()
    expect(page.get_by_label("Option 1", exact=True)).to_be_hidden()
    assert [option.text for option in Poll.objects.get().options.all()] == ["Here", "There"]


def test_a_vote_that_cannot_be_counted_says_why(live_window, cast):
    poll = make_poll(cast.author)
    page = live_window(cast.follower)
    page.get_by_role("button", name="Vote").click()
    expect(page.get_by_role("alert").filter(has_text="Choose an option first")).to_be_visible()
    poll.post.remove()
    expect_posts(page)
