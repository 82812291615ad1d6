"""Settings in the browser. Sessions, tokens and accounts that a user ends are closed at once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from livefeed import tasks
from livefeed.models import Export, Post, Preferences, Token, User
from tests.browser.conftest import PHONE, expect_posts, wait_until, wait_until_live
from tests.factories import PASSWORD, make_post


def background_color(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def test_the_chosen_colours_override_the_systems_from_the_first_paint(window, cast):
    page = window(cast.author, "/settings/display/", color_scheme="light")
    light = background_color(page)
    page.get_by_label("Colours").select_option("dark")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert background_color(page) != light
    assert "dark" in page.request.get("/").text().split("</head>")[0]
    dark_system = window(cast.stranger, "/", color_scheme="dark")
    assert background_color(dark_system) == background_color(page)


def test_times_use_the_time_zone_and_the_language_of_the_preferences(window, cast):
    post = make_post(cast.author)
    Post.objects.filter(pk=post.pk).update(created_at=datetime.now(UTC) - timedelta(days=400))
    Preferences.objects.create(user=cast.author, language="de", time_zone="Asia/Tokyo")
    page = window(cast.author, f"/posts/{post.pk}/", timezone_id="UTC", locale="en-US")
    time = page.locator(".post-time time")
    moment = Post.objects.get().created_at
    tokyo = moment + timedelta(hours=9)
    expect(time).to_have_attribute("title", re.compile(rf"(tag|woch), .*{tokyo:%H:%M}"))


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}], ids=["desktop", "phone"])
def test_ending_a_session_closes_its_open_pages_at_once(window, live_window, cast, options):
    other_session = live_window(cast.author, f"/@{cast.follower.username}/")
    stranger = live_window(cast.stranger)
    page = window(cast.author, "/settings/sessions/", **options)
    expect(page.get_by_text("Open now: @follower")).to_be_visible()
    page.get_by_role("button", name="End the session of").click()
    expect(other_session.locator("#connection")).to_have_attribute("data-state", "refused")
    expect(page.get_by_text("Open now: @follower")).to_have_count(0)
    other_session.goto("/settings/sessions/")
    expect(other_session.get_by_label("Password", exact=True)).to_be_visible()
    wait_until_live(stranger)


def test_a_program_is_listed_and_its_token_can_be_revoked(window, cast):
    Token.objects.issue(cast.author, "Bridge")
    page = window(cast.author, "/settings/sessions/")
    expect(page.get_by_text("Not connected now")).to_be_visible()
    page.get_by_role("button", name="Revoke the token of Bridge").click()
    expect(page.get_by_text("Bridge")).to_have_count(0)
    assert not Token.objects.exists()


def test_deleting_an_account_removes_its_posts_from_open_pages(window, live_window, cast):
    make_post(cast.author, "Mine.")
    follower = live_window(cast.follower)
    expect_posts(follower, "Mine.")
    page = window(cast.author, "/settings/data/")
    page.get_by_role("link", name="Delete your account").click()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Type your password.")).to_be_visible()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("I know that this cannot be undone").check()
    page.get_by_role("button", name="Delete my account").click()
    expect(page.get_by_text("Your account is deleted")).to_be_visible()
    expect_posts(follower)
    assert not User.objects.filter(pk=cast.author.pk).exists()  # tests run tasks at once


def test_an_export_is_downloaded(window, cast):
    page = window(cast.author, "/settings/data/")
    page.get_by_role("button", name="Create an export").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename.startswith("livefeed-author-")


def test_a_pending_export_is_offered_when_it_is_ready(window, cast):
    export = Export.objects.create(user=cast.author)
    page = window(cast.author, "/settings/data/")
    expect(page.get_by_text("Your export is being prepared")).to_be_visible()
    tasks.make_export.func(str(export.pk))
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    page.get_by_role("button", name="Create a new export").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    wait_until(page, Export.objects.exclude(pk=export.pk).exists)
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    assert Export.objects.count() == 1
