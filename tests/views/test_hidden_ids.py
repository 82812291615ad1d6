"""A URL with the id of something hidden answers as one with an id that does not exist: to every method, with the same
status, headers, body and number of queries.

`bin/test --full` uses every method and form, and `bin/test` those that differ most."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, resolve
from django.utils.http import int_to_base36

from livefeed import urls
from livefeed.accounts.session_store import SIGN_IN
from livefeed.models import Announcement, Picture, Post, Token, User
from livefeed.models.picture import Attachment
from tests import selection
from tests.factories import Cast, make_announcement, make_cast, make_post, make_user, signed_in
from tests.image_files import file
from tests.views.cases import isolated_case
from tests.views.htmx import htmx

FIRST_ID = 700_000
FIRST_POST_ID = 800_000
"""Ids that are found in a page only where they are meant, unlike 1 and 2."""
MISSING_ID = 999_999
MISSING_NAME = "nobody"
VARYING = re.compile(r'nonce[=-]"?[\w+/=-]+|name="csrfmiddlewaretoken" value="\w+"|name="key" value="[\w-]+"')
"""Parts that differ between two requests of the same URL."""
VARYING_HEADERS = ("Content-Length", "Expires")
POST_URLS = ["", "edit/", "delete/", "removal/", "like/", "bookmark/", "votes/", "writing/", "?after=1"]
ALL_METHODS = ["get", "delete", "head", "options", "put", "patch"]
"""No view defines PUT or PATCH; HEAD and OPTIONS are answered by Django's own views."""
METHODS = ALL_METHODS if selection.FULL else ALL_METHODS[:2]
ALL_FORMS: list[dict[str, str]] = [
    {"body": "Changed.", "version": "1"},
    {},
    {"_method": "DELETE"},
    {"body": "", "version": "x"},
]
FORMS = ALL_FORMS if selection.FULL else ALL_FORMS[:1]
WITHOUT_IDS = {"account_confirm_email", "openid_connect_login", "openid_connect_callback", "trace"}
"""Names of URLs whose parameter is a signed secret, the name of the provider on the sign-in page, or the number of a
trace, which only staff may open."""


@dataclass
class Row:
    """A URL, an id of something hidden for it and one that does not exist."""

    address: str
    hidden: object
    missing: object
    costs_more: bool = False
    """True if what is hidden costs queries too: a list leaves it out, or the id is a user's and no secret."""


@pytest.fixture
def cast(db) -> Cast:
    """The cast, with ids from FIRST_ID on; posts get ids from FIRST_POST_ID on."""
    User.objects.bulk_create([User(pk=FIRST_ID, username="first", is_active=False)])
    Post.objects.bulk_create([Post(pk=FIRST_POST_ID, author_id=FIRST_ID, body="First.")])
    return make_cast()


@pytest.fixture
def hidden_user(cast: Cast):
    """A suspended user with a public post."""
    user = make_user("ghost")
    make_post(user, "By a suspended author.")
    user.is_active = False
    user.save()
    return user


