"""Accessibility: axe finds no violations in either theme, no page overflows at 320 px or at 200 %, everything works by
keyboard, animations respect the preference for reduced motion, and new posts are announced."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page, ViewportSize, expect

from livefeed.models import Like, Preferences, Token
from tests import selection
from tests.browser.conftest import bodies, expect_posts, wait_until, wait_until_live
from tests.factories import Cast, make_post, make_user

# Axe would request the style sheets again, for a rule that none of these tags selects.
VIOLATIONS = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
RULES = VIOLATIONS | {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
CONTRAST = VIOLATIONS | {"runOnly": ["color-contrast", "link-in-text-block"]}
"""Rules whose result depends on the colours; the themes differ in nothing else."""
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PUBLIC_PATHS = [
    "/",
    "/explore/",
    "/explore/popular/",
    "/search/",
    "/search/?q=tea before:x",
    "/@author/",
    "/posts/{post}/",
    "/tags/tea/",
]
VISITOR_PATHS = [
    "/",
    "/@author/",
    "/posts/{post}/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/posts/999999/",
]
"""Pages that differ for visitors. The others are pages of a user with a smaller header."""
USER_PATHS = [
    "/notifications/",
    "/bookmarks/",
    "/@author/replies/",
    "/@author/media/",
    "/posts/{post}/edit/",
    "/posts/{post}/delete/",
    "/settings/profile/",
    "/settings/display/",
    "/settings/notifications/",
    "/settings/sessions/",
    "/settings/security/",
    "/settings/data/",
    "/settings/delete/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
]
IN_BOTH_THEMES = ("/", "/posts/{post}/", "/notifications/", "/search/", "/settings/profile/", "/settings/sessions/")
"""Pages that together have all components. bin/test --full checks each page in both themes."""

ANNOUNCEMENT_INTERVAL = 4_000
"""Milliseconds during which the page combines new posts into one announcement."""


@pytest.fixture
def placeholders(cast: Cast) -> dict[str, int]:
    """Creates content of every kind; returns the values for the placeholders in paths."""
    post = make_post(cast.author, "A **cup** of #tea with @follower.\n\n> quoted `code`", title="Of Tea")
    make_post(cast.follower, "With milk?", parent=post)
    make_post(cast.author, "For followers.", audience="followers")
    make_post(make_user("ada", name="Ada Byron"), "More #tea.")
    Like.objects.add(cast.follower, post)
    Token.objects.issue(cast.author, "Bridge")
    return {"post": post.pk}


def check_with_axe(page: Page, options: dict[str, Any] = RULES) -> None:
    """Fails with axe's report if it finds a violation once all animations have ended."""
    page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    violations = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    results = AxeResults({"violations": violations})
    assert results.violations_count == 0, f"{page.url}\n{results.generate_report()}"


def check_page(page: Page, *, in_both_themes: bool) -> None:
    """Fails on violations, and if the page is wider than a window of 320 px or one zoomed to 200 %."""
    check_with_axe(page)
    if in_both_themes:
        page.emulate_media(color_scheme="dark")
        check_with_axe(page, CONTRAST)
        page.emulate_media(color_scheme="light")
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 560})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} at {width} px"
    page.set_viewport_size(DESKTOP)


@pytest.mark.parametrize("paths", [PUBLIC_PATHS, USER_PATHS[:9], USER_PATHS[9:]], ids=["public", "own", "settings"])
def test_every_page_of_a_user_is_accessible(window, cast, placeholders, paths):
    page = window(cast.author, "/healthz", color_scheme="light", viewport=DESKTOP)
    for path in paths:
        page.goto(path.format(**placeholders))
        check_page(page, in_both_themes=selection.FULL or path in IN_BOTH_THEMES)


def test_every_page_of_a_visitor_is_accessible(window, placeholders):
    page = window(None, "/healthz", color_scheme="light", viewport=DESKTOP)
    for path in VISITOR_PATHS:
        page.goto(path.format(**placeholders))
        check_page(page, in_both_themes=selection.FULL or path in IN_BOTH_THEMES)


def test_dialogs_editors_and_error_messages_are_accessible(live_window, cast, placeholders):
    page = live_window(make_user("newcomer"))
    check_with_axe(page)  # first steps
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    check_with_axe(page)
    page.keyboard.press("Escape")
    page = live_window(cast.author)
    page.locator(".post", has_text="For followers").get_by_role("link", name="Edit").click()
    expect(page.locator(".editor")).to_be_visible()
    check_with_axe(page)
    page.locator(".post", has_text="Of Tea").get_by_role("link", name="Delete").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check_with_axe(page)
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.get_by_label("Post", exact=True).first.fill("Kept.")
    page.locator("#composer").get_by_role("button", name="Post").click()
    expect(page.get_by_text("Not sent yet")).to_be_visible()
    expect(page.get_by_text("You are offline.")).to_be_visible()
    check_with_axe(page)


