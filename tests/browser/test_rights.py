"""Permissions that end while pages are open."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_posts, sign_in
from tests.factories import PASSWORD, make_post


def test_signing_out_in_one_tab_disconnects_the_other(live_window, cast):
    page, stranger = live_window(cast.follower), live_window(cast.author)
    tab = page.context.new_page()
    tab.goto("/accounts/logout/")
    tab.get_by_role("button", name="Sign out").last.click()
    expect(page.locator("#connection")).to_have_attribute("data-state", "refused")
    make_post(cast.author, "Not for a page that is signed out.")
    expect_posts(stranger, "Not for a page that is signed out.")
    expect_posts(page)


def test_a_sign_out_leaves_nothing_in_the_browser(live_window, cast):
    make_post(cast.author, "Only for followers.", audience="followers")
    page = live_window(cast.follower)
    page.get_by_label("Post", exact=True).fill("Half a thought")
    other = page.context.new_page()
    other.goto("/")
    page.goto("/accounts/logout/")
    assert all(text in stored(page) for text in ("Only for followers.", "Half a thought"))
    page.get_by_role("button", name="Sign out").last.click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    expect(other.locator("#connection")).to_have_attribute("data-state", "refused")
    other.goto("/explore/")
    for each in (page, other):
        assert "Only for followers." not in stored(each)
        assert "Half a thought" not in stored(each)
    page.go_back()
    expect(page.get_by_text("Only for followers.")).to_have_count(0)


def test_the_next_user_of_a_tab_finds_nothing_of_the_one_before(live_window, cast, site):
    make_post(cast.author, "Only for followers.", audience="followers")
    page = live_window(cast.follower)
    page.goto("/accounts/email/")
    sign_in(page.context, cast.stranger, site.url)
    page.goto("/")
    assert "Only for followers." not in stored(page)


def stored(page: Page) -> str:
    """Returns all that the page's site has stored in this browser for the page's tab and for all tabs."""
    return page.evaluate("JSON.stringify([{ ...sessionStorage }, { ...localStorage }])")


def test_a_changed_password_ends_the_other_sessions_and_not_this_one(live_window, cast):
    here, elsewhere = live_window(cast.follower), live_window(cast.follower)
    tab = here.context.new_page()
    tab.goto("/accounts/password/change/")
    tab.get_by_label("Current password").fill(PASSWORD)
    tab.get_by_label("New password").first.fill("a wholly different horse")
    tab.get_by_role("button").filter(has_text="password").last.click()
    expect(elsewhere.locator("#connection")).to_have_attribute("data-state", "refused")
    make_post(cast.author, "Still here.")
    expect_posts(here, "Still here.")
    expect_posts(elsewhere)


def test_a_suspended_author_disappears_from_every_page(live_window, cast):
    make_post(cast.author, "Soon hidden.")
    home, profile = live_window(cast.follower), live_window(None, "/@author/")
    own = live_window(cast.author)
    cast.author.is_active = False
    cast.author.save()
    expect_posts(home)
    expect(profile.get_by_text("There is no user with this name.")).to_be_visible()
    expect(own.locator("#connection")).to_have_attribute("data-state", "refused")


def test_a_new_name_reaches_every_page_that_shows_it(live_window, cast):
    make_post(cast.author, "Hello.")
    home = live_window(cast.follower)
    cast.author.name = "A New Name"
    cast.author.save()
    expect(home.locator(".post-name")).to_have_text("A New Name")


def test_an_open_editor_survives_the_reload_of_its_post(live_window, cast):
    post = make_post(cast.author, "As it was.")
    page = live_window(cast.author, post.get_absolute_url())
    page.get_by_role("link", name="Edit").click()
    page.locator(".editor").get_by_label("Post", exact=True).fill("Half a thought")
    cast.author.name = "A New Name"
    cast.author.save()
    expect(page.locator(".post-name")).to_have_text("A New Name")
    expect(page.locator(".editor").get_by_label("Post", exact=True)).to_have_value("Half a thought")
