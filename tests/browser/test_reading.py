"""Reading a feed that changes: nothing moves in the window, and a line summarizes what changed in an absence."""

import re

import pytest
from playwright.sync_api import Page, expect

from livefeed.live import publishing
from livefeed.models import Bookmark, Like, Post, Profile
from tests import needs
from tests.browser.conftest import (
    PHONE,
    SIZES,
    bodies,
    expect_posts,
    go_offline,
    load_posts,
    wait_for_animations,
    wait_until,
    wait_until_live,
)
from tests.factories import make_post, make_user

DESKTOP = {"width": 1280, "height": 800}
ADVANCE_CLOCK = "(ms) => { const now = Date.now; Date.now = () => now() + ms }"
"""Makes `Date.now()` return a later time, by a number of milliseconds."""
RECORD_LAYOUT_SHIFTS = """async () => {
    window.layoutShifts = [];
    // The next frames may still show that the connection has become live.
    for (const _ of "12") await new Promise(requestAnimationFrame);
    // On a slow machine a time changes from "now" to "1 min" during the test; the wider text is no layout shift.
    const isTime = ({ node }) => node?.parentElement?.closest(".post-time") || node?.closest?.(".post-time");
    const describe = ({ node }) => node?.outerHTML ?? node?.textContent ?? "";
    const record = (entry) => {
        if (!entry.sources.every(isTime)) window.layoutShifts.push([entry.value, ...entry.sources.map(describe)]);
    };
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(record));
    observer.observe({ type: "layout-shift", buffered: false });
}"""
"""Collects the score and the elements of each layout shift in `window.layoutShifts`."""


@pytest.fixture(params=[pytest.param(DESKTOP, marks=pytest.mark.full), PHONE], ids=["desktop", "phone"])
def size(request: pytest.FixtureRequest) -> dict[str, int]:
    return request.param


def make_posts(author, count: int) -> None:
    for number in range(count):
        make_post(author, f"Post {number}.")


def scroll_to_end(page: Page) -> str:
    """Scrolls to the end of the page; returns the text of the post that was the last one then."""
    return page.evaluate(
        """() => {
            scrollTo(0, document.documentElement.scrollHeight);
            return [...document.querySelectorAll("#posts > .post > .post-body")].at(-1).textContent.trim();
        }"""
    )


def pill(page: Page):
    return page.locator("#pill")


def scroll_to_post(page: Page, body: str) -> None:
    """Scrolls until the post's top is 120 px below the top of the window."""
    offset = top_of_post(page, body) - 120
    page.evaluate("(offset) => scrollBy({ top: offset, behavior: 'instant' })", offset)
    wait_until(page, lambda: page.evaluate("scrollY > 100"))


def post_with(page: Page, body: str):
    return page.locator("#posts > .post", has_text=re.compile(rf"\b{body}"))


def top_of_post(page: Page, body: str) -> float:
    return post_with(page, body).evaluate("(post) => post.getBoundingClientRect().top")


def test_new_posts_wait_behind_the_pill_while_the_reader_is_further_down(live_window, cast, size):
    other = make_user("ada", name="Ada Byron")
    cast.follower.follow(other)
    make_posts(cast.author, 20)
    page, stranger = live_window(cast.follower, viewport=size), live_window(cast.stranger)
    scroll_to_post(page, "Post 10.")
    top_before = top_of_post(page, "Post 10.")
    page.evaluate(RECORD_LAYOUT_SHIFTS)
    first, second, third = (
        make_post(author, body) for author, body in [(cast.author, "One."), (other, "Two."), (other, "Three.")]
    )
    expect(pill(page)).to_have_text("3 new posts from Ada Byron and Author")
    expect(page).to_have_title("(3) Home · Livefeed")
    second.edit(title="", body="Two, edited.", seen_version=second.version)
    third.remove()
    expect(pill(page)).to_have_text("2 new posts from Ada Byron and Author")
    expect(page.locator(f"#post-{second.pk} .post-body")).to_have_text("Two, edited.")
    assert not page.locator(f"#post-{second.pk}").is_visible()
    assert top_of_post(page, "Post 10.") == top_before
    assert page.evaluate("window.layoutShifts") == []
    pill(page).click()
    expect(pill(page)).to_be_hidden()
    wait_until(page, lambda: page.evaluate("scrollY === 0"))
    assert bodies(page)[:2] == ["Two, edited.", "One."]
    assert page.locator(f"#post-{first.pk}").is_visible()
    expect(page).to_have_title("Home · Livefeed")
    assert bodies(stranger) == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_new_posts_appear_at_the_top_without_a_layout_shift(live_window, cast, size):
    make_posts(cast.author, 12)
    page = live_window(cast.follower, viewport=size)
    page.evaluate(RECORD_LAYOUT_SHIFTS)
    new = make_post(cast.author, "News.\n\nIn two paragraphs.")
    expect(page.locator(f"#post-{new.pk}")).to_be_visible()
    expect(pill(page)).to_be_hidden()
    new.edit(title="", body="Short.", seen_version=new.version)
    expect(page.locator(f"#post-{new.pk} .post-body")).to_have_text("Short.")
    new.remove()
    expect(page.locator(f"#post-{new.pk}")).to_have_count(0)
    wait_for_animations(page)
    assert page.evaluate("window.layoutShifts") == []