def test_nothing_is_animated_if_the_user_prefers_reduced_motion(live_window, cast):
    make_post(cast.author, "Before.")
    page = live_window(cast.follower, reduced_motion="reduce")
    page.evaluate("""() => {
        window.animated = [];
        const animate = Element.prototype.animate;
        Element.prototype.animate = function (...args) {
            window.animated.push(this.id);
            return animate.apply(this, args);
        };
        const record = (event) => window.animated.push(event.target.id);
        for (const kind of ["animationstart", "transitionstart"]) document.addEventListener(kind, record);
    }""")
    post = make_post(cast.author, "News.")
    expect_posts(page, "News.", "Before.")
    post.edit(title="", body="Edited.", seen_version=post.version)
    expect_posts(page, "Edited.", "Before.")
    post.remove()
    expect_posts(page, "Before.")
    assert page.evaluate("window.animated") == []


# --- Announcements ---


def test_new_posts_are_announced_in_batches(live_window, cast):
    page, stranger = live_window(cast.follower, fake_clock=True), live_window(cast.stranger)
    for number in range(3):
        make_post(cast.author, f"Number {number}.")
    expect_posts(page, "Number 2.", "Number 1.", "Number 0.")
    page.clock.run_for(ANNOUNCEMENT_INTERVAL)
    expect(page.locator("#announcer")).to_have_text("3 new posts from Author.")
    assert stranger.locator("#announcer").inner_text() == ""


@pytest.mark.parametrize(("choice", "announcement"), [("off", ""), ("each", "Author: News of the day.")])
def test_announcements_follow_the_preferences(live_window, cast, choice, announcement):
    Preferences.objects.create(user=cast.follower, announcements=choice)
    page = live_window(cast.follower, fake_clock=True)
    make_post(cast.author, "News of the day.")
    expect_posts(page, "News of the day.")
    page.clock.run_for(ANNOUNCEMENT_INTERVAL)
    expect(page.locator("#announcer")).to_have_text(announcement)


# --- Keyboard ---


def expect_focused_post(page: Page, body: str) -> None:
    """Waits until the post with this text has the focus."""
    expect(page.locator(".post:focus .post-body")).to_have_text(body)


def test_keys_move_between_posts_like_reply_and_navigate(live_window, cast):
    first, second = make_post(cast.author, "First."), make_post(cast.author, "Second.")
    page = live_window(cast.follower)
    page.keyboard.press("j")
    expect_focused_post(page, "Second.")
    page.keyboard.press("j")
    expect_focused_post(page, "First.")
    page.keyboard.press("k")
    page.keyboard.press("l")
    wait_until(page, lambda: Like.objects.filter(user=cast.follower, post=second).exists())
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/posts/{first.pk}/")
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/explore/")
    page.keyboard.press("/")
    page.keyboard.type("first")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=first")
    expect_posts(page, "First.")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_url(f"**/posts/{first.pk}/#composer-body")
    expect(page.get_by_label("Post", exact=True)).to_be_focused()
    page.keyboard.type("jkl? gh/")
    expect(page.get_by_label("Post", exact=True)).to_have_value("jkl? gh/")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url("**/")
    page.keyboard.press("n")
    expect(page.get_by_label("Post", exact=True)).to_be_focused()


def test_shortcuts_are_listed_and_can_be_switched_off(live_window, cast):
    make_post(cast.author, "First.")
    page = live_window(cast.follower, viewport={"width": 320, "height": 560})
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_in_viewport(ratio=1)  # the list is longer
    keys, meaning = page.get_by_role("dialog").locator("div", has_text="Go to Home").locator("dt, dd").all()
    assert keys.bounding_box()["x"] == meaning.bounding_box()["x"]  # below the keys, where there is room
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    Preferences.objects.create(user=cast.follower, has_keys=False)
    page.reload()
    wait_until_live(page)
    page.keyboard.press("j")
    expect(page.locator(".post:focus")).to_have_count(0)


def test_a_key_reveals_the_posts_behind_the_pill(live_window, cast):
    for number in range(20):
        make_post(cast.author, f"Post {number}.")
    page = live_window(cast.follower)
    for _ in range(9):
        page.keyboard.press("j")
    wait_until(page, lambda: page.evaluate("scrollY > 100"))
    make_post(cast.author, "News.")
    expect(page.locator("#pill")).to_be_visible()
    page.keyboard.press(".")
    expect_focused_post(page, "News.")
    assert bodies(page)[0] == "News."


def test_skip_links_lead_to_the_content(live_window, cast):
    page = live_window(cast.follower)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
