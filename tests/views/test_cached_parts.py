"""Cached parts of pages: no user sees those of another user, and changes of what they show appear at once."""

import pytest

from livefeed.models import Notification, Preferences
from tests.factories import make_post, signed_in
from tests.views.html import Page

PAGES = ["/", "/explore/", "/notifications/", "/@author/"]


@pytest.mark.parametrize("address", PAGES)
def test_users_do_not_see_parts_of_each_others_pages(cast, visitor, author, follower, address):
    for _ in range(2):  # the second time from the cache
        mine = author.get(address).text
        theirs = follower.get(address).text
        public = visitor.get(address).text

        assert "<span>@author</span>" in mine
        assert "<span>@follower</span>" in theirs
        assert "rail-user" not in public
        assert "rail-user" in mine
        assert mine.count('class="rail-user" href="/@author/"') == 1
        assert theirs.count('class="rail-user" href="/@follower/"') == 1


def test_a_new_name_appears_at_once(cast, follower):
    assert "New name" not in follower.get("/").text
    cast.follower.name = "New name"
    cast.follower.save()
    assert "<b>New name</b>" in follower.get("/").text


def test_the_number_of_unread_notifications_is_current(cast, follower):
    assert Page(follower.get("/")).one("b", "badge")["data-unread"] == "0"
    make_post(cast.author, "@follower")
    assert Page(follower.get("/")).one("b", "badge")["data-unread"] == "1"
    Notification.objects.all().delete()
    assert Page(follower.get("/")).one("b", "badge")["data-unread"] == "0"


def test_suggestions_change_with_the_viewers_follows(cast, follower):
    make_post(cast.stranger)

    def suggested() -> bool:
        return "Follow Stranger" in follower.get("/").text

    assert suggested()
    follower.post("/@stranger/follow/")
    assert not suggested()
    follower.delete("/@stranger/follow/")
    assert suggested()


def test_a_reply_form_names_the_author_of_the_post(cast, follower):
    posts = [make_post(cast.author), make_post(cast.author, audience="followers"), make_post(cast.stranger)]
    for _ in range(2):
        for post in posts:
            page = Page(follower.get(f"/posts/{post.pk}/"))
            assert page.one("textarea", name="body")["placeholder"] == f"Reply to {post.author.display_name}"
            assert page.field_values["parent"] == str(post.pk)
            selected = [each["value"] for each in page.all("option") if "selected" in each.attributes]
            assert selected[0] == post.audience


def test_preferences_apply_at_once(cast):
    client = signed_in(cast.author)
    assert "data-theme" not in client.get("/").text
    Preferences.objects.create(user=cast.author, theme="dark")
    assert 'data-theme="dark"' in client.get("/").text
