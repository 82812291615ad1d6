"""Polls on pages and in forms, with and without scripts."""

import json
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from django.utils import timezone

from livefeed.content import exports
from livefeed.models import Like, Poll, Post, User, Vote
from tests.factories import make_poll, make_post, make_user, signed_in
from tests.views.html import Page
from tests.views.htmx import htmx

FORM = {"body": "Tea or coffee?", "poll-option_1": "Tea", "poll-option_2": "Coffee", "poll-minutes": "60"}


@pytest.fixture
def poll(cast) -> Poll:
    return make_poll(cast.author)


def form_for(poll: Poll, *places: int) -> dict[str, list[int]]:
    """Returns the fields of a vote for the options at these places."""
    options = list(poll.options.all())
    return {f"choice-{poll.pk}": [options[place].pk for place in places]}


def test_the_composer_posts_a_poll_without_scripts(cast, author):
    assert author.post("/posts/", FORM | {"poll-option_5": " Water ", "poll-is_multiple": "on"}).status_code == 302
    poll = Poll.objects.get()
    assert [option.text for option in poll.options.all()] == ["Tea", "Coffee", "Water"]
    assert poll.is_multiple
    assert 3_590 < (poll.ends_at - timezone.now()).total_seconds() <= 3_600
    page = Page(author.get("/"))
    assert [box["name"] for box in page.all("input", type="checkbox", form="act")] == [f"choice-{poll.pk}"] * 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"poll-option_2": ""}, "at least 2 options"),
        ({"poll-option_2": " tea"}, "are the same"),
        ({"poll-option_2": "x" * 81}, "has 81 characters"),
        ({"poll-minutes": "4"}, "how long"),
        ({"body": " "}, "Ask the question"),
    ],
)
@pytest.mark.parametrize("headers", [{}, htmx()], ids=["plain", "htmx"])
def test_a_poll_that_cannot_be_posted_stays_in_the_form(author, fields, message, headers):
    answer = author.post("/posts/", FORM | {"poll-is_multiple": "on"} | fields, headers=headers)
    page = Page(answer)
    assert answer.status_code == 422
    assert message in " ".join(error.text for error in page.all("p", "field-error"))
    assert page.one("details", "poll-fields")["open"] == ""
    assert page.one("input", name="poll-option_1")["value"] == "Tea"
    assert "checked" in page.one("input", name="poll-is_multiple").attributes
    assert not Post.objects.exists()


def test_empty_options_are_no_poll(author):
    author.post("/posts/", {"body": "Hello.", "poll-option_1": " ", "poll-minutes": "5", "poll-is_multiple": "on"})
    assert Post.objects.get().has_poll is None
    assert not Poll.objects.exists()


def test_a_vote_without_scripts_leads_back_to_the_post_and_shows_the_results(cast, follower, stranger, poll):
    before = Page(follower.get(f"/posts/{poll.pk}/"))
    fields = form_for(poll, 1)
    chosen = fields[f"choice-{poll.pk}"][0]
    assert before.one("input", name=f"choice-{poll.pk}", value=str(chosen))["form"] == "act"
    (button,) = before.all("button", "poll-vote")
    answer = follower.post(button["formaction"], fields)
    assert answer.headers["Location"] == poll.post.get_absolute_url()
    page = Page(follower.get(answer.headers["Location"]))
    assert [result.text.split() for result in page.all("span", "poll-result")] == [
        ["0", "%,", "0", "votes"],
        ["100", "%,", "1", "vote"],
    ]
    assert f"#option-{chosen} {{ --own-vote" in " ".join(page.one("style").text.split()).replace("\n", " ")
    assert page.one("template", "votes")["data-options"] == str(chosen)
    assert Page(stranger.get(f"/posts/{poll.pk}/")).all("template", "votes") == []


def test_every_list_of_posts_shows_the_viewers_votes(cast, follower, poll):
    poll.vote(cast.follower, form_for(poll, 0)[f"choice-{poll.pk}"])
    cast.follower.bookmarks.create(post=poll.post)
    Like.objects.add(cast.follower, poll.post)  # else it is not popular
    for address in ("/", "/explore/", "/explore/popular/", "/@author/", "/bookmarks/", "/search/?q=coffee"):
        assert Page(follower.get(address)).all("template", "votes"), address


