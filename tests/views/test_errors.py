"""What is said when something is not there, or did not work."""

from collections.abc import Iterator
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from tests.views.html import Page
from tests.views.htmx import TO_THE_NOTICES, goes_to, htmx

MISSING = [
    "/nothing/",
    "/@nobody/",
    "/@no body/",
    "/posts/0/",
    "/posts/999999/",
    "/posts/99999999999999999999999999/",
    "/posts/999999/edit/",
    "/?before=nonsense",
]
FOR_PROGRAMMERS = ("matches the given query", "Exception", "Error", "None", "{", "'")


def is_a_sentence_for_people(text: str) -> bool:
    return text.strip().endswith(".") and not any(words in text for words in FOR_PROGRAMMERS)


@pytest.mark.parametrize("address", MISSING)
def test_a_page_that_is_not_there_says_so_in_a_sentence(follower, address):
    answer = follower.get(address)

    assert answer.status_code == 404
    page = Page(answer)
    assert page.one("h1").text == "Page not found"
    assert is_a_sentence_for_people(page.all("p")[-1].text)


@pytest.mark.parametrize("address", MISSING)
def test_htmx_gets_only_the_sentence_and_replaces_nothing_but_the_notices(follower, address):
    answer = follower.get(address, headers=htmx("a"))

    assert answer.status_code == 404
    assert goes_to(answer) == TO_THE_NOTICES
    page = Page(answer)
    assert [element.tag for element in page.elements] == ["p"]
    assert is_a_sentence_for_people(page.one("p", "notice").text)


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/@nobody/follow/", {}),
        ("/@nobody/follow/", {"_method": "DELETE"}),
        ("/posts/999999/", {"body": "Changed.", "version": "1"}),
        ("/posts/999999/", {"_method": "DELETE"}),
    ],
)
def test_what_is_not_there_cannot_be_changed_and_a_sentence_says_so(follower, address, fields):
    answer = follower.post(address, fields, headers=htmx("button"))

    assert answer.status_code == 404
    assert goes_to(answer) == TO_THE_NOTICES
    assert is_a_sentence_for_people(Page(answer).one("p", "notice").text)


@pytest.mark.parametrize(
    ("verb", "address"),
    [("put", "/posts/{}/"), ("patch", "/posts/{}/"), ("delete", "/posts/"), ("post", "/posts/{}/edit/")],
)
def test_what_cannot_be_asked_for_is_refused_with_what_can(author, post, verb, address):
    answer = getattr(author, verb)(address.format(post.pk))

    assert answer.status_code == 405
    assert answer.headers["Allow"]


# --- What failed ---


@pytest.fixture
def unlucky(author: Client) -> Iterator[Client]:
    """The author, whose posts cannot be saved just now."""
    author.raise_request_exception = False
    with patch("livefeed.models.post.PostManager.publish", side_effect=RuntimeError("on purpose")):
        yield author


def test_what_failed_says_so_in_plain_words(unlucky):
    answer = unlucky.post("/posts/", {"body": "Good morning."})

    assert answer.status_code == 500
    assert Page(answer).one("h1").text == "Something went wrong on our side"
    assert "on purpose" not in answer.content.decode()


def test_what_failed_for_htmx_replaces_nothing_that_was_typed(unlucky):
    answer = unlucky.post("/posts/", {"body": "Good morning."}, headers=htmx())

    assert answer.status_code == 500
    assert goes_to(answer) == TO_THE_NOTICES
    assert is_a_sentence_for_people(Page(answer).one("p", "notice").text)


def send_too_much(client: Client, **how):
    form = urlencode({"body": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)})
    return client.post("/posts/", form, content_type="application/x-www-form-urlencoded", **how)


def test_more_than_is_ever_read_is_refused_with_a_sentence(author):
    answer = send_too_much(author)

    assert answer.status_code in (400, 413)
    assert is_a_sentence_for_people(Page(answer).all("p")[-1].text)


def test_more_than_is_ever_read_is_refused_for_htmx_without_replacing_what_was_typed(author):
    answer = send_too_much(author, headers=htmx())

    assert answer.status_code in (400, 413)
    assert goes_to(answer) == TO_THE_NOTICES
    assert is_a_sentence_for_people(Page(answer).one("p", "notice").text)
