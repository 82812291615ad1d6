"""Audiences and tags of posts."""

from uuid import uuid4

import pytest

from livefeed.models import Event, Post, Tagging
from tests.factories import make_post


@pytest.fixture
def posts(cast) -> dict[str, Post]:
    return {
        audience: make_post(cast.author, "Hello #Garden.", audience=audience) for audience in ("public", "followers")
    }


def test_only_the_author_and_followers_see_posts_for_followers(cast, posts):
    def seen_by(viewer) -> set[str]:
        return set(Post.objects.visible_to(viewer).values_list("audience", flat=True))

    assert seen_by(cast.author) == seen_by(cast.follower) == {"public", "followers"}
    assert seen_by(cast.stranger) == seen_by(None) == {"public"}
    cast.follower.unfollow(cast.author)
    assert seen_by(cast.follower) == {"public"}


def test_posts_of_a_suspended_user_are_hidden(cast, posts):
    cast.author.is_active = False
    cast.author.save()
    assert not Post.objects.visible_to(cast.follower).exists()


def test_events_have_audience_and_tags_of_the_post(cast, posts):
    posts["followers"].edit(title="", body="Hello #House.", seen_version=1)
    posts["followers"].delete()
    events = Event.objects.filter(kind__startswith="post.")
    assert [(event.kind, event.audience, tags_of(event)) for event in events] == [
        ("post.created", "public", {"tag:garden"}),
        ("post.created", "followers", {"tag:garden"}),
        ("post.updated", "followers", {"tag:garden", "tag:house"}),
        ("post.deleted", "followers", {"tag:house"}),
    ]


def tags_of(event: Event) -> set[str]:
    return {topic for topic in event.topics.split() if topic.startswith("tag:")}


def test_the_index_of_tags_follows_edits_and_deletions(cast, posts):
    assert list(Post.objects.tagged("garden").newest_first()) == [posts["followers"], posts["public"]]
    posts["public"].edit(title="", body="Hello #House and #house.", seen_version=1)
    assert list(Post.objects.tagged("garden")) == [posts["followers"]]
    assert list(Post.objects.tagged("house")) == [posts["public"]]
    posts["followers"].delete()
    assert set(Tagging.objects.values_list("tag", flat=True)) == {"house"}


def test_saving_another_field_keeps_the_tags(cast, posts):
    post = Post.objects.get(pk=posts["public"].pk)
    post.title = "A title"
    post.save(update_fields=["title"])
    assert list(Post.objects.tagged("garden").filter(pk=post.pk)) == [post]


def test_the_same_text_for_another_audience_is_another_post(cast):
    key = uuid4()
    first, second = (
        Post.objects.publish(cast.author, title="", body="Hi.", key=key, audience=audience)
        for audience in ("public", "followers")
    )
    assert first != second
