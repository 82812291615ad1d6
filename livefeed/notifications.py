"""Creates and withdraws notifications: one row for each recipient, in the transaction of what it is about, and an event
that updates the badges of open pages. Notifications of a new post may have 100,000 recipients: a task creates them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower

from livefeed.content.markup import references_in
from livefeed.live import publishing
from livefeed.models import Follow, Like, Notification, Post, Preferences, User
from livefeed.tasks import tell_of_new_post

Kind = Notification.Kind
MAX_MENTIONS = 20
"""Users whom one post can mention with effect."""
MAX_SINGLE_EVENTS = 100
"""Recipients with unread notifications of a changed post who get an event each."""


def follow_created(follow: Follow) -> None:
    _notify([follow.followed_id], Kind.FOLLOWED, follow.follower_id)


def follow_removed(follow: Follow) -> None:
    """Withdraws the notification of a follow."""
    sent = Notification.objects.filter(recipient=follow.followed_id, actor=follow.follower_id, kind=Kind.FOLLOWED)
    if sent.delete()[0]:
        publishing.notifications_changed(follow.followed_id)


def like_created(like: Like) -> None:
    author_id = like.post.author_id
    if author_id != like.user_id and not Preferences.objects.muted_by([author_id], Kind.LIKED):
        Notification.objects.renotify(author_id, Kind.LIKED, like.user_id, like.post_id)
        publishing.notifications_changed(author_id)


def like_removed(like: Like) -> None:
    """Makes the notification name another user who likes the post, or withdraws it with the last like."""
    sent = Notification.objects.filter(kind=Kind.LIKED, post=like.post_id)
    for notification in sent:
        others = Like.objects.filter(post=like.post_id).exclude(user=notification.recipient_id)
        latest = others.order_by("-pk").first()
        if latest is None:
            sent.delete()
        elif notification.actor_id == like.user_id:
            sent.update(actor=latest.user_id)
        publishing.notifications_changed(notification.recipient_id)


def post_saved(post: Post, *, created: bool, removal_changed: bool) -> None:
    """Notifies the author of the parent, mentioned users, and followers who asked for new posts. A removal or a restore
    (`removal_changed`) creates no notification: it only changes the numbers of unread ones."""
    if post.removed_at or (removal_changed and not created):
        _visibility_changed(post)
        return
    if created and post.parent_author_id:
        _notify([post.parent_author_id], Kind.REPLIED, post.author_id, post.pk)
    if names := references_in(post.body).users[:MAX_MENTIONS]:
        _notify(_active_users(names), Kind.MENTIONED, post.author_id, post.pk)
    if created and not post.parent_author_id and Follow.objects.has_bell_for(post.author_id):
        tell_of_new_post.enqueue(post.pk)


def before_post_delete(post: Post) -> None:
    """Called before a post is deleted, and its notifications with it."""
    if not post.removed_at:
        _visibility_changed(post)


def mark_read(user: User, upto: datetime) -> None:
    """Marks a user's notifications until `upto` as read, in all their open pages."""
    with transaction.atomic():
        if Notification.objects.mark_read(user, upto):
            publishing.notifications_changed(user.pk)


def _active_users(names: Iterable[str]) -> list[int]:
    """Returns the ids of the active users with these names, ignoring case."""
    users = User.objects.alias(lowered=Lower("username")).filter(lowered__in=[name.lower() for name in names])
    return list(users.filter(is_active=True).values_list("pk", flat=True))


def _notify(user_ids: Collection[int], kind: Kind, actor_id: int, post_id: int | None = None) -> None:
    """Notifies these users, except those who muted this kind of notification."""
    recipients = set(user_ids) - Preferences.objects.muted_by(user_ids, kind)
    for recipient in Notification.objects.notify(sorted(recipients), kind, actor_id, post_id):
        publishing.notifications_changed(recipient)


def _visibility_changed(post: Post) -> None:
    """Publishes that the recipients of unread notifications of a post have another number of them."""
    unread = post.notifications.unread().values_list("recipient", flat=True)
    recipients = list(unread[: MAX_SINGLE_EVENTS + 1])
    for recipient in recipients[:MAX_SINGLE_EVENTS]:
        publishing.notifications_changed(recipient)
    if len(recipients) > MAX_SINGLE_EVENTS:
        publishing.follower_notifications_changed(post)
