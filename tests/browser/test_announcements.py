"""Announcements in the browser: on all pages and in all tabs, after an absence, and the staff's list of readers."""

import pytest
from playwright.sync_api import Page, expect

from livefeed.models import Announcement, Dismissal
from tests.browser.conftest import PHONE, go_offline, wait_until
from tests.factories import make_announcement
from tests.views.test_admin import make_staff


def shown(page: Page):
    return page.get_by_role("region", name="Announcements").locator(".announcement-text")


def test_a_user_dismisses_an_announcement_in_all_tabs(live_window, window, cast):
    home, settings = live_window(cast.author), window(cast.author, "/settings/profile/", viewport=PHONE)
    stranger = live_window(cast.stranger)
    first, second = make_announcement("First."), make_announcement("Second.")
    for page in (home, settings, stranger):
        expect(shown(page)).to_have_text(["Second.", "First."])
    first.text = "Changed."
    first.save()
    expect(shown(home)).to_have_text(["Second.", "Changed."])
    home.get_by_role("button", name="Close this announcement").first.focus()
    home.keyboard.press("Enter")
    for page in (home, settings):
        expect(shown(page)).to_have_text(["Changed."])
    second.save()
    first.delete()
    expect(shown(stranger)).to_have_text(["Second."])
    for page in (home, settings):
        expect(shown(page)).to_have_count(0)
    assert Dismissal.objects.get().user == cast.author


def test_a_visitor_dismisses_an_announcement_in_all_tabs(window):
    page = window(None, "/accounts/login/")
    other = page.context.new_page()
    other.goto("/")
    make_announcement("Rules.", requires_acknowledgement=True)
    for tab in (page, other):
        expect(shown(tab)).to_have_text(["Rules."])
    page.get_by_role("button", name="I have read this").click()
    for tab in (page, other):
        expect(shown(tab)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading")).to_be_visible()
    expect(shown(page)).to_have_count(0)
    other.close()


@pytest.mark.parametrize("is_reset", [False, True], ids=["replay", "reset"])
def test_a_page_that_was_away_shows_the_present_announcements(live_window, cast, is_reset, site):
    old, closed = make_announcement("Old."), make_announcement("Closed.")
    page = live_window(cast.author)
    expect(shown(page)).to_have_count(2)
    go_offline(page)
    old.delete()
    Dismissal.objects.add(cast.author, closed)
    closed.save()
    make_announcement("New.")
    if is_reset:
        for _ in range(201):
            make_announcement(starts_in=5).delete()
    page.context.set_offline(False)
    expect(shown(page)).to_have_text(["New."])


def test_an_announcement_appears_at_its_start(window):
    page = window(None, "/accounts/login/")
    announcement = make_announcement("Soon.", starts_in=5)
    Announcement.objects.update(starts_at=announcement.starts_at.replace(year=2020))
    expect(page.locator("body")).to_have_attribute("data-connection", "live")
    Announcement.objects.switch_due()  # as the worker does each second
    expect(shown(page)).to_have_text(["Soon."])


def test_staff_see_live_who_has_read_an_announcement(window, cast):
    announcement = make_announcement("Rules.", requires_acknowledgement=True)
    operator = make_staff("operator", "livefeed.view_announcement")
    page = window(operator, f"/admin/announcements/{announcement.pk}/")
    readers = page.get_by_role("region", name="Readers")
    expect(readers).to_contain_text("0 of 4 users have confirmed")
    wait_until(page, lambda: page.locator("body").get_attribute("data-connection") == "live")
    Dismissal.objects.add(cast.author, announcement)
    expect(readers).to_contain_text("1 of 4 users has confirmed")
    expect(readers.get_by_role("row")).to_contain_text(["User", "@author"])
    expect(shown(page)).to_have_text(["Rules."])
    page.get_by_role("button", name="I have read this").click()
    expect(readers).to_contain_text("2 of 4 users")
    expect(shown(page)).to_have_count(0)
