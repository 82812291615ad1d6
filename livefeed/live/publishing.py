"""Publishes events: the only module that writes the event log and wakes its readers after the commit.

A wakeup carries no data and may be lost, because readers read the log. This module does not know the consumers: a
process with readers (see consumers/hub/hub.py) registers wakeup listeners here.
"""

import logging
from collections.abc import Callable
from typing import Any

from livefeed.models import Event, Follow, Post, Session, Token, User
from livefeed.transactions import on_commit_once

logger = logging.getLogger(__name__)

WakeupListener = Callable[[], None]
"""Called after a commit with events, in the thread that committed. Must be thread-safe and quick."""
_listeners: set[WakeupListener] = set()


def post_saved(post: Post, *, appeared: bool) -> None:
    """Publishes that a post appeared (created or restored), was changed, or was removed."""
    if post.removed_at:
        kind = Event.Kind.POST_DELETED
    elif appeared:
        kind = Event.Kind.POST_CREATED
    else:
        kind = Event.Kind.POST_UPDATED
    publish(kind, **_routing(post))


def post_deleted(post: Post) -> None:
    publish(Event.Kind.POST_DELETED, **_routing(post))


def like_counted(post_id: int, change: int) -> None:
    """Adds `change` to the likes of a post, and publishes its counts."""
    _increment(post_id, likes_count=change)


def reply_counted(post_id: int, change: int) -> None:
    """Adds `change` to the replies of a post, and publishes its counts."""
    _increment(post_id, replies_count=change)


def _increment(post_id: int, **changes: int) -> None:
    Post.objects.filter(pk=post_id).increment(**changes)
    for post in Post.objects.filter(pk=post_id):  # empty if it was deleted meanwhile
        post_counted(post)


def post_counted(post: Post) -> None:
    publish(Event.Kind.POST_COUNTED, **_routing(post))


def _routing(post: Post) -> dict[str, Any]:
    """Returns the fields of an event that identify a post and determine which connections receive it."""
    return {
        "subject_id": post.pk,
        "actor_id": post.author_id,
        "audience": post.audience,
        "tags": " ".join(sorted(post.saved_tags | post.current_tags)),
        "parent_id": post.parent_id or 0,
        "parent_author_id": post.parent_author_id,
        "pictures": post.pictures_count,
    }


def follow_created(follow: Follow) -> None:
    publish(Event.Kind.FOLLOW_CREATED, subject_id=follow.followed_id, actor_id=follow.follower_id)


def follow_removed(follow: Follow) -> None:
    publish(Event.Kind.FOLLOW_REMOVED, subject_id=follow.followed_id, actor_id=follow.follower_id)


def user_changed(user: User) -> None:
    """Publishes changes of a user that others see, or that affect the user's permissions."""
    changed = user.saved_changes.keys()
    if "is_active" in changed:
        publish(Event.Kind.USER_RESTORED if user.is_active else Event.Kind.USER_SUSPENDED, actor_id=user.pk)
    if changed & {"username", "name", "avatar_id"}:
        publish(Event.Kind.USER_RENAMED, actor_id=user.pk)
    if "password" in changed:
        publish(Event.Kind.PASSWORD_CHANGED, actor_id=user.pk)


def sign_in_ended(session: Session) -> None:
    """Publishes the end of a session, if a user was signed in with it."""
    if session.sign_in is not None and session.user_id is not None:
        publish(Event.Kind.SIGN_IN_ENDED, subject_id=session.sign_in, actor_id=session.user_id)


def token_revoked(token: Token) -> None:
    publish(Event.Kind.TOKEN_REVOKED, subject_id=token.pk, actor_id=token.user_id)


def notifications_changed(user_id: int) -> None:
    """Publishes that the number of a user's unread notifications changed."""
    publish(Event.Kind.NOTIFIED, actor_id=user_id)


def follower_notifications_changed(post: Post) -> None:
    """Publishes that the numbers of unread notifications changed for the followers who were notified of this post."""
    publish(Event.Kind.NOTIFIED, subject_id=post.pk, actor_id=post.author_id)


def reset_feeds() -> None:
    """Makes every open page reload: for writes that send no signals (bulk, loaddata)."""
    publish(Event.Kind.FEED_RESET)


def publish(kind: Event.Kind, *, subject_id: int = 0, actor_id: int = 0, **routing: Any) -> None:
    """Writes one event in the current transaction. After its commit, wakes the listeners, once for all its events. A
    failing listener is logged and has no other effect: the event is committed, and readers also poll the log."""
    Event.objects.create(kind=kind, subject_id=subject_id, actor_id=actor_id, **routing)
    on_commit_once(wake_up)


def wake_up() -> None:
    """Wakes the listeners of this process. May be called from any thread; never blocks, never raises: readers poll the
    log as well."""
    for listener in tuple(_listeners):
        try:
            listener()
        except Exception:
            logger.exception("A wakeup listener failed; its reader will read the log at the next poll.")


def add_wakeup_listener(listener: WakeupListener) -> None:
    """Calls `listener` after every commit of events in this process, until it is removed."""
    _listeners.add(listener)


def remove_wakeup_listener(listener: WakeupListener) -> None:
    _listeners.discard(listener)
