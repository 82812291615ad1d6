"""Error pages and notices."""

from collections.abc import Iterator
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from tests.views.html import Page
from tests.views.htmx import INTO_NOTICES, htmx, swap_of

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


def is_a_sentence(text: str) -> bool:
    return text.strip().endswith(".") and not any(words in text for words in FOR_PROGRAMMERS)


@pytest.mark.parametrize("address", MISSING)
def test_a_missing_page_is_404_with_a_message(follower, address):
    answer = follower.get(address)

    assert answer.status_code == 404
    page = Page(answer)
    assert page.one("h1").text == "Page not found"
    assert is_a_sentence(page.all("p")[-1].text)


def test_an_unknown_url_has_the_same_page_in_development(visitor, settings):
    settings.DEBUG = True
    page = Page(visitor.get("/nothing/"))
    assert page.one("h1").text == "Page not found"
    assert visitor.get("/explore").headers["Location"] == "/explore/"


@pytest.mark.parametrize("address", MISSING)
def test_htmx_gets_only_a_notice(follower, address):
    answer = follower.get(address, headers=htmx("a"))

    assert answer.status_code == 404
    assert swap_of(answer) == INTO_NOTICES
    page = Page(answer)
    assert [element.tag for element in page.elements] == ["p"]
    assert is_a_sentence(page.one("p", "notice").text)


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/@nobody/follow/", {}),
        ("/@nobody/follow/", {"_method": "DELETE"}),
        ("/posts/999999/", {"body": "Changed.", "version": "1"}),
        ("/posts/999999/", {"_method": "DELETE"}),
    ],
)
def test_changing_what_does_not_exist_is_404_with_a_message(follower, address, fields):
    answer = follower.post(address, fields, headers=htmx("button"))

    assert answer.status_code == 404
    assert swap_of(answer) == INTO_NOTICES
    assert is_a_sentence(Page(answer).one("p", "notice").text)


@pytest.mark.parametrize(
    ("verb", "address"),
    [("put", "/posts/{}/"), ("patch", "/posts/{}/"), ("delete", "/posts/"), ("post", "/posts/{}/edit/")],
)
def test_other_methods_get_405_with_the_allowed_ones(author, post, verb, address):
    answer = getattr(author, verb)(address.format(post.pk))

    assert answer.status_code == 405
    assert answer.headers["Allow"]


# --- Server errors ---


@pytest.fixture
def unlucky(author: Client) -> Iterator[Client]:
    """The author, with posts that fail to save."""
    author.raise_request_exception = False
    with patch("livefeed.models.post.PostManager.publish", side_effect=RuntimeError("on purpose")):
        yield author


def test_a_server_error_has_a_page(unlucky):
    answer = unlucky.post("/posts/", {"body": "Good morning."})

    assert answer.status_code == 500
    assert Page(answer).one("h1").text == "Something went wrong on our side"
    assert "on purpose" not in answer.content.decode()


def test_a_server_error_for_htmx_leaves_the_form(unlucky):
    answer = unlucky.post("/posts/", {"body": "Good morning."}, headers=htmx())

    assert answer.status_code == 500
    assert swap_of(answer) == INTO_NOTICES
    assert is_a_sentence(Page(answer).one("p", "notice").text)


def send_too_much(client: Client, **extra):
    form = urlencode({"body": "x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)})
    return client.post("/posts/", form, content_type="application/x-www-form-urlencoded", **extra)


def test_too_large_a_request_is_refused_with_a_message(author):
    answer = send_too_much(author)

    assert answer.status_code in (400, 413)
    assert is_a_sentence(Page(answer).all("p")[-1].text)


def test_too_large_a_request_for_htmx_leaves_the_form(author):
    answer = send_too_much(author, headers=htmx())

    assert answer.status_code in (400, 413)
    assert swap_of(answer) == INTO_NOTICES
    assert is_a_sentence(Page(answer).one("p", "notice").text)