def test_htmx_gets_the_present_numbers_and_a_repetition_changes_nothing(follower, stranger, poll):
    address = f"/posts/{poll.pk}/votes/"
    for _ in range(2):
        assert follower.post(address, form_for(poll, 0), headers=htmx()).json() == {"votes": 1, "options": [1, 0]}
    assert stranger.post(address, form_for(poll, 0), headers=htmx()).json() == {"votes": 2, "options": [2, 0]}


def test_another_vote_is_refused_with_the_reason(follower, poll):
    address = f"/posts/{poll.pk}/votes/"
    follower.post(address, form_for(poll, 0))
    for headers in ({}, htmx()):
        answer = follower.post(address, form_for(poll, 1), headers=headers)
        assert (answer.status_code, "votes are final" in answer.text) == (409, True)
    assert Poll.objects.get().counts == {"votes": 1, "options": [1, 0]}


@pytest.mark.parametrize("value", ["", "x", "-1", "0", "9" * 30, "²"])
def test_a_choice_that_is_no_option_is_refused(follower, poll, value):
    assert follower.post(f"/posts/{poll.pk}/votes/", {f"choice-{poll.pk}": value}).status_code == 409
    assert not Vote.objects.exists()


def test_only_readers_of_a_poll_may_vote(cast, visitor, stranger, poll):
    secret = make_poll(cast.author, audience="followers")
    plain = make_post(cast.author)
    assert stranger.post(f"/posts/{secret.pk}/votes/", form_for(secret, 0)).status_code == 404
    assert stranger.post(f"/posts/{plain.pk}/votes/", form_for(poll, 0)).status_code == 404
    assert visitor.post(f"/posts/{poll.pk}/votes/", form_for(poll, 0)).headers["Location"] == "/accounts/login/"
    pending = signed_in(make_user("pending", activated_at=None))
    answer = pending.post(f"/posts/{poll.pk}/votes/", form_for(poll, 0))
    assert (answer.status_code, "not activated" in answer.text) == (403, True)
    assert not Vote.objects.exists()


def test_an_edit_keeps_the_poll_and_its_question(author, poll):
    address = f"/posts/{poll.pk}/"
    assert "poll stays as it is" in author.get(f"{address}edit/").text
    answer = author.post(address, {"body": "", "version": "1"})
    assert (answer.status_code, Post.objects.get().body) == (422, "Tea or coffee?")
    author.post(address, {"body": "Coffee?", "version": "1", "poll-option_1": "Changed", "poll-option_2": "Too"})
    assert Post.objects.get().body == "Coffee?"
    assert [option.text for option in Poll.objects.get().options.all()] == ["Tea", "Coffee"]


def test_the_fragment_of_a_poll_is_the_same_for_every_viewer(cast, follower, author, poll):
    follower.post(f"/posts/{poll.pk}/votes/", form_for(poll, 0))
    fragments = {client.get(f"/posts/{poll.pk}/", headers=htmx("a")).text for client in (follower, author)}
    assert len(fragments) == 1


def test_an_ended_poll_shows_its_results_to_all(visitor, poll):
    assert "ended" not in Page(visitor.get("/explore/")).one("fieldset").classes
    Poll.objects.update(ends_at=timezone.now())
    assert "ended" in Page(visitor.get("/explore/")).one("fieldset").classes


def test_the_poll_and_the_users_own_votes_are_exported(cast, poll):
    poll.vote(cast.follower, form_for(poll, 0)[f"choice-{poll.pk}"])
    of_author, of_follower = exported(cast.author), exported(cast.follower)
    options = [{"text": "Tea", "votes": 1}, {"text": "Coffee", "votes": 0}]
    shown = {"options": options, "multiple": False, "ends_at": poll.ends_at.isoformat(), "votes": 1}
    assert [post["poll"] for post in of_author["posts"]] == [shown]
    assert of_author["votes"] == []
    assert of_follower["votes"] == [{"id": poll.pk, "author": "author", "options": ["Tea"]}]


def exported(user: User) -> dict[str, Any]:
    """Returns the data of a user's export, whose page for readers must show the poll too."""
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        exports.write(user, archive)
    with ZipFile(file) as archive:
        assert "Tea" in archive.read("index.html").decode()
        data: dict[str, Any] = json.loads(archive.read("livefeed.json"))
        return data
