"""Writing a new post."""

import uuid
from urllib.parse import urlencode

import pytest
from django.test import Client

from livefeed.content.fragments import render_post
from livefeed.models import Post, User
from livefeed.models.post import BODY_MAX, TITLE_MAX
from tests.views.html import Page
from tests.views.htmx import htmx, swap_of

KEY = str(uuid.UUID("6a1ec3a9-7d3b-4f0e-9a43-5f2d6c1b0e11"))
EITHER_WAY = pytest.mark.parametrize("extra", [{}, {"headers": htmx()}], ids=["plain", "htmx"])
HOSTILE = '</textarea><script>alert(1)</script>\u202e\0"'


def write(client: Client, body: str = "Good morning.", title: str = "", extra: dict | None = None, **fields):
    return client.post("/posts/", {"title": title, "body": body, "key": KEY, **fields}, **(extra or {}))


# --- Accepted posts ---


def test_a_post_without_htmx_redirects_home_where_it_is_first(author):
    answer = write(author, title="Today")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    post = Post.objects.get()
    assert (post.title, post.body) == ("Today", "Good morning.")
    assert Page(author.get("/")).posts == [post.pk]


def test_htmx_gets_only_the_post_for_the_top_of_the_feed(author):
    answer = write(author, extra={"headers": htmx()})

    assert answer.status_code == 200
    assert answer.text == render_post(Post.objects.get())
    assert swap_of(answer) == ("#posts", "afterbegin")


@EITHER_WAY
@pytest.mark.parametrize("key", [KEY, ""])
def test_a_post_of_the_maximum_length_is_accepted(author, key, extra):
    write(author, "x" * BODY_MAX, "t" * TITLE_MAX, extra, key=key)

    assert len(Post.objects.get().body) == BODY_MAX


