"""Hostile input in every field and URL: each is answered with a message, never with a server error.

PostgreSQL refuses what SQLite accepts (null bytes, texts longer than their column): bin/test runs what can reach the
database on both, on PostgreSQL with the texts of DIFFERENT_BY_DATABASE only.
Each test loops over all texts, since creating users and signing in costs more than a request.
"""

import uuid
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from livefeed.models import Picture, Post, Profile
from tests import image_files, selection
from tests.views.cases import isolated_case
from tests.views.html import Page
from tests.views.htmx import htmx

ALL_TEXTS: dict[str, str | bytes] = {
    "null byte": "a\0b",
    "direction": "\u202eabc",
    "surrogate": b"\xed\xa0\x80",
    "great number": "9" * 40,
    "negative": "-1",
    "other digits": "\uff19",
    "infinite": "1e309",
    "no number": "NaN",
    "query": "' OR 1=1--",
    "long": "x" * 100_000,
    "grows": "\ufdfa\u00df\ufb03" * 16,
}
DIFFERENT_BY_DATABASE = ("null byte", "surrogate", "great number", "long", "grows")
TEXTS = {
    name: text
    for name, text in ALL_TEXTS.items()
    if selection.FULL or connection.vendor == "sqlite" or name in DIFFERENT_BY_DATABASE
}
EITHER_WAY = pytest.mark.parametrize(
    "extra",
    [
        pytest.param({}, id="plain", marks=pytest.mark.both),
        pytest.param({"headers": htmx()}, id="htmx", marks=pytest.mark.full),
    ],
)


def is_answered(answer) -> bool:
    """True if the input was accepted, or refused with a message."""
    if answer.status_code in (200, 302):
        return True
    return answer.status_code in (400, 404, 409, 422) and Page(answer).all("p") != []


def as_text(text: str | bytes) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


@EITHER_WAY
@pytest.mark.parametrize(
    "field", ["title", "body", "key", "parent", "audience", "picture", "picture_description", "picture_removed"]
)
def test_a_post_is_accepted_or_refused_with_a_message(author, field, extra):
    picture = {"picture": str(uuid.uuid4())} if field == "picture_description" else {}
    for name, text in TEXTS.items():
        with isolated_case(name):
            answer = author.post("/posts/", {"body": "My words.", **picture, field: text}, **extra)

            assert is_answered(answer)
            assert Post.objects.exists() or Page(answer).errors


@pytest.mark.both
@pytest.mark.parametrize("field", ["title", "body", "version", "picture", "_method"])
def test_an_edit_is_accepted_or_refused_with_a_message(author, post, field):
    for name, text in TEXTS.items():
        with isolated_case(name):
            answer = author.post(post.get_absolute_url(), {"body": "Changed.", "version": "1", field: text})

            assert is_answered(answer)
            assert Post.objects.get().version == 2 or Page(answer).errors


@pytest.mark.both
@pytest.mark.parametrize("field", ["name", "about", "link_1", "avatar", "avatar_removed", "avatar_file"])
def test_a_profile_is_accepted_or_refused_with_a_message(author, field):
    for name, text in TEXTS.items():
        with isolated_case(name):
            answer = author.post("/settings/profile/", {"name": "Ada", field: text})

            assert answer.status_code == 302 or Page(answer).errors


@pytest.mark.parametrize("address", ["https://example.org/{}", "https://{}.example.org", "{}:x@example.org", "//{}"])
def test_a_link_holds_no_invisible_characters(author, cast, address):
    for name, text in TEXTS.items():
        with isolated_case(name):
            answer = author.post("/settings/profile/", {"name": "Ada", "link_1": address.format(as_text(text))})

            assert answer.status_code == 302 or Page(answer).errors
            saved = Profile.objects.for_user(cast.author).links
            assert saved.isprintable()
            assert "\u202e" not in saved


