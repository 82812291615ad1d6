"""The page of notifications, the badge and the bell, all private to their user."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from livefeed.models import Follow, Like, Notification
from livefeed.views.paging import PAGE_SIZE
from tests.factories import Cast, make_post, make_user, signed_in
from tests.views.html import Page
from tests.views.htmx import htmx

ADDRESS, READ, BELL = "/notifications/", "/notifications/read/", "/@author/bell/"


@pytest.fixture(autouse=True)
def _nothing_yet(cast: Cast) -> None:
    Notification.objects.all().delete()


def texts(client: Client, address: str = ADDRESS) -> list[str]:
    """Returns the text of each notification on the page."""
    return [" ".join(each.text.split()) for each in Page(client.get(address)).all("p", "notification-sentence")]


def badge(client: Client, address: str = ADDRESS) -> str:
    element = Page(client.get(address)).one("b", "badge")
    return "" if "hidden" in element.attributes else element.text


def test_each_kind_names_its_actor_and_its_act(cast, author, follower, stranger):
    post = make_post(cast.author, "Dear @stranger.", title="A Letter")
    Like.objects.add(cast.follower, post)
    Like.objects.add(cast.stranger, post)
    make_post(cast.stranger, "Thank you.", parent=post)
    cast.stranger.follow(cast.author)
    Follow.objects.set_bell(cast.follower, cast.author, True)
    make_post(cast.author, "More of it.", title="News")
    assert texts(author) == [
        "New: Stranger follows you",
        "New: Stranger replied to you",
        "New: Stranger and 1 other like your post",
    ]
    assert texts(stranger) == ["New: Author mentioned you"]
    assert texts(follower) == ["New: New post: News by Author"]
    assert (badge(author), badge(stranger), badge(follower, "/explore/")) == ("3", "1", "1")


def test_the_viewers_own_like_is_not_counted_among_the_others(cast, author):
    post = make_post(cast.author)
    for user in (cast.author, cast.follower):
        Like.objects.add(user, post)
    assert texts(author) == ["New: Follower likes your post"]
    Like.objects.add(cast.stranger, post)
    assert texts(author) == ["New: Stranger and 1 other like your post"]


def test_new_followers_of_one_day_are_grouped(cast, author):
    for number in range(4):
        make_user(f"number{number}", name=f"Number {number}").follow(cast.author)
    make_post(cast.stranger, "@author")
    make_user("late", name="Late").follow(cast.author)
    old = Notification.objects.get(actor__username="number0")
    Notification.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert texts(author) == [
        "New: Late follows you",
        "New: Stranger mentioned you",
        "New: Number 3 and 2 others follow you",
        "New: Number 0 follows you",
    ]


def test_only_a_post_request_marks_notifications_as_read(cast, author):
    cast.stranger.follow(cast.author)
    for _ in range(2):
        assert texts(author) == ["New: Stranger follows you"]
    upto = Page(author.get(ADDRESS)).one("section", id="notifications")["data-upto"]
    assert author.post(READ, {"upto": upto}, headers=htmx("section#notifications")).status_code == 204
    assert texts(author) == ["Stranger follows you"]
    assert badge(author) == ""


def test_without_scripts_a_button_marks_all_as_read(cast, author):
    cast.stranger.follow(cast.author)
    button = Page(author.get(ADDRESS)).one("button", name="upto")
    answer = author.post(READ, {"upto": button["value"]})
    assert (answer.status_code, answer["Location"]) == (302, ADDRESS)
    assert badge(author) == ""


def test_later_notifications_stay_unread(cast, author):
    make_post(cast.stranger, "@author one")
    upto = Page(author.get(ADDRESS)).one("section", id="notifications")["data-upto"]
    make_post(cast.stranger, "@author two")
    author.post(READ, {"upto": upto})
    assert texts(author) == ["New: Stranger mentioned you", "Stranger mentioned you"]


@pytest.mark.parametrize("upto", ["", "now", "2026-13-99T99:99:99Z", "2026-11-25T08:00:00", "\0", "9" * 5_000])
def test_an_invalid_time_is_refused_with_a_message(cast, author, upto):
    cast.stranger.follow(cast.author)
    answer = author.post(READ, {"upto": upto})
    assert answer.status_code == 404
    assert "This is not a date and time." in answer.text
    assert badge(author) == "1"


def test_a_future_time_counts_as_now(cast, author):
    author.post(READ, {"upto": "2999-01-01T00:00:00Z"})
    cast.stranger.follow(cast.author)
    assert badge(author) == "1"


def test_older_notifications_are_paged_without_repetition(cast, author):
    for number in range(PAGE_SIZE + 5):
        make_post(cast.stranger, f"@author {number}")
    page = Page(author.get(ADDRESS))
    texts = [each.text for each in page.all("p", "notification-text")]
    older = page.one("a", "older")
    part = Page(author.get(ADDRESS + older["href"], headers=htmx("a")))
    texts += [each.text for each in part.all("p", "notification-text")]
    assert texts == [f"@author {number}" for number in reversed(range(PAGE_SIZE + 5))]
    assert part.all("a", "older") == []
    assert author.get(f"{ADDRESS}?before=nonsense").status_code == 404


def test_htmx_reloads_only_the_list(cast, author):
    cast.stranger.follow(cast.author)
    page = Page(author.get(ADDRESS, headers=htmx("section#notifications")))
    assert [element.tag for element in page.elements if element.depth == 0] == ["section"]


def test_the_badge_has_a_maximum(cast, author):
    post = make_post(cast.stranger)
    users = [make_user() for _ in range(3)]
    rows = [
        Notification(recipient=cast.author, actor=users[0], kind="mentioned", post=make_post(cast.stranger))
        for _ in range(102)
    ]
    Notification.objects.bulk_create(rows)
    assert badge(author) == "99+"
    assert post.pk


def test_visitors_have_no_notifications(visitor):
    assert visitor.get(ADDRESS)["Location"].startswith("/accounts/login/")
    assert visitor.post(READ, {"upto": "x"}).status_code == 302
    assert Page(visitor.get("/")).all("b", "badge") == []


def test_hostile_titles_and_texts_are_shown_as_text(cast, author):
    make_post(cast.stranger, "@author <script>alert(1)</script> &amp; **bold**", title="<b>no</b>")
    page = Page(author.get(ADDRESS))
    assert page.one("p", "notification-text").text == "@author <script>alert(1)</script> &amp; bold"
    assert page.all("script", src="") == []


# --- The bell ---


def test_the_bell_is_for_followers(cast, follower, stranger, author):
    assert [Page(client.get("/@author/")).all("button", "bell") for client in (stranger, author)] == [[], []]
    answer = stranger.post(BELL)
    assert answer.status_code == 403
    assert "Follow @author first." in answer.text


def test_the_bell_is_turned_on_and_off_with_and_without_htmx(cast, follower):
    on = Page(follower.post(BELL, headers=htmx("button"))).one("button", "bell")
    assert (on["aria-pressed"], on["name"], on["value"]) == ("true", "_method", "DELETE")
    assert Follow.objects.get(follower=cast.follower).bell
    assert follower.post(BELL, {"_method": "DELETE"})["Location"] == "/@author/"
    off = Page(follower.get("/@author/")).one("button", "bell")
    assert off["aria-pressed"] == "false"
    assert "name" not in off.attributes


def test_turning_off_a_missing_bell_is_no_error(cast, stranger):
    assert stranger.delete(BELL, headers=htmx("button")).status_code == 200


def test_following_again_keeps_the_bell(cast, follower):
    follower.post(BELL)
    assert (
        Page(follower.post("/@author/follow/", headers=htmx("button"))).one("button", "bell")["aria-pressed"] == "true"
    )


def test_a_visitor_is_redirected_to_sign_in(visitor, cast):
    assert visitor.post(BELL).status_code == 302
    assert signed_in(cast.stranger).post("/@nobody/bell/").status_code == 404
