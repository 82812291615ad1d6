"""Signals of our own, for other apps: public, documented in docs/signals.md, and kept stable.

Each is sent once what it tells of is committed, by `send_robust`: a receiver that raises is logged, the others hear of
it all the same, and the save that caused it has succeeded. A rolled-back change is never told.
"""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

from livefeed.models import Follow, Like, Post, User

post_published = Signal()
"""A post is there for the first time. Sender: `Post`. `post`."""
post_edited = Signal()
"""A post was changed. Sender: `Post`. `post`."""
post_removed = Signal()
"""A post is gone: its author removed it (and may bring it back), or it was deleted. Sender: `Post`. `post`,
`post_id`."""
post_restored = Signal()
"""A post that was removed is back. Sender: `Post`. `post`."""
post_liked = Signal()
"""Somebody likes a post. Sender: `Like`. `user_id`, `post_id`."""
post_unliked = Signal()
"""Somebody likes a post no more. Sender: `Like`. `user_id`, `post_id`."""
user_registered = Signal()
"""Somebody has signed up. Sender: `User`. `user`."""
user_activated = Signal()
"""Somebody who has signed up may post from now on. Sender: `User`. `user`."""
user_followed = Signal()
"""Somebody follows somebody. Sender: `Follow`. `follower_id`, `followed_id`."""
user_unfollowed = Signal()
"""Somebody follows somebody no more. Sender: `Follow`. `follower_id`, `followed_id`."""


def post_saved(post: Post, *, created: bool, came: bool) -> None:
    """Tells what has become of a post that was saved: `created`, or come back (`came`), or removed, or changed."""
    if post.removed_at:
        post_gone(post)
    else:
        tell(post_published if created else post_restored if came else post_edited, Post, post=post)


def post_gone(post: Post) -> None:
    tell(post_removed, Post, post=post, post_id=post.pk)


def like_changed(like: Like, signal: Signal) -> None:
    tell(signal, Like, user_id=like.user_id, post_id=like.post_id)


def follow_changed(follow: Follow, signal: Signal) -> None:
    tell(signal, Follow, follower_id=follow.follower_id, followed_id=follow.followed_id)


def registered(user: User) -> None:
    tell(user_registered, User, user=user)


def activated(user: User) -> None:
    tell(user_activated, User, user=user)


def tell(signal: Signal, sender: type, **what: Any) -> None:
    """Sends a signal once this transaction is committed; costs nothing where nobody listens."""
    if signal.has_listeners(sender):
        transaction.on_commit(partial(signal.send_robust, sender, **what), robust=True)