def test_scrolling_to_the_top_reveals_new_posts_and_moves_nothing(live_window, cast):
    make_posts(cast.author, 20)
    page = live_window(cast.follower)
    scroll_to_post(page, "Post 10.")
    make_post(cast.author, "News.")
    expect(pill(page)).to_be_visible()
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    expect(pill(page)).to_be_hidden()
    assert bodies(page)[0] == "News."
    assert page.evaluate("scrollY") > 0


def test_changes_above_the_window_move_nothing(live_window, cast, size):
    make_posts(cast.author, 20)
    page = live_window(cast.follower, viewport=size)
    scroll_to_post(page, "Post 10.")
    top_before = top_of_post(page, "Post 10.")
    far, near = Post.objects.get(body="Post 15."), Post.objects.get(body="Post 11.")
    far.edit(title="", body="Longer.\n\nMuch longer.\n\nAnd longer.", seen_version=far.version)
    expect(page.locator(f"#post-{far.pk} .post-body")).to_contain_text("And longer.")
    wait_for_animations(page)
    assert abs(top_of_post(page, "Post 10.") - top_before) < 1
    near.remove()
    expect(page.locator(f"#post-{near.pk}")).to_have_count(0)
    wait_for_animations(page)
    assert abs(top_of_post(page, "Post 10.") - top_before) < 1


@SIZES
def test_following_an_author_replaces_the_first_steps_with_a_live_feed(live_window, cast, size):
    ada = make_user("ada", name="Ada Byron")
    make_post(ada, "Before.")
    newcomer = make_user("newcomer")
    Profile.objects.filter(user=newcomer).update(about="New here.")
    page, stranger = live_window(newcomer, **size), live_window(cast.stranger)
    expect(page.get_by_role("heading", name="First steps")).to_be_visible()
    expect(page.locator(".steps-done")).to_have_text("1 of 3 done")
    page.get_by_role("button", name="Follow Ada Byron").click()
    expect_posts(page, "Before.")
    expect(page.locator(".steps-done")).to_have_text("2 of 3 done")
    make_post(newcomer, "Mine.")
    expect(page.locator(".steps-done")).to_have_text("All done")
    Post.objects.get(author=newcomer).remove()
    expect_posts(page, "Before.")
    make_post(ada, "News.")
    expect_posts(page, "News.", "Before.")
    page.reload()
    expect(page.get_by_role("heading", name="First steps")).to_have_count(0)
    expect_posts(wait_until_live(page), "News.", "Before.")
    assert bodies(stranger) == []


def test_a_users_own_post_is_shown_at_once(live_window, cast):
    make_posts(cast.author, 20)
    page = live_window(cast.author)
    scroll_to_post(page, "Post 10.")
    make_post(cast.author, "Mine.")
    expect_posts(page, "Mine.", *[f"Post {number}." for number in reversed(range(20))])
    expect(pill(page)).to_be_hidden()


