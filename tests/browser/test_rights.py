"""Rights that end while pages are open."""

from playwright.sync_api import expect

from tests.browser.conftest import live, shows
from tests.factories import PASSWORD, make_post


def test_signing_out_in_one_tab_silences_the_other(window, cast):
    page, stranger = live(window(cast.follower)), live(window(cast.author))
    tab = page.context.new_page()
    tab.goto("/accounts/logout/")
    tab.get_by_role("button", name="Sign out").last.click()
    expect(page.locator("#connection")).to_have_attribute("data-state", "refused")
    make_post(cast.author, "Not for a page that is signed out.")
    shows(stranger, "Not for a page that is signed out.")
    shows(page)


def test_a_changed_password_ends_the_other_sessions_and_not_this_one(window, cast):
    here, elsewhere = live(window(cast.follower)), live(window(cast.follower))
    tab = here.context.new_page()
    tab.goto("/accounts/password/change/")
    tab.get_by_label("Current password").fill(PASSWORD)
    tab.get_by_label("New password").first.fill("a wholly different horse")
    tab.get_by_role("button").filter(has_text="password").last.click()
    expect(elsewhere.locator("#connection")).to_have_attribute("data-state", "refused")
    make_post(cast.author, "Still here.")
    shows(here, "Still here.")
    shows(elsewhere)


def test_a_suspended_author_leaves_every_page(window, cast):
    make_post(cast.author, "Soon hidden.")
    home, profile = live(window(cast.follower)), live(window(None, "/@author/"))
    own = live(window(cast.author))
    cast.author.is_active = False
    cast.author.save()
    shows(home)
    expect(profile.get_by_text("There is no user with this name.")).to_be_visible()
    expect(own.locator("#connection")).to_have_attribute("data-state", "refused")


def test_a_new_name_is_on_every_page_that_shows_it(window, cast):
    make_post(cast.author, "Who am I?")
    home = live(window(cast.follower))
    cast.author.name = "Somebody Else"
    cast.author.save()
    expect(home.locator(".post-name")).to_have_text("Somebody Else")


def test_an_editor_on_a_posts_own_page_outlives_its_reading_anew(window, cast):
    post = make_post(cast.author, "As it was.")
    page = live(window(cast.author, post.get_absolute_url()))
    page.get_by_role("link", name="Edit").click()
    page.locator(".editor").get_by_label("Post", exact=True).fill("Half a thought")
    cast.author.name = "Somebody Else"
    cast.author.save()
    expect(page.locator(".post-name")).to_have_text("Somebody Else")
    expect(page.locator(".editor").get_by_label("Post", exact=True)).to_have_value("Half a thought")
