"""Creates and withdraws notifications: one row for each recipient, in the transaction of what it is about, and an event
that updates the badges of open pages. Notifications of a new post may have 100,000 recipients: a task creates them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower

from livefeed.content.markup import references_in
from livefeed.live import notices
from livefeed.models import Follow, Like, Notification, PastLike, Post, Preferences, User
from livefeed.tasks import tell_of_new_post

Kind = Notification.Kind
MAX_MENTIONS = 20
"""Users whom one post can mention with effect, in all its versions together."""
MAX_SINGLE_EVENTS = 100
"""Recipients with unread notifications of a changed post who get an event each."""


def follow_created(follow: Follow) -> None:
    """Notifies the followed user, once of each follower: after an unfollow the same notification is shown again."""
    _notify([follow.followed_id], Kind.FOLLOWED, follow.follower_id)


def follow_removed(follow: Follow) -> None:
    """Publishes that the notification of a follow is no longer shown."""
    sent = Notification.objects.filter(recipient=follow.followed_id, actor=follow.follower_id, kind=Kind.FOLLOWED)
    if sent.exists():
        notices.notifications_changed(follow.followed_id)


def like_created(like: Like) -> None:
    """Notifies the author of the post, except of a like that the same user has taken back before: that shows an earlier
    notification again, as it was."""
    author_id = like.post.author_id
    if author_id == like.user_id or Preferences.objects.muted_by([author_id], Kind.LIKED):
        return
    sent = Notification.objects.filter(recipient=author_id, post=like.post_id)
    is_repeated = PastLike.objects.filter(user=like.user_id, post=like.post_id).exists()
    if is_repeated and sent.exists():
        sent.restore(actor=like.user_id)
    else:
        Notification.objects.renotify(author_id, Kind.LIKED, like.user_id, like.post_id)
    notices.notifications_changed(author_id)


def like_removed(like: Like) -> None:
    """Makes the notification name another user who likes the post, or withdraws it with the last like."""
    sent = Notification.objects.filter(kind=Kind.LIKED, post=like.post_id, withdrawn_at=None)
    for notification in sent:
        others = Like.objects.filter(post=like.post_id).exclude(user=notification.recipient_id)
        latest = others.order_by("-pk").first()
        if latest is None:
            sent.withdraw()
        elif notification.actor_id == like.user_id:
            sent.update(actor=latest.user_id)
        notices.notifications_changed(notification.recipient_id)


def post_saved(post: Post, *, created: bool, removal_changed: bool) -> None:
    """Notifies the author of the parent, mentioned users, and followers who asked for new posts. An edit notifies users
    whom the post did not mention before, and withdraws the notifications of those whom it no longer mentions. A removal
    or a restore (`removal_changed`) creates no notification: it only changes the numbers of unread ones."""
    if post.removed_at or (removal_changed and not created):
        _visibility_changed(post)
        return
    if created and post.parent_author_id:
        _notify([post.parent_author_id], Kind.REPLIED, post.author_id, post.pk)
    _update_mentions(post, is_new=created)
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
            notices.notifications_changed(user.pk)


def _update_mentions(post: Post, *, is_new: bool) -> None:
    """Notifies the users whom a post mentions, and withdraws the notifications of those whom it no longer mentions. A
    mention that is removed and added again is shown as it was: each user is notified once."""
    names = references_in(post.body).users[:MAX_MENTIONS]
    if is_new and not names:
        return
    mentioned = _users_named(names) if names else {}
    sent = Notification.objects.filter(post=post, kind=Kind.MENTIONED)
    known = {} if is_new else dict(sent.values_list("recipient", "withdrawn_at"))
    removed = [user_id for user_id, withdrawn_at in known.items() if not withdrawn_at and user_id not in mentioned]
    added = [user_id for user_id, withdrawn_at in known.items() if withdrawn_at and user_id in mentioned]
    if removed:
        _withdraw_mentions(post, removed)
    if added:
        sent.filter(recipient__in=added).restore()
    for user_id in (*removed, *added):
        notices.notifications_changed(user_id)
    new = [user_id for user_id, is_active in mentioned.items() if is_active and user_id not in known]
    if new := new[: max(0, MAX_MENTIONS - len(known))]:
        _notify(new, Kind.MENTIONED, post.author_id, post.pk)


def _withdraw_mentions(post: Post, user_ids: Collection[int]) -> None:
    """Withdraws notifications of mentions. Those of followers who asked for new posts become notifications of the post:
    each follower has only one of it."""
    sent = Notification.objects.filter(post=post, kind=Kind.MENTIONED, recipient__in=user_ids)
    if not post.parent_author_id:
        followers = Follow.objects.with_bell_for(post.author_id).filter(follower__in=user_ids).values("follower")
        sent.filter(recipient__in=followers).update(kind=Kind.POSTED)
    sent.withdraw()


def _users_named(names: Iterable[str]) -> dict[int, bool]:
    """Returns the ids of the users with these names, ignoring case, and for each True if the user is active."""
    users = User.objects.alias(lowered=Lower("username")).filter(lowered__in=[name.lower() for name in names])
    return dict(users.values_list("pk", "is_active"))


def _notify(user_ids: Collection[int], kind: Kind, actor_id: int, post_id: int | None = None) -> None:
    """Notifies these users, except those who muted this kind of notification."""
    recipients = set(user_ids) - Preferences.objects.muted_by(user_ids, kind)
    for recipient in Notification.objects.notify(sorted(recipients), kind, actor_id, post_id):
        notices.notifications_changed(recipient)


def _visibility_changed(post: Post) -> None:
    """Publishes that the recipients of unread notifications of a post have another number of them."""
    unread = post.notifications.unread().values_list("recipient", flat=True)
    recipients = list(unread[: MAX_SINGLE_EVENTS + 1])
    for recipient in recipients[:MAX_SINGLE_EVENTS]:
        notices.notifications_changed(recipient)
    if len(recipients) > MAX_SINGLE_EVENTS:
        notices.follower_notifications_changed(post)
