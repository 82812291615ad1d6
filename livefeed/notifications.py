"""Who is told of what: one row for each, in the transaction of what it tells of, and an event that moves the badges of
open pages. New posts of those whose bell is on may concern 100,000 people: that is a task."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Lower

from livefeed.content.markup import references_in
from livefeed.live import publishing
from livefeed.models import Follow, Like, Notification, Post, Preferences, User

Kind = Notification.Kind
MENTIONS_MOST = 20
"""How many people a post can call by naming them."""
BATCH = 1_000
"""Followers who are told of a new post by one transaction."""
DIRECTLY = 100
"""Up to how many people are told by an event each that their notifications changed."""


def follow_created(follow: Follow) -> None:
    _tell([follow.followed_id], Kind.FOLLOWED, follow.follower_id)


def follow_removed(follow: Follow) -> None:
    """Takes back that somebody follows, and what they asked for by it."""
    told = Notification.objects.filter(recipient=follow.followed_id, actor=follow.follower_id, kind=Kind.FOLLOWED)
    if told.delete()[0]:
        publishing.notifications_changed(follow.followed_id)


def like_created(like: Like) -> None:
    author_id = like.post.author_id
    if author_id != like.user_id and not Preferences.objects.muted_by([author_id], Kind.LIKED):
        Notification.objects.renotify(author_id, Kind.LIKED, like.user_id, like.post_id)
        publishing.notifications_changed(author_id)


def like_removed(like: Like) -> None:
    """Lets the notification name somebody else who likes the post; without any it goes."""
    told = Notification.objects.filter(kind=Kind.LIKED, post=like.post_id)
    for notification in told:
        left = Like.objects.filter(post=like.post_id).exclude(user=notification.recipient_id).order_by("-pk").first()
        if left is None:
            told.delete()
        elif notification.actor_id == like.user_id:
            told.update(actor=left.user_id)
        publishing.notifications_changed(notification.recipient_id)


def post_saved(post: Post, *, created: bool, came: bool) -> None:
    """Tells whom a post answers and names, and those who asked for its author's posts. One that was removed, or came
    back, changes what is counted as unread."""
    if post.removed_at or (came and not created):
        _changed(post)
        return
    if created and post.parent_author_id:
        _tell([post.parent_author_id], Kind.REPLIED, post.author_id, post.pk)
    if names := references_in(post.body).users[:MENTIONS_MOST]:
        _tell(_named(names), Kind.MENTIONED, post.author_id, post.pk)
    if created and not post.parent_author_id and Follow.objects.with_bell_for(post.author_id).exists():
        from livefeed.tasks import tell_of_new_post

        tell_of_new_post.enqueue(post.pk)


def before_post_delete(post: Post) -> None:
    """Called before a post is deleted, and with it what tells of it."""
    if not post.removed_at:
        _changed(post)


def notify_followers(post: Post) -> int:
    """Tells all who asked for this author's new posts, some at a time. Returns how many; told twice, it is once."""
    wanted, last, told = Follow.objects.with_bell_for(post.author_id).order_by("pk"), 0, 0
    while batch := list(wanted.filter(pk__gt=last).values_list("pk", "follower")[:BATCH]):
        with transaction.atomic():
            Notification.objects.notify([person for _, person in batch], Kind.POSTED, post.author_id, post.pk)
            publishing.follower_notifications_changed(post)
        last, told = batch[-1][0], told + len(batch)
    return told


def mark_read(user: User, upto: datetime) -> None:
    """Marks somebody's notifications as read, in all their tabs."""
    with transaction.atomic():
        if Notification.objects.mark_read(user, upto):
            publishing.notifications_changed(user.pk)


def _named(names: Iterable[str]) -> list[int]:
    """The people of these names, by id."""
    named = User.objects.alias(lowered=Lower("username")).filter(lowered__in=[name.lower() for name in names])
    return list(named.filter(is_active=True).values_list("pk", flat=True))


def _tell(people: Collection[int], kind: Kind, actor_id: int, post_id: int | None = None) -> None:
    wanting = set(people) - Preferences.objects.muted_by(people, kind)
    for recipient in Notification.objects.notify(sorted(wanting), kind, actor_id, post_id):
        publishing.notifications_changed(recipient)


def _changed(post: Post) -> None:
    """Lets those who were told of a post, and have not read it, count again."""
    people = list(post.notifications.unread().values_list("recipient", flat=True)[: DIRECTLY + 1])
    for person in people[:DIRECTLY]:
        publishing.notifications_changed(person)
    if len(people) > DIRECTLY:
        publishing.follower_notifications_changed(post)
