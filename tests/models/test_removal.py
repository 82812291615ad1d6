"""Removing, restoring and purging posts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from livefeed.models import Bookmark, EditConflictError, Like, Post
from tests.factories import Cast, make_cast, make_post, make_user
from tests.models.announced import log

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def removed_since(post: Post, seconds: float) -> None:
    Post.objects.filter(pk=post.pk).update(removed_at=timezone.now() - timedelta(seconds=seconds))


def test_a_removed_post_is_hidden_and_reappears_in_its_place(cast):
    older, post, newer = (make_post(cast.author, body) for body in ("1", "2", "3"))
    post.remove()
    for viewer in (None, cast.author, cast.follower, cast.stranger):
        assert post not in Post.objects.visible_to(viewer)
    post.restore()
    assert list(Post.objects.visible_to(cast.stranger).newest_first()) == [newer, post, older]
    assert not Post.objects.get(pk=post.pk).is_edited


def test_removal_and_restoring_are_published_and_the_purge_is_not(cast):
    post = make_post(cast.author)
    post.remove()
    post.restore()
    post.remove()
    removed_since(post, 60)
    Post.objects.purge()
    named = [kind for kind, subject, _ in log() if subject == post.pk and kind.startswith("post.")]
    assert named == ["post.created", "post.deleted", "post.created", "post.deleted"]
    assert not Post.objects.exists()


def test_a_removed_post_cannot_be_removed_edited_liked_bookmarked_or_replied_to(cast):
    post = make_post(cast.author)
    Post.objects.get(pk=post.pk).remove()
    with pytest.raises(Post.DoesNotExist):
        post.remove()
    with pytest.raises(Post.DoesNotExist):
        post.edit(title="", body="Too late.", seen_version=post.version)
    for mark in (Like, Bookmark):
        with pytest.raises(Post.DoesNotExist):
            mark.objects.add(cast.follower, post)
        assert not mark.objects.exists()
    with pytest.raises(Post.DoesNotExist):
        make_post(cast.follower, "Too late.", parent=post)
    assert Post.objects.count() == 1


def test_only_recently_removed_posts_can_be_restored(cast):
    post = make_post(cast.author)
    with pytest.raises(Post.DoesNotExist):
        post.restore()
    post.remove()
    removed_since(post, 16)
    with pytest.raises(Post.DoesNotExist):
        post.restore()


def test_an_editor_opened_before_the_removal_has_a_conflict_after_restoring(cast):
    post = make_post(cast.author)
    opened = Post.objects.get(pk=post.pk)
    post.remove()
    post.restore()
    with pytest.raises(EditConflictError):
        opened.edit(title="", body="Mine.", seen_version=opened.version)


def test_only_posts_that_can_no_longer_be_restored_are_purged(cast):
    old, fresh, kept = (make_post(cast.author, body) for body in ("old", "fresh", "kept"))
    for post in (old, fresh):
        post.remove()
    removed_since(old, 16)
    assert Post.objects.purge() == 1
    assert {post.body for post in Post.objects.all()} == {"fresh", "kept"}
    assert Post.objects.present().get() == kept


def test_a_removed_reply_does_not_count_until_it_is_restored(cast):
    post = make_post(cast.author)
    reply = make_post(cast.follower, "Reply.", parent=post)

    def counted() -> int:
        return Post.objects.get(pk=post.pk).replies_count

    reply.remove()
    assert counted() == 0
    reply.restore()
    assert counted() == 1
    reply.remove()
    removed_since(reply, 60)
    Post.objects.purge()
    assert counted() == 0


def test_a_restored_post_has_its_likes(cast):
    post = make_post(cast.author)
    Like.objects.add(cast.follower, post)
    post.remove()
    post.restore()
    assert Post.objects.get().likes_count == Like.objects.count() == 1


def test_the_parent_of_a_reply_is_hidden_while_it_is_removed(cast):
    post = make_post(cast.author)
    reply = make_post(make_user("replier"), "Reply.", parent=post)
    post.remove()
    assert Post.objects.with_related().get(pk=reply.pk).visible_parent is None
    post.restore()
    assert Post.objects.with_related().get(pk=reply.pk).visible_parent == post
