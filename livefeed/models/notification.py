"""Notifications of follows, likes, replies, mentions and new posts."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from livefeed.models import sort_keys
from livefeed.models.compiled import compiled
from livefeed.models.follow import Follow
from livefeed.models.post import Post
from livefeed.models.post_query import Audience
from livefeed.models.reaction import Like
from livefeed.models.user import User

NOTIFICATION_RETENTION = timedelta(days=90)
"""Time for which notifications are kept."""
MAX_UNREAD_COUNTED = 100
"""Unread notifications counted for a page, whose badge shows at most 99+."""


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Queries for notifications."""

    def shown(self) -> Self:
        """Notifications of what is still true: a follow that was not ended, and a post that the recipient may see now.
        Permissions are checked on reading."""
        follows = Follow.objects.filter(follower=OuterRef("recipient"), followed=OuterRef("post__author"))
        is_followed = Follow.objects.filter(follower=OuterRef("actor"), followed=OuterRef("recipient"))
        public = Q(post__audience=Audience.PUBLIC)
        visible = Q(post__removed_at=None) & (public | Q(post__author=F("recipient")) | Exists(follows))
        return self.filter(Q(post=None) & Exists(is_followed) | visible, actor__is_active=True, withdrawn_at=None)

    def unread(self) -> Self:
        """Notifications not marked as read."""
        return self.filter(read_at=None)

    def newest_first(self) -> Self:
        """Orders by age and selects the related rows that rendering needs."""
        own = Like.objects.filter(user=OuterRef("recipient"), post=OuterRef("post"))
        rows = self.select_related("actor", "post__author").annotate(is_own_too=Exists(own))
        return rows.order_by("-created_at", "-pk")

    def older_than(self, moment: datetime | None, pk: int | None) -> Self:
        """Notifications that follow the row `pk`, created at `moment`, in their order; all without it."""
        return self if moment is None or pk is None else self.filter(sort_keys.older_than(moment, pk))

    def unread_counts(self, user_ids: Collection[int]) -> dict[int, int]:
        """Returns the number of unread notifications of each of these users, by id."""
        unread = self.shown().unread().filter(recipient__in=user_ids).order_by()
        counts = dict(unread.values_list("recipient").annotate(models.Count("pk")))
        return {user_id: counts.get(user_id, 0) for user_id in user_ids}

    def unread_count(self, recipient: User) -> int:
        """Returns the number of unread notifications of one user, at most MAX_UNREAD_COUNTED."""
        return self.shown().unread().filter(recipient=recipient)[:MAX_UNREAD_COUNTED].count()

    def mark_read(self, recipient: User, upto: datetime) -> int:
        """Marks the notifications shown until `upto` as read. Returns the number of unread ones among them."""
        unread = self.shown().unread().filter(recipient=recipient, created_at__lte=upto)
        return unread.update(read_at=timezone.now())

    def withdraw(self) -> int:
        """Hides notifications whose cause has ended. Returns the number of those that were shown."""
        return self.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())

    def restore(self, **changes: Any) -> int:
        """Shows withdrawn notifications again, as old and as read as they were, with `changes` to their fields. Returns
        their number."""
        return self.exclude(withdrawn_at=None).update(withdrawn_at=None, **changes)

    def prune(self) -> int:
        """Deletes notifications older than NOTIFICATION_RETENTION. Returns the number of deleted rows."""
        deleted, _ = self.filter(created_at__lt=timezone.now() - NOTIFICATION_RETENTION).delete()
        return deleted


class NotificationManager(models.Manager["Notification"].from_queryset(NotificationQuerySet)):  # type: ignore[misc]  # made at run time
    """Creates notifications."""

    def notify(
        self, user_ids: Iterable[int], kind: "Notification.Kind", actor_id: int, post_id: int | None = None
    ) -> list[int]:
        """Notifies users, by id, except the actor. A user who has a notification of the same post, of any kind, gets no
        second one. Returns the recipients, including those."""
        recipients = [user_id for user_id in user_ids if user_id != actor_id]
        rows = [
            Notification(recipient_id=user_id, kind=kind, actor_id=actor_id, post_id=post_id) for user_id in recipients
        ]
        self.bulk_create(rows, ignore_conflicts=True)
        return recipients

    def renotify(self, recipient_id: int, kind: "Notification.Kind", actor_id: int, post_id: int) -> None:
        """Notifies a user of a post. An existing notification is updated and unread again: all likes of a post share
        one."""
        row = Notification(recipient_id=recipient_id, kind=kind, actor_id=actor_id, post_id=post_id)
        self.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["recipient", "post"],
            update_fields=["actor", "created_at", "read_at", "withdrawn_at"],
        )


class Notification(models.Model):
    """Notification of `recipient` about an action of `actor`. At most one for each recipient and post, and one for each
    recipient and follower."""

    class Kind(models.TextChoices):
        FOLLOWED = "followed"
        LIKED = "liked"  # all likes of the post; `actor` is the latest
        REPLIED = "replied"  # `post` is the reply
        MENTIONED = "mentioned"
        POSTED = "posted"  # a new post of an author for whom the recipient has turned notifications on

    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    """Time since when its cause is gone: the last like was taken back, or the mention was removed. The row stays, so
    that a repetition shows it as it was, instead of as unread."""

    objects: ClassVar[NotificationManager] = NotificationManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "post"], name="notification_unique_post"),
            models.UniqueConstraint(
                fields=["recipient", "actor"], condition=Q(post=None), name="notification_unique_follower"
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="notification_newest"),
            models.Index(fields=["recipient"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["created_at"], name="notification_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.actor_id} for {self.recipient_id}"

    @property
    def sort_key(self) -> str:
        """Position in the list: compared as text, greater is newer."""
        return sort_keys.encode(self.created_at, self.pk)

    @property
    def others(self) -> int:
        """Number of likes besides the latest and the author's own (`is_own_too`, annotated by `newest_first`)."""
        if self.post is None:
            return 0
        likes = self.post.likes_count - 1
        if getattr(self, "is_own_too", False):
            likes -= 1
        return max(0, likes)


@compiled
def newest_notifications(recipient: User, moment: datetime | None, pk: int | None, *, count: int) -> Any:
    """The newest shown notifications of `recipient` that follow the row `pk`, created at `moment`."""
    rows = Notification.objects.filter(recipient=recipient).shown()
    return rows.older_than(moment, pk).newest_first()[:count]
