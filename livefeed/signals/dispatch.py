"""Sends the signals of `livefeed.signals` after the commit. Called by the receivers."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from livefeed import signals
from livefeed.models import Follow, Like, Post, User


def post_saved(post: Post, *, created: bool, came: bool) -> None:
    """Tells what has become of a post that was saved: `created`, or come back (`came`), or removed, or changed."""
    if post.removed_at:
        post_gone(post)
    else:
        tell(
            signals.post_published if created else signals.post_restored if came else signals.post_edited,
            Post,
            post=post,
        )


def post_gone(post: Post) -> None:
    tell(signals.post_removed, Post, post=post, post_id=post.pk)


def like_changed(like: Like, signal: Signal) -> None:
    tell(signal, Like, user_id=like.user_id, post_id=like.post_id)


def follow_changed(follow: Follow, signal: Signal) -> None:
    tell(signal, Follow, follower_id=follow.follower_id, followed_id=follow.followed_id)


def registered(user: User) -> None:
    tell(signals.user_registered, User, user=user)


def activated(user: User) -> None:
    tell(signals.user_activated, User, user=user)


def tell(signal: Signal, sender: type, **what: Any) -> None:
    """Sends a signal once this transaction is committed; costs nothing where nobody listens."""
    if signal.has_listeners(sender):
        transaction.on_commit(partial(signal.send_robust, sender, **what), robust=True)
