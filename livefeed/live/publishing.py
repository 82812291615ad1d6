"""The one door through which anything is announced: a row in the log, and at commit a ring.

The ring carries nothing and may be lost: whoever listens reads the log. This module knows no consumers; a process that
has listeners (see consumers/hub/hub.py) adds their bells here.
"""

import logging
from collections.abc import Callable
from typing import Any

from livefeed.models import Event, Follow, Post, Session, Token, User
from livefeed.transactions import on_commit_once

logger = logging.getLogger(__name__)

WakeupListener = Callable[[], None]
_listeners: set[WakeupListener] = set()


def post_saved(post: Post, *, came: bool) -> None:
    """Says that a post came (new, or brought back), was changed, or was removed."""
    kind = Event.Kind.POST_CREATED if came else Event.Kind.POST_UPDATED
    publish(Event.Kind.POST_DELETED if post.removed_at else kind, **_about(post))


def post_deleted(post: Post) -> None:
    publish(Event.Kind.POST_DELETED, **_about(post))


def like_counted(post_id: int, change: int) -> None:
    """Counts likes of a post that begin or end, and says so."""
    _counted(post_id, likes_count=change)


def reply_counted(post_id: int, change: int) -> None:
    """The same for replies."""
    _counted(post_id, replies_count=change)


def _counted(post_id: int, **changes: int) -> None:
    Post.objects.filter(pk=post_id).increment(**changes)
    for post in Post.objects.filter(pk=post_id):  # none if it went meanwhile
        post_counted(post)


def post_counted(post: Post) -> None:
    publish(Event.Kind.POST_COUNTED, **_about(post))


def _about(post: Post) -> dict[str, Any]:
    """Which post it is, and what decides who is told of it."""
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
    """Says what a save changes of a person that others see, or that the person's rights hang on."""
    changed = user.saved_changes.keys()
    if "is_active" in changed:
        publish(Event.Kind.USER_RESTORED if user.is_active else Event.Kind.USER_SUSPENDED, actor_id=user.pk)
    if changed & {"username", "name", "avatar_id"}:
        publish(Event.Kind.USER_RENAMED, actor_id=user.pk)
    if "password" in changed:
        publish(Event.Kind.PASSWORD_CHANGED, actor_id=user.pk)


def sign_in_ended(session: Session) -> None:
    """Says that somebody is signed out where this session was; nothing of a session that nobody was signed in with."""
    if session.sign_in is not None and session.user_id is not None:
        publish(Event.Kind.SIGN_IN_ENDED, subject_id=session.sign_in, actor_id=session.user_id)


def token_revoked(token: Token) -> None:
    publish(Event.Kind.TOKEN_REVOKED, subject_id=token.pk, actor_id=token.user_id)


def notifications_changed(user_id: int) -> None:
    """Says that somebody's unread notifications are to be counted again."""
    publish(Event.Kind.NOTIFIED, actor_id=user_id)


def follower_notifications_changed(post: Post) -> None:
    """The same of those followers of an author who were told of this post."""
    publish(Event.Kind.NOTIFIED, subject_id=post.pk, actor_id=post.author_id)


def reset_feeds() -> None:
    """Tells every open page to read anew: for writes that fire no signals (bulk, loaddata)."""
    publish(Event.Kind.FEED_RESET)


def publish(kind: Event.Kind, *, subject_id: int = 0, actor_id: int = 0, **reach: Any) -> None:
    """Writes one event into the current transaction and rings, once for all its events, when that is committed. A ring
    that fails is logged and harms nobody: the post is saved, and the log is read at the next tick."""
    Event.objects.create(kind=kind, subject_id=subject_id, actor_id=actor_id, **reach)
    on_commit_once(wake_up)


def wake_up() -> None:
    """Wakes this process's listeners. Safe from any thread, never waits, never fails: the tick does what a bell did
    not."""
    for bell in tuple(_listeners):
        try:
            bell()
        except Exception:
            logger.exception("A bell is broken; its listeners look at the log at their next tick.")


def add_wakeup_listener(bell: WakeupListener) -> None:
    """Lets `bell` ring whenever something was committed in this process. It must be thread-safe and quick."""
    _listeners.add(bell)


def remove_wakeup_listener(bell: WakeupListener) -> None:
    _listeners.discard(bell)
