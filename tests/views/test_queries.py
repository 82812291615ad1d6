"""Every page needs a fixed number of queries, however many posts it shows."""

from collections.abc import Iterable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from livefeed.models import Like, Post
from tests.factories import Cast, make_announcement, make_post, make_user, signed_in

SEARCH = 5
"""Queries of a search: state, index, posts, users, tags. On PostgreSQL one more a minute: the newest post."""
USERS_PAGES = {
    # session, state (log, notifications, follows), authors, posts, reactions
    "/": 5,
    "/?before={start}": 5,
    "/explore/": 4,
    "/explore/popular/": 4,
    "/tags/one/": 5,  # and the tag's posts
    "/bookmarks/": 4,
    "/@author/": 6,  # and the user with the profile, whether followed
    "/@author/replies/": 6,
    "/@author/media/": 5,  # no posts, no reactions
    "/@author/likes/": 6,
    "/posts/{post}/": 5,  # the post, its replies
    "/posts/{post}/?after={start}": 4,
    "/posts/{reply}/": 6,  # and the posts above it
    "/search/": 2,
    "/search/?q=hello": SEARCH + 2,  # and session, reactions
    "/search/?q=from:author": 5,
    "/notifications/": 3,
}
VISITORS_PAGES = {
    "/": 2,
    "/explore/": 2,
    "/explore/popular/": 2,
    "/tags/one/": 3,
    "/@author/": 3,
    "/posts/{post}/": 3,
    "/search/?q=hello": SEARCH,
    "/accounts/login/": 1,
    "/accounts/signup/": 1,
}
OWN_PAGES = {
    "/posts/{post}/edit/": 4,
    "/posts/{post}/delete/": 3,
    "/settings/profile/": 3,
    "/settings/display/": 2,
    "/settings/notifications/": 2,
    "/settings/sessions/": 4,
    "/settings/security/": 5,
    "/settings/data/": 3,
    "/settings/delete/": 2,
    "/accounts/email/": 6,
    "/accounts/password/change/": 2,
}
NEWCOMERS_HOME = 4
"""Queries of the first steps, whose suggestions are in the cache: session, state, authors, and the viewer's profile."""
COLD_HOME = 8
"""Queries of a home page whose sidebar is not in the cache: up to three for suggestions, one for trends."""


@pytest.fixture(params=[1, 10])
def addresses(request, cast: Cast) -> dict[str, object]:
    """One post or ten of each kind, each of the home page's by another author. Values of the addresses above."""
    post = make_post(cast.author, "Hello #one.")
    for number in range(request.param):
        user = make_user()
        cast.follower.follow(user)
        make_post(user, f"Hello @follower #one {number}")
        reply = make_post(cast.author, f"Hello #one {number}", parent=post)
        liked = make_post(cast.author, f"Hello again #one {number}")
        Like.objects.add(cast.author, liked)
        cast.follower.bookmarks.create(post=liked)
    newest = Post.objects.newest_first()[0]
    return {"post": post.pk, "reply": reply.pk, "start": newest.sort_key}


def queries_of(client: Client, pages: Iterable[str], addresses: dict[str, object]) -> dict[str, int]:
    """Returns the number of queries of each page when its sidebar is in the cache."""
    queries = {}
    for page in pages:
        address = page.format(**addresses)
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200, address
        queries[page] = len(captured)
    return queries


def test_the_pages_of_a_user(cast, addresses):
    assert queries_of(signed_in(cast.follower), USERS_PAGES, addresses) == USERS_PAGES


def test_the_home_page_of_a_user_who_follows_no_one(addresses):
    assert queries_of(signed_in(make_user()), {"/": NEWCOMERS_HOME}, addresses) == {"/": NEWCOMERS_HOME}


def test_the_pages_of_a_visitor(visitor, addresses):
    assert queries_of(visitor, VISITORS_PAGES, addresses) == VISITORS_PAGES


def test_the_pages_of_a_users_own_content(cast, addresses):
    assert queries_of(signed_in(cast.author), OWN_PAGES, addresses) == OWN_PAGES


def test_announcements_need_one_query_in_each_process(cast, addresses, django_assert_num_queries):
    client = signed_in(cast.follower)
    client.get("/")
    make_announcement()
    with django_assert_num_queries(USERS_PAGES["/"] + 1):
        client.get("/")
    assert queries_of(client, ["/"], addresses) == {"/": USERS_PAGES["/"]}
    assert queries_of(Client(), ["/"], addresses) == {"/": VISITORS_PAGES["/"]}


def test_a_home_page_whose_sidebar_is_not_cached(cast, addresses, django_assert_num_queries):
    client = signed_in(cast.follower)
    with django_assert_num_queries(COLD_HOME):
        client.get("/")
