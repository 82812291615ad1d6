"""Likes and bookmarks: at most one for each user and post, counted exactly under concurrent writes."""

import pytest

from livefeed.models import Bookmark, Event, Like, Post
from livefeed.models.reaction import reactions_by
from tests.factories import make_post, make_user
from tests.models.at_once import at_once

WRITERS = 16


def likes_of(post: Post) -> int:
    post.refresh_from_db()
    return post.likes_count


@pytest.fixture
def post(cast) -> Post:
    return make_post(cast.author)


def counted() -> int:
    return Event.objects.filter(kind="post.counted").count()


def test_a_like_and_its_removal_count_once(cast, post):
    assert [Like.objects.add(cast.follower, post) for _ in range(2)] == [True, False]
    assert Like.objects.add(cast.stranger, post)
    assert (likes_of(post), counted()) == (2, 2)
    assert [Like.objects.remove(cast.follower, post) for _ in range(2)] == [True, False]
    assert (likes_of(post), counted()) == (1, 3)
    assert post.version == 1


def test_a_bookmark_is_neither_counted_nor_published(cast, post):
    assert [Bookmark.objects.add(cast.follower, post) for _ in range(2)] == [True, False]
    assert (likes_of(post), counted()) == (0, 0)
    assert Bookmark.objects.remove(cast.follower, post)


def test_deleting_a_post_deletes_its_reactions_and_publishes_no_counts(cast, post):
    Like.objects.add(cast.follower, post)
    Bookmark.objects.add(cast.follower, post)
    before = counted()
    post.delete()
    assert not Like.objects.exists()
    assert not Bookmark.objects.exists()
    assert counted() == before


def test_deleting_a_user_deletes_their_likes(cast, post):
    Like.objects.add(cast.follower, post)
    cast.follower.delete()
    assert likes_of(post) == 0


def test_a_post_deleted_meanwhile_cannot_be_liked(cast, transactional_db):
    post = make_post(cast.author)
    Post.objects.filter(pk=post.pk).delete()
    with pytest.raises(Post.DoesNotExist):
        Like.objects.add(cast.follower, post)
    assert not Event.objects.filter(kind="post.counted").exists()


def test_reactions_of_a_user_take_one_query(cast, post, django_assert_num_queries):
    other = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    Like.objects.add(cast.stranger, other)
    Bookmark.objects.add(cast.follower, other)
    with django_assert_num_queries(1):
        assert reactions_by(cast.follower, [post, other]) == {"likes": [post.pk], "bookmarks": [other.pk], "votes": []}


def test_sixteen_concurrent_likes_all_count(transactional_db):
    post = make_post(make_user("author"))
    users = [make_user() for _ in range(WRITERS)]
    waiting = iter(users)
    assert at_once(lambda: Like.objects.add(next(waiting), post), WRITERS) == [True] * WRITERS
    assert likes_of(post) == WRITERS
    leaving = iter(users[:10])
    at_once(lambda: Like.objects.remove(next(leaving), post), 10)
    assert likes_of(post) == WRITERS - 10


def test_concurrent_likes_of_one_user_are_one(transactional_db):
    post = make_post(make_user("author"))
    user = make_user()
    assert sorted(at_once(lambda: Like.objects.add(user, post))) == [False] * 7 + [True]
    assert likes_of(post) == 1
