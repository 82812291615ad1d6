"""Receivers for likes and follows that begin or end."""

from typing import Any

from django.db.models.signals import post_delete, post_save

from livefeed import counters, notifications, signals
from livefeed.live import posts, users
from livefeed.models import Follow, Like, Post
from livefeed.signals import dispatch
from livefeed.signals.cascades import is_part_of
from livefeed.signals.metrics import measured


def connect() -> None:
    post_save.connect(count_like, sender=Like, dispatch_uid="like.count")
    post_save.connect(send_like_signal, sender=Like, dispatch_uid="like.send_signal")
    post_save.connect(notify_of_like, sender=Like, dispatch_uid="like.notify")
    post_delete.connect(uncount_like, sender=Like, dispatch_uid="like.uncount")
    post_delete.connect(send_unlike_signal, sender=Like, dispatch_uid="like.send_unlike_signal")
    post_delete.connect(notify_of_unlike, sender=Like, dispatch_uid="like.notify_of_unlike")
    post_save.connect(write_follow_event, sender=Follow, dispatch_uid="follow.write_event")
    post_save.connect(send_follow_signal, sender=Follow, dispatch_uid="follow.send_signal")
    post_save.connect(notify_of_follow, sender=Follow, dispatch_uid="follow.notify")
    post_save.connect(count_follow, sender=Follow, dispatch_uid="follow.count")
    post_delete.connect(write_unfollow_event, sender=Follow, dispatch_uid="follow.write_unfollow_event")
    post_delete.connect(send_unfollow_signal, sender=Follow, dispatch_uid="follow.send_unfollow_signal")
    post_delete.connect(notify_of_unfollow, sender=Follow, dispatch_uid="follow.notify_of_unfollow")
    post_delete.connect(uncount_follow, sender=Follow, dispatch_uid="follow.uncount")


@measured
def count_like(instance: Like, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        posts.like_counted(instance.post_id, +1)


@measured
def send_like_signal(instance: Like, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        dispatch.like_changed(instance, signals.post_liked)


@measured
def notify_of_like(instance: Like, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        notifications.like_created(instance)


@measured
def uncount_like(instance: Like, origin: Any = None, **kwargs: Any) -> None:
    if not is_part_of(origin, Post):  # else the count is deleted with the post
        posts.like_counted(instance.post_id, -1)


@measured
def send_unlike_signal(instance: Like, **kwargs: Any) -> None:
    dispatch.like_changed(instance, signals.post_unliked)


@measured
def notify_of_unlike(instance: Like, origin: Any = None, **kwargs: Any) -> None:
    if not is_part_of(origin, Post):  # else the notifications are deleted with the post
        notifications.like_removed(instance)


@measured
def write_follow_event(instance: Follow, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        users.follow_created(instance)


@measured
def send_follow_signal(instance: Follow, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        dispatch.follow_changed(instance, signals.user_followed)


@measured
def notify_of_follow(instance: Follow, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        notifications.follow_created(instance)


@measured
def count_follow(instance: Follow, created: bool, raw: bool = False, **kwargs: Any) -> None:
    if created and not raw:
        counters.follow_counted(instance, +1)


@measured
def write_unfollow_event(instance: Follow, **kwargs: Any) -> None:
    users.follow_removed(instance)


@measured
def send_unfollow_signal(instance: Follow, **kwargs: Any) -> None:
    dispatch.follow_changed(instance, signals.user_unfollowed)


@measured
def notify_of_unfollow(instance: Follow, **kwargs: Any) -> None:
    notifications.follow_removed(instance)


@measured
def uncount_follow(instance: Follow, **kwargs: Any) -> None:
    counters.follow_counted(instance, -1)