@pytest.mark.both
def test_a_text_with_such_a_tag_is_posted_and_its_links_lead_to_pages(author):
    for name, text in TEXTS.items():
        with isolated_case(name):
            tag = as_text(text)
            assert author.post("/posts/", {"body": f"Look: #{tag[:4_000]} #a{tag[:40]}"}).status_code == 302

            links = [link["href"] for link in Page(author.get("/")).all("a") if link.is_written]
            assert [author.get(link).status_code for link in links] == [200] * len(links)


@EITHER_WAY
@pytest.mark.parametrize(
    "address",
    [
        "/?before={}",
        "/explore/?before={}",
        "/posts/complete/?q=@{}",
        "/posts/complete/?q=%23{}",
        "/posts/{}/",
        "/posts/1/?after={}",
        "/pictures/{}/",
        "/tags/{}/",
        "/@{}/",
        "/@author/{}/",
        "/accounts/confirm-email/{}/",
        "/accounts/login/?next={}",
        "/accounts/password/reset/key/{}/",
        "/static/{}",
        "/{}",
    ],
)
def test_a_url_leads_to_a_page_or_a_message(author, address, extra):
    for name, text in TEXTS.items():
        with isolated_case(name):
            assert is_answered(author.get(address.format(quote(text[:3_000])), **extra))


@pytest.mark.both
def test_a_user_of_such_a_name_cannot_be_followed(author):
    for name, text in TEXTS.items():
        with isolated_case(name):
            answer = author.post(f"/@{quote(text[:3_000])}/follow/")

            assert answer.status_code == 404
            assert is_answered(answer)


@pytest.mark.both
@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/accounts/login/", "login"),
        ("/accounts/login/", "password"),
        ("/accounts/login/", "next"),
        ("/accounts/signup/", "username"),
        ("/accounts/signup/", "email"),
        ("/accounts/signup/", "password1"),
        ("/accounts/password/reset/", "email"),
        ("/posts/preview/", "body"),
    ],
)
def test_an_account_form_is_accepted_or_refused_with_a_message(db, address, field):
    valid = {
        "login": "author",
        "password": "wrong",
        "username": "somebody",
        "email": "somebody@example.org",
        "password1": "correct horse battery",
    }
    for name, text in TEXTS.items():
        with isolated_case(name):
            answer = Client().post(address, {**valid, field: text})

            assert answer.status_code == 429 or is_answered(answer)


@pytest.mark.both
@pytest.mark.parametrize("cookie", [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages"])
def test_a_client_with_such_a_cookie_is_a_visitor(db, cookie):
    for text in ("\0" * 32, "a" * 8_000, "\u00ff" * 32, "' OR 1=1--------"):
        with isolated_case(repr(text[:8])):
            client = Client()
            client.cookies[cookie] = text

            assert client.get("/").status_code == 200
            assert client.get("/settings/profile/").status_code == 302
            assert client.post("/posts/", {"body": "Hello."}).status_code == 401


FILE_NAMES = [
    "a\0b.svg",
    "\u202egnp.svg",
    "<img src=x onerror=alert(1)>.svg",
    "a\r\nX-Y: z.svg",
    '"; name="body',
    "\u200b.svg",
]


@pytest.mark.parametrize(
    ("address", "field"), [("/posts/", "files"), ("/pictures/", "file"), ("/settings/profile/", "avatar_file")]
)
def test_a_file_with_such_a_name_is_refused_with_a_message(author, address, field):
    for name in FILE_NAMES:
        with isolated_case(name):
            head = f"Content-Disposition: form-data; name=\"{field}\"; filename*=UTF-8''{quote(name)}"
            sent = f"--B\r\n{head}\r\nContent-Type: image/svg+xml\r\n\r\n".encode() + image_files.SVG + b"\r\n--B--\r\n"
            answer = author.post(address, sent, content_type="multipart/form-data; boundary=B")

            assert answer.status_code == 422
            assert "Only JPEG, PNG, WebP and GIF" in answer.text
            assert not any(char in answer.text for char in "\0\u202e")
            assert Page(answer).all("img", src="x") == []
            assert not Picture.objects.exists()
