"""Compiled queries return the same rows as the querysets from which they are made."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from livefeed.models import Post, User
from livefeed.models.compiled import MAX_QUERIES, compiled
from tests.factories import make_post, make_user

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@compiled
def posts_of(author: User, ids: list[int] | None, after: datetime | None, text: str | None, *, count: int = 100) -> Any:
    posts = Post.objects.filter(author=author)
    if ids is not None:
        posts = posts.filter(pk__in=ids)
    if after:
        posts = posts.filter(created_at__gt=after)
    if text:
        posts = posts.filter(body=text)
    return posts.newest_first()[:count]


@pytest.fixture
def posts(cast) -> list[Post]:
    """Posts by the author, newest first, and one by another user."""
    make_post(cast.stranger, "one")
    return [make_post(cast.author, text) for text in ("three", "two", "one")][::-1]


def test_arguments_are_the_parameters(cast, posts):
    assert posts_of(cast.author, None, None, None) == posts
    assert posts_of(cast.author, None, None, "two") == [posts[1]]
    assert posts_of(cast.author, None, None, "one") == [posts[0]]
    assert posts_of(cast.author, None, LONG_AGO, None) == posts
    assert posts_of(cast.author, None, posts[1].created_at, None) == [posts[0]]
    assert posts_of(cast.follower, None, None, "one") == []


@pytest.mark.parametrize("count", range(4))
def test_lists_may_have_any_length(cast, posts, count):
    ids = [post.pk for post in posts[:count]]
    assert posts_of(cast.author, ids, None, None) == posts[:count]
    assert posts_of(cast.author, ids, None, None, count=2) == posts[:count][:2]


def test_numbers_may_be_greater_than_any_id(posts):
    @compiled
    def post(pk: int) -> Any:
        return Post.objects.filter(pk=pk)

    assert post(posts[0].pk) == [posts[0]]
    assert post(2**63 - 1) == post(2**63) == post(10**30) == []


def test_related_rows_are_loaded(cast, posts, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert posts_of(cast.author, None, None, "one")[0].author.username == "author"


def test_a_query_is_compiled_once(cast, posts):
    calls = []

    @compiled
    def counted(author: User, text: str | None) -> Any:
        calls.append(text)
        return Post.objects.filter(author=author)

    assert [len(counted(user, None)) for user in (cast.author, cast.stranger, cast.author)] == [3, 1, 3]
    assert len(calls) == 1


def test_the_memory_of_compiled_queries_is_limited(cast, posts):
    for count in range(1, 2 * MAX_QUERIES):
        assert posts_of(cast.author, None, None, None, count=count) == posts[:count]
    assert len(posts_of._queries) <= MAX_QUERIES


@pytest.mark.parametrize("use", [str.lower, str.strip, lambda text: "", lambda text: f"%{text}%"])
def test_an_argument_that_is_no_parameter_is_refused(use):
    @compiled
    def changed(text: str) -> Any:
        return Post.objects.filter(body=use(text))

    with pytest.raises(ValueError, match="does not have the values"):
        changed("One")


@pytest.mark.django_db(transaction=True)
def test_threads_use_their_own_connections():
    author = make_user()
    make_post(author)

    def count(_: int) -> int:
        try:
            return len(posts_of(author, None, None, None))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(count, range(20))) == [1] * 20
