"""What people are told of: who follows them, likes, answers or names them, and new posts of those they asked for."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from livefeed.models import sort_keys
from livefeed.models.follow import Follow
from livefeed.models.post import Post
from livefeed.models.post_query import Audience
from livefeed.models.reaction import Like
from livefeed.models.user import User

KEPT = timedelta(days=90)
COUNTED = 100
"""More unread ones than this are not counted for a page: a badge says 99+."""


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Which notifications."""

    def shown(self) -> Self:
        """Those whose recipients may see now what they are about: rights are checked when something is read."""
        follows = Follow.objects.filter(follower=OuterRef("recipient"), followed=OuterRef("post__author"))
        public = Q(post__audience=Audience.PUBLIC)
        visible = Q(post__removed_at=None) & (public | Q(post__author=F("recipient")) | Exists(follows))
        return self.filter(Q(post=None) | visible, actor__is_active=True)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def newest_first(self) -> Self:
        """With what is needed to tell them."""
        own = Like.objects.filter(user=OuterRef("recipient"), post=OuterRef("post"))
        rows = self.select_related("actor", "post__author").annotate(is_own_too=Exists(own))
        return rows.order_by("-created_at", "-pk")

    def before(self, sort_key: str) -> Self:
        """Those that come after `sort_key` in the list. Raises `ValueError` if it is no sort key."""
        return self.filter(sort_keys.before(sort_key))

    def unread_counts(self, people: Collection[int]) -> dict[int, int]:
        """How many each of these people, by id, has not read."""
        counted = self.shown().unread().filter(recipient__in=people).order_by()
        found = dict(counted.values_list("recipient").annotate(models.Count("pk")))
        return {person: found.get(person, 0) for person in people}

    def unread_count(self, recipient: User) -> int:
        """How many this person has not read; of more than COUNTED, that many."""
        return self.shown().unread().filter(recipient=recipient)[:COUNTED].count()

    def mark_read(self, recipient: User, upto: datetime) -> int:
        """Marks as read what came until `upto`. Returns how many were unread."""
        return self.unread().filter(recipient=recipient, created_at__lte=upto).update(read_at=timezone.now())

    def prune(self) -> int:
        """Forgets those that are older than KEPT. Returns how many rows went."""
        deleted, _ = self.filter(created_at__lt=timezone.now() - KEPT).delete()
        return deleted


class NotificationManager(models.Manager["Notification"].from_queryset(NotificationQuerySet)):  # type: ignore[misc]  # made at run time
    """Makes notifications."""

    def notify(
        self, people: Iterable[int], kind: "Notification.Kind", actor_id: int, post_id: int | None = None
    ) -> list[int]:
        """Tells people, by id, of something, but not the actor. Who was told of the same post before, in whatever way,
        is not told again. Returns whom it would tell."""
        recipients = [person for person in people if person != actor_id]
        rows = [
            Notification(recipient_id=person, kind=kind, actor_id=actor_id, post_id=post_id) for person in recipients
        ]
        self.bulk_create(rows, ignore_conflicts=True)
        return recipients

    def renotify(self, recipient_id: int, kind: "Notification.Kind", actor_id: int, post_id: int) -> None:
        """Tells somebody of a post, anew if it was told before: one notification stands for all likes of a post."""
        row = Notification(recipient_id=recipient_id, kind=kind, actor_id=actor_id, post_id=post_id)
        self.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["recipient", "post"],
            update_fields=["actor", "created_at", "read_at"],
        )


class Notification(models.Model):
    """That somebody (`actor`) did something that `recipient` wants to know of. There is one for a person and a post at
    most, and one for a person and a follower."""

    class Kind(models.TextChoices):
        FOLLOWED = "followed"
        LIKED = "liked"  # all who like the post; `actor` is the latest
        REPLIED = "replied"  # `post` is the reply
        MENTIONED = "mentioned"
        POSTED = "posted"  # by somebody whose bell the recipient has on

    recipient = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10, choices=Kind)
    actor = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

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
        """Where it stands in the list: greater is newer, compared as text."""
        return sort_keys.encode(self.created_at, self.pk)

    @property
    def others(self) -> int:
        """How many more like the post than its latest liker, and its author, if they like it themselves."""
        own = getattr(self, "is_own_too", False)
        return max(0, self.post.likes_count - 1 - own) if self.post else 0
