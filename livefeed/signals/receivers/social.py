"""What is done when a like or a follow begins or ends."""

from typing import Any

from django.db.models.signals import post_delete, post_save

from livefeed import counters, notifications, signals
from livefeed.live import publishing
from livefeed.models import Follow, Like, Post
from livefeed.signals import dispatch
from livefeed.signals.cascades import is_part_of
from livefeed.signals.metrics import measured


def connect() -> None:
    post_save.connect(count_like, sender=Like, dispatch_uid="like.count")
    post_save.connect(tell_of_like, sender=Like, dispatch_uid="like.tell")
    post_save.connect(notify_of_like, sender=Like, dispatch_uid="like.notify")
    post_delete.connect(count_end_of_like, sender=Like, dispatch_uid="like.count_end")
    post_delete.connect(tell_of_end_of_like, sender=Like, dispatch_uid="like.tell_of_end")
    post_delete.connect(notify_of_end_of_like, sender=Like, dispatch_uid="like.notify_of_end")
    post_save.connect(announce_follow, sender=Follow, dispatch_uid="follow.announce")
    post_save.connect(tell_of_follow, sender=Follow, dispatch_uid="follow.tell")
    post_save.connect(notify_of_follow, sender=Follow, dispatch_uid="follow.notify")
    post_save.connect(count_follow, sender=Follow, dispatch_uid="follow.count")
    post_delete.connect(announce_unfollow, sender=Follow, dispatch_uid="follow.announce_end")
    post_delete.connect(tell_of_unfollow, sender=Follow, dispatch_uid="follow.tell_of_end")
    post_delete.connect(notify_of_unfollow, sender=Follow, dispatch_uid="follow.notify_of_end")
    post_delete.connect(count_end_of_follow, sender=Follow, dispatch_uid="follow.count_end")


@measured
def count_like(instance: Like, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        publishing.like_counted(instance.post_id, +1)


@measured
def tell_of_like(instance: Like, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        dispatch.like_changed(instance, signals.post_liked)


@measured
def notify_of_like(instance: Like, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        notifications.like_created(instance)


@measured
def count_end_of_like(instance: Like, origin: Any = None, **how: Any) -> None:
    if not is_part_of(origin, Post):  # else the post goes, and its count with it
        publishing.like_counted(instance.post_id, -1)


@measured
def tell_of_end_of_like(instance: Like, **how: Any) -> None:
    dispatch.like_changed(instance, signals.post_unliked)


@measured
def notify_of_end_of_like(instance: Like, origin: Any = None, **how: Any) -> None:
    if not is_part_of(origin, Post):  # else the post goes, and what tells of it
        notifications.like_removed(instance)


@measured
def announce_follow(instance: Follow, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        publishing.follow_created(instance)


@measured
def tell_of_follow(instance: Follow, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        dispatch.follow_changed(instance, signals.user_followed)


@measured
def notify_of_follow(instance: Follow, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        notifications.follow_created(instance)


@measured
def count_follow(instance: Follow, created: bool, raw: bool = False, **how: Any) -> None:
    if created and not raw:
        counters.follow_counted(instance, +1)


@measured
def announce_unfollow(instance: Follow, **how: Any) -> None:
    publishing.follow_removed(instance)


@measured
def tell_of_unfollow(instance: Follow, **how: Any) -> None:
    dispatch.follow_changed(instance, signals.user_unfollowed)


@measured
def notify_of_unfollow(instance: Follow, **how: Any) -> None:
    notifications.follow_removed(instance)


@measured
def count_end_of_follow(instance: Follow, **how: Any) -> None:
    counters.follow_counted(instance, -1)