@EITHER_WAY
def test_a_line_end_counts_as_one_character_although_browsers_send_two(author, extra):
    lines = "x\r\n" * (BODY_MAX // 2 - 1) + "xx"

    write(author, lines, extra=extra)

    assert Post.objects.get().body == lines.replace("\r\n", "\n")


def test_text_is_normalized(author):
    write(author, "  Good\u202e\r\nmorning.\0 \n", " To\u200eday\n ")

    post = Post.objects.get()
    assert (post.title, post.body) == ("Today", "Good\nmorning.")


def test_unknown_fields_are_ignored(author, cast):
    write(author, author=cast.stranger.pk, version=7, created_at="1999-01-01", edited_at="1999-01-01", pk=12345)

    post = Post.objects.get()
    assert (post.author, post.version, post.is_edited) == (cast.author, 1, False)
    assert post.created_at.year > 2000
    assert post.pk != 12345


# --- Idempotency ---


def test_a_form_sent_twice_creates_one_post(author):
    answers = [write(author) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Post.objects.count() == 1


def test_htmx_sending_twice_gets_the_same_post_twice(author):
    first, second = (Page(write(author, extra={"headers": htmx()})) for _ in range(2))

    assert first.posts == second.posts == [Post.objects.get().pk]


@EITHER_WAY
def test_another_text_under_a_used_key_is_not_lost(author, extra):
    for body in ("Good morning.", "Good night."):
        write(author, body, extra=extra)

    assert {post.body for post in Post.objects.all()} == {"Good morning.", "Good night."}


def test_the_key_of_another_author_does_not_reveal_their_post(author, stranger):
    for client in (author, stranger):
        write(client)

    assert Post.objects.count() == 2


# --- Refused posts ---


REFUSED = [
    ("", "", "Write something first."),
    ("", "Only a title", "Write something first."),
    (" \r\n\t \u202e\0", "", "Write something first."),
    ("\u200b\u2060 \u3164\n\U000e0041\u115f\u2800", "", "Write something first."),
    ("x" * (BODY_MAX + 1), "", "Your post has 5001 characters. The limit is 5,000."),
    ("x" * 100_000, "", "Your post has 100000 characters. The limit is 5,000."),
    ("Hello.", "t" * (TITLE_MAX + 1), "The title has 121 characters. The limit is 120."),
]


@EITHER_WAY
@pytest.mark.parametrize(("body", "title", "sentence"), REFUSED)
def test_a_refused_post_is_returned_whole_with_a_message_at_its_field(author, body, title, sentence, extra):
    answer = write(author, body, title, extra)

    page = Page(answer)
    assert answer.status_code == 422
    assert page.errors == [sentence]
    assert page.field_values == {"title": title, "body": body, "key": KEY, "parent": ""}
    assert not Post.objects.exists()


@EITHER_WAY
def test_100000_characters_of_four_bytes_each_are_returned_whole(author, extra):
    form = urlencode({"body": "\U0001f600" * 100_000, "key": KEY})

    answer = author.post("/posts/", form, content_type="application/x-www-form-urlencoded", **extra)

    assert answer.status_code == 422
    assert Page(answer).field_values["body"] == "\U0001f600" * 100_000


@EITHER_WAY
@pytest.mark.parametrize(("field", "body", "title"), [("body", "", ""), ("title", "x", "t" * 200)])
def test_the_message_is_linked_to_its_field_for_screen_readers(author, field, body, title, extra):
    page = Page(write(author, body, title, extra))

    (message,) = page.all("p", "field-error")
    (control,) = (each for each in page.all() if each.attributes.get("name") == field)
    assert message["role"] == "alert"
    assert control["aria-invalid"] == "true"
    assert message["id"] in control["aria-describedby"].split()


def test_a_refused_post_returns_the_composer_to_htmx_and_a_page_otherwise(author, cast):
    fragment, page = (Page(write(author, "", extra=extra)) for extra in ({"headers": htmx()}, {}))

    assert [element.tag for element in fragment.elements if element.depth == 0] == ["form"]
    assert page.one("title").text == "Home · Livefeed"


@EITHER_WAY
@pytest.mark.parametrize("body", [HOSTILE, HOSTILE * 5_000])
def test_refused_hostile_text_is_returned_as_text(author, body, extra):
    title = HOSTILE * 20

    page = Page(write(author, body, title, extra))
    harmless = Page(write(author, "x", "x" * (TITLE_MAX + 1), extra))

    assert page.field_values["body"] == body
    assert page.field_values["title"] == title
    assert page.unmatched == []
    if len(body) <= BODY_MAX:
        assert page.skeleton == harmless.skeleton


@EITHER_WAY
@pytest.mark.parametrize("key", ["x", "0", "' OR 1=1--", "\0", "9" * 10_000])
def test_an_invalid_key_is_replaced_or_explained(author, key, extra):
    answer = write(author, key=key, extra=extra)

    assert Post.objects.count() == 1 or Page(answer).errors
    assert Post.objects.count() == 1 or uuid.UUID(Page(answer).field_values["key"])


# --- Signed out ---


@EITHER_WAY
@pytest.mark.parametrize("body", ["Good morning.", HOSTILE])
def test_a_post_sent_after_signing_out_is_returned_with_a_message(visitor, body, extra):
    answer = write(visitor, body, "Today", extra)

    page = Page(answer)
    assert answer.status_code == 401
    assert page.field_values == {"title": "Today", "body": body, "key": KEY, "parent": ""}
    assert page.errors[0].startswith("You are signed out.")
    assert not Post.objects.exists()


def test_without_htmx_the_returned_post_has_a_link_to_sign_in(visitor):
    assert Page(write(visitor)).one("a", target="_blank")["href"] == "/accounts/login/"


@EITHER_WAY
def test_signing_in_is_required_before_the_text_is_validated(visitor, extra):
    answer = write(visitor, "", extra=extra)

    assert answer.status_code == 401
    assert Page(answer).errors[0].startswith("You are signed out.")


@EITHER_WAY
def test_a_deactivated_user_cannot_post_with_an_existing_session(cast, author, extra):
    User.objects.filter(pk=cast.author.pk).update(is_active=False)

    assert write(author, extra=extra).status_code == 401
    assert not Post.objects.exists()


def test_the_url_of_all_posts_redirects_home(visitor):
    assert visitor.get("/posts/").headers["Location"] == "/"
