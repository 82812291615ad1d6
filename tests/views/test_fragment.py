"""The HTML of a post: the same for every viewer, with hostile text as text."""

import re

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from livefeed.content.fragments import render_post
from livefeed.content.sanitize import clean_line, clean_text
from livefeed.models import Post, User
from tests.factories import make_post
from tests.views.html import Page
from tests.views.htmx import htmx

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '<div hx-get="/" hx-trigger="load" hx-swap-oob="true" id="composer">',
    "</p></article><article id=post-1>",
    "</title><script>alert(1)</script>",
    "</textarea></form>",
    '<hx-partial hx-target="#posts">',
    "<!-- --!> <![CDATA[",
    "{{ csrf_token }}{% include 'base.html' %}",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#x202e; &#0;",
    "\u202eevitan\u202c \u2066isolated\u2069 \u200f\u200e",
    "null\0byte and a \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "one line\nanother\r\n\tand a third",
]
EVERY_PAGE = ["/", "/explore/", "/@author/", "/posts/{}/"]


def squeezed(text: str) -> str:
    """Returns a text with each run of white space as one space, as browsers show it."""
    return " ".join(text.split())


def article(html: str, post: Post) -> str:
    """Returns the HTML of a post in a page."""
    found = re.findall(rf'<article id="post-{post.pk}".*?</article>\n', html, re.DOTALL)
    assert len(found) == 1
    return found[0]


# --- The same for every viewer ---


def test_a_post_is_the_same_html_for_every_viewer_on_every_page(author, follower, stranger, visitor, post):
    fragment = render_post(post)

    for client in (author, follower, stranger, visitor):
        for address in EVERY_PAGE if client is not stranger else EVERY_PAGE[1:]:
            assert article(client.get(address.format(post.pk)).content.decode(), post) == fragment
        assert client.get(post.get_absolute_url(), headers=htmx("a")).content.decode() == fragment


def test_a_new_post_is_returned_as_the_html_of_every_viewer(author, visitor):
    answer = author.post("/posts/", {"body": "Good morning.", "title": "Today"}, headers=htmx()).content.decode()

    assert article(answer, Post.objects.get()) == render_post(Post.objects.get())


def test_older_posts_have_the_same_html(cast, follower, post):
    Post.objects.filter(pk=post.pk).update(created_at="2020-01-01T00:00:00Z")
    newer = make_post(cast.author)
    post.refresh_from_db()

    answer = follower.get(f"/?before={newer.sort_key}", headers=htmx("a")).content.decode()

    assert article(answer, post) == render_post(post)


def test_the_html_of_a_post_has_no_token_and_no_viewer(cast, follower, post):
    token = Page(follower.get("/")).all("input", name="csrfmiddlewaretoken")[0]["value"]
    found = article(follower.get("/").content.decode(), post)

    assert token not in found
    assert "csrf" not in found
    assert "follower" not in found.lower()
    assert "nonce" not in found


def test_rendering_a_post_needs_no_query(post, django_assert_num_queries):
    loaded = Post.objects.select_related("author").get(pk=post.pk)

    with django_assert_num_queries(0):
        render_post(loaded)


# --- Hostile text ---


@pytest.mark.parametrize("address", [*EVERY_PAGE, "/posts/{}/edit/"])
def test_hostile_text_is_shown_as_text(cast, author, address):
    post = make_post(cast.author, "harmless", "harmless")
    harmless = Page(author.get(address.format(post.pk)))

    for text in HOSTILE:
        Post.objects.filter(pk=post.pk).update(title=clean_line(text), body=clean_text(text))
        page = Page(author.get(address.format(post.pk)))

        assert page.skeleton == harmless.skeleton, text
        assert page.unmatched == []
        if "edit" in address:
            assert page.field_values["body"] == clean_text(text)
        else:
            assert squeezed(page.one(css="post-body").text) == squeezed(clean_text(text))


@pytest.mark.parametrize("address", [*EVERY_PAGE, "/@follower/"])
def test_a_hostile_name_is_shown_as_text(cast, follower, post, address):
    harmless = Page(follower.get(address.format(post.pk)))

    for text in (text for text in HOSTILE if len(text) <= 50 and "\0" not in text):
        User.objects.update(name=text)
        page = Page(follower.get(address.format(post.pk)))

        assert page.skeleton == harmless.skeleton, text
        assert page.unmatched == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_from_the_composer_is_saved_and_returned_as_text(author, text):
    harmless = Page(author.post("/posts/", {"title": "x", "body": "x"}, headers=htmx()))
    page = Page(author.post("/posts/", {"title": text, "body": text}, headers=htmx()))

    assert page.skeleton == harmless.skeleton
    assert squeezed(page.one(css="post-body").text) == squeezed(clean_text(text))
    assert page.posts == [Post.objects.latest("pk").pk]


@given(title=st.text(max_size=120), body=st.text(min_size=1, max_size=200))
def test_no_text_changes_the_elements_of_a_post(title, body):
    author = User(pk=1, username="author")
    harmless = Page(render_post(Post(pk=7, author=author, title="x" if title else "", body="x")))

    page = Page(render_post(Post(pk=7, author=author, title=title, body=body)))

    assert page.skeleton == harmless.skeleton
    assert page.unmatched == []
    assert page.is_safe


@given(name=st.text(min_size=1, max_size=50))
def test_no_name_changes_the_elements_of_a_post(name):
    harmless, page = (
        Page(render_post(Post(pk=7, author=User(pk=1, username="author", name=each), body="x"))) for each in ("x", name)
    )

    assert page.skeleton == harmless.skeleton
    assert page.unmatched == []


def test_template_syntax_in_a_post_is_text(author: Client):
    author.post("/posts/", {"body": "{{ user.password }}{% debug %}"})

    assert squeezed(Page(author.get("/")).one(css="post-body").text) == "{{ user.password }}{% debug %}"