@SIZES
def test_after_an_absence_a_line_says_what_changed(live_window, cast, size):
    make_posts(cast.author, 6)
    page, witness = live_window(cast.follower, **size), live_window(cast.follower)
    go_offline(page)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    page.evaluate(ADVANCE_CLOCK, 60_000)
    for body in ("One.", "Two."):
        make_post(cast.author, body)
    edited, removed = Post.objects.get(body="Post 1."), Post.objects.get(body="Post 2.")
    edited.edit(title="", body="Post 1, edited.", seen_version=edited.version)
    removed.remove()
    expect_posts(witness, "Two.", "One.", "Post 5.", "Post 4.", "Post 3.", "Post 1, edited.", "Post 0.")
    page.context.set_offline(False)
    line = page.locator("#posts > .away")
    expect(line).to_have_text("While you were away: 2 new, 1 edited, 1 removed")
    expect(page.locator("#posts > .post:has(+ .away) > .post-body")).to_have_text("One.")
    expect(page.get_by_text("You are offline.")).to_be_hidden()
    make_post(cast.author, "Three.")
    expect(page.locator("#posts > .post").first).to_contain_text("Three.")
    expect(line).to_have_count(1)


def test_a_short_absence_draws_no_line(live_window, cast):
    make_posts(cast.author, 3)
    page = live_window(cast.follower)
    go_offline(page)
    make_post(cast.author, "Meanwhile.")
    page.context.set_offline(False)
    expect(page.locator("#posts > .post").first).to_contain_text("Meanwhile.")
    expect(page.locator("#posts > .away")).to_have_count(0)


def test_the_next_visit_shows_the_number_of_new_posts(live_window, cast):
    make_posts(cast.author, 3)
    page = live_window(cast.follower)
    page.goto("/notifications/")
    page.add_init_script(f"({ADVANCE_CLOCK})(60_000)")
    make_post(cast.author, "Meanwhile.")
    page.goto("/")
    expect(page.locator("#posts > .away")).to_have_text("While you were away: 1 new")


def test_a_reset_keeps_the_scroll_position_and_the_text_being_typed(live_window, cast):
    make_posts(cast.author, 50)
    page = live_window(cast.follower)
    page.get_by_label("Post", exact=True).fill("Half a thought")
    page.evaluate("document.activeElement.blur()")
    load_posts(page, 50)
    scroll_to_post(page, "Post 8.")
    top_before = top_of_post(page, "Post 8.")
    Post.objects.filter(body="Post 8.").update(body="Post 8. Changed by hand.", version=2)
    with page.expect_response(lambda response: "before=" in response.url):
        publishing.reset_feeds()
    expect(post_with(page, "Post 8.")).to_contain_text("Changed by hand")
    wait_for_animations(page)
    assert abs(top_of_post(page, "Post 8.") - top_before) < 1
    expect(page.get_by_label("Post", exact=True)).to_have_value("Half a thought")


def test_older_posts_are_loaded_on_scrolling_and_a_page_shows_at_most_300(live_window, cast):
    Post.objects.bulk_create([Post(author=cast.author, body=f"Post {number}.") for number in range(350)])
    page = live_window(cast.follower)
    for count in range(40, 301, 20):
        load_posts(page, count)
    wait_until(page, lambda: scroll_to_end(page) == "Post 0.")
    expect_posts(page, *[f"Post {number}." for number in reversed(range(300))])
    make_post(cast.author, "News.")
    expect(pill(page)).to_have_text("1 new post")
    expect(page.get_by_role("link", name="Newest posts")).to_have_attribute("href", "/")
    pill(page).click()
    expect(page.locator("#posts > .post").first).to_contain_text("News.")


def test_going_back_restores_the_scroll_position(live_window, cast, size):
    make_posts(cast.author, 50)
    liked = [Post.objects.get(body=body) for body in ("Post 20.", "Post 44.", "Post 45.")]
    for post in liked:
        Like.objects.add(cast.follower, post)
    page = live_window(cast.follower, viewport=size)
    load_posts(page, 40)
    scroll_to_post(page, "Post 20.")
    top_before = top_of_post(page, "Post 20.")
    post_with(page, "Post 20.").locator(".post-time").click()
    expect(page.get_by_role("heading", name="Post", exact=True)).to_be_visible()
    make_post(cast.author, "Meanwhile.")
    Post.objects.get(body="Post 21.").remove()
    Like.objects.remove(cast.follower, liked[1])
    page.go_back()
    wait_until_live(page)
    for post, is_liked in zip(liked, ("true", "false", "true"), strict=True):
        expect(page.locator(f"#post-{post.pk} .like")).to_have_attribute("aria-pressed", is_liked)
    expect(post_with(page, "Post 21.")).to_have_count(0)
    expect(pill(page)).to_have_text("1 new post from Author")
    wait_for_animations(page)
    assert abs(top_of_post(page, "Post 20.") - top_before) < 2


