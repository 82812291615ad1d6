"""Announcements on pages, their dismissal without scripts, the admin, and the page of those who have read one."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from livefeed.models import Announcement, Dismissal
from tests.factories import make_announcement, make_user, signed_in
from tests.views.htmx import htmx
from tests.views.test_admin import make_staff

pytestmark = pytest.mark.django_db

PAGES = ["/", "/explore/", "/search/", "/@author/", "/accounts/login/", "/posts/{post}/", "/no/such/"]
ADD = "/admin/livefeed/announcement/add/"


def shows(client: Client, text: str, path: str = "/") -> bool:
    return text in client.get(path).text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_current_announcements_to_everyone(visitor, author, post, path):
    make_announcement("Maintenance **tonight**.")
    make_announcement("Not yet.", starts_in=5)
    for client in (visitor, author):
        page = client.get(path.format(post=post.pk), follow=True).text
        assert "Maintenance <strong>tonight</strong>." in page
        assert "Not yet." not in page


def test_the_newest_stands_first(visitor):
    make_announcement("Older.")
    make_announcement("Newer.")
    page = visitor.get("/").text
    assert page.index("Newer.") < page.index("Older.")


def test_a_page_shows_changes_and_the_end_at_once(visitor):
    announcement = make_announcement("Before.")
    assert shows(visitor, "Before.")
    announcement.text = "After."
    announcement.save()
    assert shows(visitor, "After.")
    Announcement.objects.update(starts_at=timezone.now().replace(year=2020), ends_at=timezone.now())
    assert not shows(visitor, "After.")


def test_a_dismissal_counts_for_all_sessions_of_the_user_and_no_one_else(author, follower, visitor, cast):
    announcement = make_announcement("Tonight.")
    address = reverse("dismissal", args=[announcement.pk])
    assert author.post(address, headers=htmx("button")).status_code == 204
    assert not shows(author, "Tonight.")
    assert not shows(signed_in(cast.author), "Tonight.")
    assert shows(follower, "Tonight.")
    assert shows(visitor, "Tonight.")


def test_a_dismissal_without_scripts_returns_to_the_page(author, visitor):
    first, second = make_announcement("First."), make_announcement("Second.")
    for client in (author, visitor):
        page = client.get("/explore/").text
        assert 'id="act"' in page
        assert f'formaction="/announcements/{first.pk}/dismissal/"' in page
        for announcement in (first, second):
            address = f"/announcements/{announcement.pk}/dismissal/"
            answer = client.post(address, headers={"Referer": "http://testserver/explore/?x=1"})
            assert answer["Location"] == "http://testserver/explore/?x=1"
            assert not shows(client, announcement.text)
        other_site = client.post(address, headers={"Referer": "https://evil.example/"})
        assert other_site["Location"] == "/"


@pytest.mark.parametrize("cookie", ["", ".", "x.y", "9" * 40, "1" + ".1" * 5000])
def test_any_cookie_is_read(visitor, cookie):
    announcement = make_announcement("Tonight.")
    Announcement.objects.filter(id=announcement.pk).update(id=77)
    visitor.cookies["livefeed_dismissed"] = cookie
    assert shows(visitor, "Tonight.")
    visitor.post("/announcements/77/dismissal/")
    assert not shows(visitor, "Tonight.")
    assert len(visitor.cookies["livefeed_dismissed"].value) < 1_000


def test_a_dismissal_needs_the_token_of_a_page():
    announcement = make_announcement()
    strict = Client(enforce_csrf_checks=True)
    address = f"/announcements/{announcement.pk}/dismissal/"
    assert strict.post(address).status_code == 403
    strict.get("/")
    assert strict.post(address, {"csrfmiddlewaretoken": strict.cookies["csrftoken"].value}).status_code == 302


def test_only_current_announcements_can_be_dismissed(author):
    upcoming = make_announcement(starts_in=5)
    assert author.post(f"/announcements/{upcoming.pk}/dismissal/").status_code == 404
    assert not Dismissal.objects.exists()


def test_one_that_requires_acknowledgement_has_no_close_button(visitor):
    make_announcement("Rules.", requires_acknowledgement=True)
    page = visitor.get("/").text
    assert "I have read this" in page
    assert "Close this announcement" not in page


def test_the_region_can_be_loaded_alone(author, cast):
    dismissed = make_announcement("First.")
    make_announcement("Second.")
    Dismissal.objects.add(cast.author, dismissed)
    page = author.get("/announcements/").text
    assert "Second." in page
    assert "First." not in page
    assert f'data-dismissed="{dismissed.pk}"' in page
    assert "<body" not in page


# --- Admin ---


def form(**changes: str) -> dict[str, str]:
    now = timezone.localtime()
    start = {"starts_at_0": f"{now:%Y-%m-%d}", "starts_at_1": "00:00:00"}
    return {"text": "Tonight.", "ends_at_0": "2099-01-01", "ends_at_1": "12:00"} | start | changes


def test_staff_with_the_permission_write_announcements(visitor):
    operator = signed_in(make_staff("operator", "livefeed.add_announcement"))
    assert signed_in(make_staff("other")).post(ADD, form()).status_code == 403
    assert operator.get(ADD).status_code == 200
    assert operator.post(ADD, form()).status_code == 302
    assert shows(visitor, "Tonight.")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"text": "\u200b"}, "required"),
        ({"text": "\u3164"}, "required"),
        ({"text": "x" * 1_001}, "at most 1000 characters"),
        ({"ends_at_0": "2020-01-01"}, "Choose an end in the future."),
        ({"starts_at_0": "2099-02-01"}, "Choose an end after the start."),
    ],
)
def test_bad_input_gets_a_sentence_and_stays(changes, sentence):
    operator = signed_in(make_staff("operator", "livefeed.add_announcement"))
    page = operator.post(ADD, form(**changes))
    assert page.status_code == 200
    assert sentence in page.text
    assert changes.get("text", "Tonight.")[:1_000] in page.text
    assert not Announcement.objects.exists()


def test_a_running_announcement_can_be_ended_and_an_ended_one_deleted(visitor):
    operator = signed_in(make_user("root", is_staff=True, is_superuser=True))
    announcement = make_announcement("Tonight.")
    address = f"/admin/livefeed/announcement/{announcement.pk}/"
    past = {"starts_at_0": "2020-01-01", "ends_at_0": "2020-01-02"}
    assert operator.post(f"{address}change/", form(**past)).status_code == 302
    assert not shows(visitor, "Tonight.")
    assert operator.post(f"{address}delete/", {"post": "yes"}).status_code == 302
    assert not Announcement.objects.exists()


# --- Who has read it ---


def test_staff_see_who_has_read_it_and_who_has_not(cast):
    operator = make_staff("operator", "livefeed.view_announcement")
    announcement = make_announcement(requires_acknowledgement=True)
    Dismissal.objects.add(cast.author, announcement)
    client = signed_in(operator)
    assert "/admin/announcements/" in client.get("/admin/livefeed/announcement/").text
    address = f"/admin/announcements/{announcement.pk}/"
    assert address in client.get(f"/admin/livefeed/announcement/{announcement.pk}/change/").text
    page = client.get(address).text
    assert "<b>1</b> of 4 users" in page
    assert "@author" in page
    assert "@stranger" not in page
    missing = client.get(f"{address}?list=missing").text
    assert "@author" not in missing
    assert "@stranger" in missing
    part = client.get(address, headers=htmx("section#readers")).text
    assert "@author" in part
    assert "<body" not in part


def test_other_users_do_not(author, visitor):
    announcement = make_announcement()
    others = [author, visitor, signed_in(make_staff("operator"))]
    assert [client.get(f"/admin/announcements/{announcement.pk}/").status_code for client in others] == [403] * 3
