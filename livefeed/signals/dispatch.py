"""Sends the signals of `livefeed.signals` after the commit. Called by the receivers."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from livefeed import signals
from livefeed.models import Follow, Like, Post, User


def post_saved(post: Post, *, created: bool, reappeared: bool) -> None:
    """Sends the signal for a saved post: removed, published, restored (`reappeared`) or edited."""
    if post.removed_at:
        post_removed(post)
    elif created:
        send_on_commit(signals.post_published, Post, post=post)
    elif reappeared:
        send_on_commit(signals.post_restored, Post, post=post)
    else:
        send_on_commit(signals.post_edited, Post, post=post)


def post_removed(post: Post) -> None:
    """Sends `post_removed` for a post that was removed or deleted."""
    send_on_commit(signals.post_removed, Post, post=post, post_id=post.pk)


def like_changed(like: Like, signal: Signal) -> None:
    """Sends `signal`: `post_liked` or `post_unliked`."""
    send_on_commit(signal, Like, user_id=like.user_id, post_id=like.post_id)


def follow_changed(follow: Follow, signal: Signal) -> None:
    """Sends `signal`: `user_followed` or `user_unfollowed`."""
    send_on_commit(signal, Follow, follower_id=follow.follower_id, followed_id=follow.followed_id)


def user_registered(user: User) -> None:
    """Sends `user_registered`."""
    send_on_commit(signals.user_registered, User, user=user)


def user_activated(user: User) -> None:
    """Sends `user_activated`."""
    send_on_commit(signals.user_activated, User, user=user)


def send_on_commit(signal: Signal, sender: type, **kwargs: Any) -> None:
    """Sends a signal after the commit. Registers no on-commit hook for a signal without receivers."""
    if signal.has_listeners(sender):
        transaction.on_commit(partial(signal.send_robust, sender, **kwargs), robust=True)