def test_a_page_from_the_back_forward_cache_catches_up(cast, site, playwright, browser_type_launch_args):
    """A visitor's page: those of users are not stored. Playwright disables the back-forward cache in all other tests,
    and the headless shell has none."""
    make_posts(cast.author, 3)
    options = {"executable_path": needs.chromium(), "ignore_default_args": ["--disable-back-forward-cache"]}
    browser = playwright.chromium.launch(**browser_type_launch_args | options)
    try:
        page = browser.new_page(base_url=site.url)
        page.goto("/")
        wait_until_live(page)
        page.evaluate("addEventListener('pageshow', (event) => (window.wasCached = event.persisted))")
        page.goto("/explore/")
        wait_until_live(page)
        make_post(cast.author, "Meanwhile.")
        page.go_back(wait_until="commit")  # a cached page is not loaded again
        wait_until(page, lambda: page.evaluate("window.wasCached === true"))
        expect_posts(wait_until_live(page), "Meanwhile.", "Post 2.", "Post 1.", "Post 0.")
    finally:
        browser.close()


def test_likes_and_bookmarks_are_shown_from_the_first_paint(window, cast):
    """By style sheets alone, without scripts: the HTML of a post is the same for all users."""
    liked, other = make_post(cast.author, "Liked."), make_post(cast.author, "Not liked.")
    Like.objects.add(cast.follower, liked)
    Bookmark.objects.add(cast.follower, other)
    page = window(cast.follower, java_script_enabled=False)
    stranger = window(cast.stranger, "/explore/", java_script_enabled=False)

    def drawing(page: Page, number: int, kind: str) -> str:
        button = page.locator(f"#post-{number} .{kind}")
        return button.evaluate("(button) => getComputedStyle(button).getPropertyValue('--drawing')")

    assert ["full" in drawing(page, post.pk, "like") for post in (liked, other)] == [True, False]
    assert ["full" in drawing(page, post.pk, "bookmark") for post in (liked, other)] == [False, True]
    assert not any(
        "full" in drawing(stranger, post.pk, kind) for post in (liked, other) for kind in ("like", "bookmark")
    )


def test_reading_works_without_javascript(window, cast):
    make_post(cast.author, "Tea in the #garden.")
    page = window(make_user("newcomer"), java_script_enabled=False, viewport=DESKTOP)
    page.get_by_role("button", name="Follow Author").click()
    expect(page.get_by_role("heading", name="Author", exact=True)).to_be_visible()
    page.goto("/")
    expect_posts(page, "Tea in the #garden.")
    expect(page.locator(".column-head")).to_have_text("Home Reload to see new posts", use_inner_text=True)
    page.get_by_role("searchbox").fill("tea from:author")
    page.get_by_role("searchbox").press("Enter")
    expect(page).to_have_url(re.compile("/search/"))
    expect_posts(page, "Tea in the #garden.")
    page.locator(".post-body").get_by_role("link", name="#garden").click()
    expect(page.get_by_role("heading", name="#garden")).to_be_visible()
    page.goto("/settings/display/")
    page.get_by_label("Colours").select_option("dark")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.goto("/explore/")
    page.get_by_role("link", name="Popular").click()
    expect(page.get_by_text("No posts have likes or replies lately.")).to_be_visible()


def test_pagination_works_without_javascript(window, cast):
    make_posts(cast.author, 30)
    page = window(cast.follower, java_script_enabled=False)
    page.get_by_role("link", name="Older posts").click()
    expect(page.locator(".post-body").first).to_have_text("Post 9.")
    page.get_by_role("link", name="Newest posts").click()
    expect(page.locator(".post-body").first).to_have_text("Post 29.")
