"""Replies: threads, visibility and counts."""

import pytest

from livefeed.models import Event, Post
from livefeed.models.post import MAX_ANCESTORS
from tests.factories import make_post, make_user
from tests.models.at_once import at_once


def home(viewer) -> list[str]:
    return list(Post.objects.visible_to(viewer).home_of(viewer).newest_first().values_list("body", flat=True))


@pytest.fixture
def post(cast) -> Post:
    return make_post(cast.author, "First.")


def counted(post: Post) -> int:
    post.refresh_from_db()
    return post.replies_count


def test_a_reply_stores_its_ancestors(cast, post):
    answer = make_post(cast.stranger, "Second.", parent=post)
    third = make_post(cast.author, "Third.", parent=answer)
    assert third.ancestor_ids == [post.pk, answer.pk]
    assert (third.parent, third.parent_author_id) == (answer, cast.stranger.pk)
    assert (counted(post), counted(answer), counted(third)) == (1, 1, 0)


def test_a_thread_may_be_longer_than_the_stored_ancestors(cast, post):
    last = post
    for number in range(MAX_ANCESTORS + 2):
        last = make_post(cast.author, f"{number}", parent=last)
    assert len(last.ancestor_ids) == MAX_ANCESTORS
    assert last.ancestor_ids[-1] == last.parent_id


def test_a_home_shows_replies_between_followed_users(cast, post):
    make_post(cast.stranger, "To the author.", parent=post)
    other = make_post(cast.stranger, "The stranger's.")
    make_post(cast.author, "To the stranger.", parent=other)
    make_post(cast.author, "To myself.", parent=post)
    make_post(cast.follower, "My own.", parent=other)
    assert home(cast.follower) == ["To myself.", "First."]
    cast.follower.follow(cast.stranger)
    expected = ["My own.", "To myself.", "To the stranger.", "The stranger's.", "To the author.", "First."]
    assert home(cast.follower) == expected


def test_a_reply_remains_a_reply_after_its_parent_is_deleted(cast, post):
    reply = make_post(cast.stranger, "To the author.", parent=post)
    post.delete()
    reply.refresh_from_db()
    assert (reply.parent, reply.is_reply) == (None, True)
    assert not Post.objects.top_level().exists()


def test_a_reply_to_a_post_for_followers_is_for_followers(cast):
    secret = make_post(cast.author, audience="followers")
    assert make_post(cast.follower, parent=secret).audience == "followers"
    assert make_post(cast.follower, parent=make_post(cast.author), audience="followers").audience == "followers"


def test_deleting_a_reply_or_its_author_decrements_the_count(cast, post):
    reply = make_post(cast.stranger, "One.", parent=post)
    make_post(cast.follower, "Two.", parent=post)
    reply.delete()
    assert counted(post) == 1
    cast.follower.delete()
    assert counted(post) == 0


def test_events_of_a_reply_have_its_parent_and_the_parents_author(cast, post):
    reply = make_post(cast.stranger, "One.", parent=post)
    about_posts = Event.objects.filter(kind__startswith="post.").order_by("pk")
    latest = {(event.kind, event.subject_id): set(event.topics.split()) for event in list(about_posts)[-2:]}
    assert set(latest) == {("post.counted", post.pk), ("post.created", reply.pk)}
    assert latest["post.created", reply.pk] >= {f"thread:{post.pk}", f"parent-author:{cast.author.pk}"}
    assert not any(topic.startswith(("thread:", "parent-author:")) for topic in latest["post.counted", post.pk])


def test_a_reply_to_a_post_deleted_meanwhile_is_refused(cast, transactional_db):
    post = make_post(cast.author)
    Post.objects.filter(pk=post.pk).delete()
    with pytest.raises(Post.DoesNotExist):
        make_post(cast.stranger, parent=post)
    assert not Post.objects.exists()


def test_sixteen_concurrent_replies_all_count(transactional_db):
    post = make_post(make_user("author"))
    users = iter([make_user() for _ in range(16)])
    at_once(lambda: make_post(next(users), parent=post), 16)
    assert counted(post) == 16