@pytest.fixture
def rows(cast: Cast, hidden_user) -> list[Row]:
    """All URLs with parameters, for visitors and for the stranger."""
    thread = make_post(cast.author, "For followers. #ghosts", audience="followers")
    reply = make_post(cast.author, "A reply.", parent=thread, audience="followers")
    removed = make_post(cast.author, "Removed.")
    removed.remove()
    posts = [thread, reply, removed, Post.objects.get(author=hidden_user)]
    unused, used = Picture.objects.store(cast.author, file()), Picture.objects.store(cast.author, file())
    thread.edit(title="", body=thread.body, pictures=[Attachment(used.pk, "")], seen_version=1)
    token, _ = Token.objects.issue(cast.author)
    Token.objects.filter(id=token.pk).update(id=FIRST_ID)
    session = signed_in(cast.author).session
    upcoming = make_announcement(starts_in=10)
    Announcement.objects.filter(id=upcoming.pk).update(id=FIRST_ID)
    found = [Row(f"/posts/{{}}/{url}", post.pk, MISSING_ID) for post in posts for url in POST_URLS]
    found += [Row(f"/@{{}}/{url}", "ghost", MISSING_NAME) for url in ("", "follow/", "bell/", "replies/", "likes/")]
    found += [Row("/pictures/{}/", picture.pk, uuid.uuid4()) for picture in (unused, used)]
    found += [Row("/pictures/{}/small.webp", picture.pk, uuid.uuid4()) for picture in (unused, used)]
    found += [
        Row("/tags/{}/", "ghosts", "unused", costs_more=True),
        Row("/search/?q=from:{}", "ghost", MISSING_NAME, costs_more=True),
        Row("/search/?q={}", "ghost", MISSING_NAME, costs_more=True),
        Row("/posts/complete/?q=@{}", "ghost", MISSING_NAME, costs_more=True),
        Row("/posts/complete/?q=%23{}", "ghosts", "unused", costs_more=True),
        Row("/settings/sessions/{}/", session[SIGN_IN], MISSING_ID),
        Row("/settings/tokens/{}/", FIRST_ID, MISSING_ID),
        Row(
            "/accounts/password/reset/key/{}-abc-def/",
            int_to_base36(cast.author.pk),
            int_to_base36(MISSING_ID),
            costs_more=True,
        ),
        Row("/announcements/{}/dismissal/", FIRST_ID, MISSING_ID),
        Row("/admin/announcements/{}/", FIRST_ID, MISSING_ID),
        Row("/admin/livefeed/post/{}/change/", thread.pk, MISSING_ID),
        Row("/admin/livefeed/user/{}/change/", cast.author.pk, MISSING_ID),
    ]
    return found


def answers(client: Client, address: str) -> Iterator[tuple[str, Any]]:
    """Requests a URL by METHODS and with FORMS, plainly and as htmx does; yields the request's name and the
    response."""
    for headers in ({}, htmx("button")):
        for method in METHODS:
            yield f"{method} {headers}", getattr(client, method)(address, headers=headers)
        for form in FORMS:
            yield f"post {form} {headers}", client.post(address, form, headers=headers)


def observed(client: Client, row: Row, value: object) -> list[tuple[str, int, dict[str, str], str, int]]:
    """Returns what a client can tell of the answers to every method, without the parts that always differ."""
    cache.clear()  # attempts count towards limits, whatever they are for
    found = []
    with CaptureQueriesContext(connection) as queries:
        for name, answer in answers(client, row.address.format(value)):
            headers = {key: plain(text, value) for key, text in answer.headers.items() if key not in VARYING_HEADERS}
            count = 0 if row.costs_more else len(queries)
            found.append((name, answer.status_code, headers, plain(answer.text, value), count))
            queries.initial_queries = len(connection.queries_log)
    return found


def plain(text: str, value: object) -> str:
    return VARYING.sub("", re.sub(rf"\b{value}\b", "ID", text))


@pytest.mark.parametrize("viewer", ["visitor", "stranger"])
def test_hidden_and_missing_ids_have_the_same_answers(rows, cast, viewer):
    client = Client() if viewer == "visitor" else signed_in(cast.stranger)
    client.get("/accounts/password/reset/")  # sets the CSRF cookie
    for row in rows:
        with isolated_case(f"{row.address} {row.hidden}"):
            seen = observed(client, row, row.hidden)
            for hidden, missing in zip(seen, observed(client, row, row.missing), strict=True):
                assert hidden == missing


def test_a_reply_or_picture_of_a_hidden_post_is_refused_like_a_missing_one(cast):
    stranger = signed_in(cast.stranger)
    hidden = make_post(cast.author, audience="followers")
    picture = Picture.objects.store(cast.author, file())
    for field, values in (("parent", (hidden.pk, MISSING_ID)), ("picture", (picture.pk, uuid.uuid4()))):
        for client in (stranger, Client()):
            for headers in ({}, htmx()):
                sent = [client.post("/posts/", {"body": "Hello.", field: each}, headers=headers) for each in values]
                texts = [plain(answer.text, value) for answer, value in zip(sent, values, strict=True)]

                assert sent[0].status_code == sent[1].status_code
                assert texts[0] == texts[1]


def test_the_table_contains_every_url_with_a_parameter(rows):
    named = {resolve(row.address.format(row.hidden).partition("?")[0]).url_name for row in rows}
    patterns = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]

    missing = {pattern.name for pattern in patterns if pattern.pattern.converters} - named - WITHOUT_IDS
    assert missing == set()
