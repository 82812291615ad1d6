"""Every page needs a fixed number of queries, however many posts it shows."""

import pytest
from django.db import connection
from django.test import Client

from livefeed.models import Like, Post
from tests.factories import Cast, make_post, make_user, signed_in

SEARCH = 5 if connection.vendor == "sqlite" else 6
"""Queries of a search: state, index, posts, users, tags; on PostgreSQL also the newest post, where the index starts."""
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
    "/accounts/login/": 0,
    "/accounts/signup/": 0,
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
COLD_HOME = 8
"""Queries of a home page whose sidebar is not in the cache: up to three for suggestions, one for trends."""


@pytest.fixture(params=[1, 20])
def addresses(request, cast: Cast) -> dict[str, object]:
    """One post or twenty of each kind, each of the home page's by another author. Values of the addresses above."""
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


def queries_of(client: Client, address: str, assert_num_queries, expected: int) -> None:
    client.get(address)  # fills the cache of the sidebar
    with assert_num_queries(expected):
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("address", USERS_PAGES)
def test_a_users_page(cast, addresses, address, django_assert_num_queries):
    client = signed_in(cast.follower)
    queries_of(client, address.format(**addresses), django_assert_num_queries, USERS_PAGES[address])


@pytest.mark.parametrize("address", VISITORS_PAGES)
def test_a_visitors_page(visitor, addresses, address, django_assert_num_queries):
    queries_of(visitor, address.format(**addresses), django_assert_num_queries, VISITORS_PAGES[address])


@pytest.mark.parametrize("address", OWN_PAGES)
def test_a_page_of_ones_own(cast, addresses, address, django_assert_num_queries):
    client = signed_in(cast.author)
    queries_of(client, address.format(**addresses), django_assert_num_queries, OWN_PAGES[address])


def test_a_home_page_whose_sidebar_is_not_cached(cast, addresses, django_assert_num_queries):
    client = signed_in(cast.follower)
    with django_assert_num_queries(COLD_HOME):
        client.get("/")
