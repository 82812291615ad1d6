"""Receivers for posts that are created, changed, removed or deleted, for votes, and for deleted pictures."""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from livefeed import counters, notifications
from livefeed.content import fragments, sanitize
from livefeed.content.markup import references_in
from livefeed.live import posts
from livefeed.models import Picture, Post, Tagging, Vote
from livefeed.signals import dispatch
from livefeed.signals.metrics import measured


def connect() -> None:
    pre_save.connect(clean_title, sender=Post, dispatch_uid="post.clean_title")
    pre_save.connect(extract_tags, sender=Post, dispatch_uid="post.extract_tags")
    post_save.connect(write_post_event, sender=Post, dispatch_uid="post.write_event")
    post_save.connect(send_post_signal, sender=Post, dispatch_uid="post.send_signal")
    post_save.connect(index_tags, sender=Post, dispatch_uid="post.index_tags")
    post_save.connect(invalidate_post, sender=Post, dispatch_uid="post.invalidate")
    post_save.connect(notify_of_post, sender=Post, dispatch_uid="post.notify")
    post_save.connect(count_reply, sender=Post, dispatch_uid="reply.count")
    post_save.connect(count_post, sender=Post, dispatch_uid="post.count")
    post_save.connect(publish_vote, sender=Vote, dispatch_uid="vote.publish")
    pre_delete.connect(notify_before_deletion, sender=Post, dispatch_uid="post.notify_before_deletion")
    post_delete.connect(write_deletion_event, sender=Post, dispatch_uid="post.write_deletion_event")
    post_delete.connect(send_removal_signal, sender=Post, dispatch_uid="post.send_removal_signal")
    post_delete.connect(invalidate_post, sender=Post, dispatch_uid="post.invalidate_deleted")
    post_delete.connect(uncount_reply, sender=Post, dispatch_uid="reply.uncount")
    post_delete.connect(uncount_post, sender=Post, dispatch_uid="post.uncount")
    post_delete.connect(delete_picture_files, sender=Picture, dispatch_uid="picture.delete_files")


def _changes_removal(post: Post, update_fields: frozenset[str] | None) -> bool:
    """True if a save removes a post or restores it. Django's `update_or_create` writes `removed_at` unchanged."""
    return "removed_at" in (update_fields or ()) and post.was_removed != (post.removed_at is not None)


@measured
def clean_title(instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        instance.title = sanitize.clean_title(instance.title)


@measured
def extract_tags(instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        instance.tags = " ".join(sorted(references_in(instance.body).tags))


@measured
def write_post_event(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **kwargs: Any
) -> None:
    if not raw:
        posts.post_saved(instance, appeared=created or _changes_removal(instance, update_fields))


@measured
def send_post_signal(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **kwargs: Any
) -> None:
    if not raw:
        dispatch.post_saved(instance, created=created, reappeared=_changes_removal(instance, update_fields))


@measured
def index_tags(instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        Tagging.objects.keep(instance)


@measured
def invalidate_post(instance: Post, raw: bool = False, **kwargs: Any) -> None:
    if not raw:
        fragments.invalidate_post(instance)


@measured
def notify_of_post(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **kwargs: Any
) -> None:
    if not raw:
        notifications.post_saved(instance, created=created, removal_changed=_changes_removal(instance, update_fields))


@measured
def count_reply(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **kwargs: Any
) -> None:
    if instance.parent_id and not raw and (created or _changes_removal(instance, update_fields)):
        posts.reply_counted(instance.parent_id, -1 if instance.removed_at else +1)


@measured
def count_post(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **kwargs: Any
) -> None:
    if not raw and (created or _changes_removal(instance, update_fields)):
        counters.post_counted(instance, -1 if instance.removed_at else +1)


@measured
def publish_vote(instance: Vote, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        posts.post_counted(instance.poll.post)


@measured
def notify_before_deletion(instance: Post, **kwargs: Any) -> None:
    notifications.before_post_delete(instance)


@measured
def write_deletion_event(instance: Post, **kwargs: Any) -> None:
    if not instance.removed_at:  # else its removal has sent the same
        posts.post_deleted(instance)


@measured
def send_removal_signal(instance: Post, **kwargs: Any) -> None:
    if not instance.removed_at:  # else its removal has sent the same
        dispatch.post_removed(instance)


@measured
def uncount_reply(instance: Post, **kwargs: Any) -> None:
    if instance.parent_id and not instance.removed_at:  # else its removal has counted it
        posts.reply_counted(instance.parent_id, -1)


@measured
def uncount_post(instance: Post, **kwargs: Any) -> None:
    if not instance.removed_at:  # else its removal has counted it
        counters.post_counted(instance, -1)


@measured
def delete_picture_files(instance: Picture, **kwargs: Any) -> None:
    instance.delete_files()
