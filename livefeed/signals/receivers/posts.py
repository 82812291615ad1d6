"""What is done when a post is written, changed, removed or deleted; and a picture."""

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from livefeed import counters, notifications
from livefeed.content import fragments, sanitize
from livefeed.content.markup import references_in
from livefeed.live import publishing
from livefeed.models import Picture, Post, Tagging
from livefeed.signals import dispatch
from livefeed.signals.metrics import measured


def connect() -> None:
    pre_save.connect(tidy_title, sender=Post, dispatch_uid="post.tidy_title")
    pre_save.connect(find_tags, sender=Post, dispatch_uid="post.find_tags")
    post_save.connect(announce_post, sender=Post, dispatch_uid="post.announce")
    post_save.connect(tell_of_post, sender=Post, dispatch_uid="post.tell")
    post_save.connect(keep_tags, sender=Post, dispatch_uid="post.keep_tags")
    post_save.connect(forget_post, sender=Post, dispatch_uid="post.forget")
    post_save.connect(notify_of_post, sender=Post, dispatch_uid="post.notify")
    post_save.connect(count_reply, sender=Post, dispatch_uid="reply.count")
    post_save.connect(count_post, sender=Post, dispatch_uid="post.count")
    pre_delete.connect(notify_of_deletion, sender=Post, dispatch_uid="post.notify_of_deletion")
    post_delete.connect(announce_deletion, sender=Post, dispatch_uid="post.announce_deletion")
    post_delete.connect(tell_of_deletion, sender=Post, dispatch_uid="post.tell_of_deletion")
    post_delete.connect(forget_post, sender=Post, dispatch_uid="post.forget_deleted")
    post_delete.connect(count_end_of_reply, sender=Post, dispatch_uid="reply.count_end")
    post_delete.connect(count_end_of_post, sender=Post, dispatch_uid="post.count_end")
    post_delete.connect(delete_files, sender=Picture, dispatch_uid="picture.delete_files")


def _came_or_went(update_fields: frozenset[str] | None) -> bool:
    """Whether a save removed a post, or brought it back."""
    return "removed_at" in (update_fields or ())


@measured
def tidy_title(instance: Post, raw: bool = False, **how: Any) -> None:
    if not raw:
        instance.title = sanitize.clean_title(instance.title)


@measured
def find_tags(instance: Post, raw: bool = False, **how: Any) -> None:
    if not raw:
        instance.tags = " ".join(sorted(references_in(instance.body).tags))


@measured
def announce_post(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **how: Any
) -> None:
    if not raw:
        publishing.post_saved(instance, came=created or _came_or_went(update_fields))


@measured
def tell_of_post(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **how: Any
) -> None:
    if not raw:
        dispatch.post_saved(instance, created=created, came=_came_or_went(update_fields))


@measured
def keep_tags(instance: Post, raw: bool = False, **how: Any) -> None:
    if not raw:
        Tagging.objects.keep(instance)


@measured
def forget_post(instance: Post, raw: bool = False, **how: Any) -> None:
    if not raw:
        fragments.invalidate_post(instance)


@measured
def notify_of_post(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **how: Any
) -> None:
    if not raw:
        notifications.post_saved(instance, created=created, came=_came_or_went(update_fields))


@measured
def count_reply(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **how: Any
) -> None:
    if instance.parent_id and not raw and (created or _came_or_went(update_fields)):
        publishing.reply_counted(instance.parent_id, -1 if instance.removed_at else +1)


@measured
def count_post(
    instance: Post, created: bool, update_fields: frozenset[str] | None, raw: bool = False, **how: Any
) -> None:
    if not raw and (created or _came_or_went(update_fields)):
        counters.post_counted(instance, -1 if instance.removed_at else +1)


@measured
def notify_of_deletion(instance: Post, **how: Any) -> None:
    notifications.before_post_delete(instance)


@measured
def announce_deletion(instance: Post, **how: Any) -> None:
    if not instance.removed_at:  # else it is known
        publishing.post_deleted(instance)


@measured
def tell_of_deletion(instance: Post, **how: Any) -> None:
    if not instance.removed_at:  # else it is known
        dispatch.post_gone(instance)


@measured
def count_end_of_reply(instance: Post, **how: Any) -> None:
    if instance.parent_id and not instance.removed_at:  # else it is counted
        publishing.reply_counted(instance.parent_id, -1)


@measured
def count_end_of_post(instance: Post, **how: Any) -> None:
    if not instance.removed_at:  # else it is counted
        counters.post_counted(instance, -1)


@measured
def delete_files(instance: Picture, **how: Any) -> None:
    instance.delete_files()
