"""The log: what happened, in the order of commits."""

from django.db import models


class EventQuerySet(models.QuerySet["Event"]):
    """Parts of the log."""

    def after(self, position: int) -> "EventQuerySet":
        """What was committed after `position`, in order."""
        return self.filter(position__gt=position).order_by("position")


class EventManager(models.Manager["Event"].from_queryset(EventQuerySet)):  # type: ignore[misc]  # made at run time
    """Where the log begins and ends."""

    def head(self) -> int:
        """The position of the newest event, 0 in an empty log. A page reads it *before* its data."""
        return self.aggregate(head=models.Max("position"))["head"] or 0

    def bounds(self) -> tuple[int, int]:
        """The positions of the oldest and the newest event kept; (1, 0) in an empty log."""
        ends = self.aggregate(oldest=models.Min("position"), head=models.Max("position"))
        return ends["oldest"] or 1, ends["head"] or 0


class Event(models.Model):
    """One thing that happened. It holds plain ids, not foreign keys and not copies: a cascade must not erase the
    announcement of a deletion, and what is sent is rendered from the row as it is when it is sent.

    `position` is given by the database at commit (migration 0002), so the order of positions is the order of
    commits, and whoever has seen a position will never see a smaller one appear.
    """

    class Kind(models.TextChoices):
        POST_CREATED = "post.created"
        POST_UPDATED = "post.updated"
        POST_DELETED = "post.deleted"
        FOLLOW_CREATED = "follow.created"
        FOLLOW_REMOVED = "follow.removed"
        FEED_RESET = "feed.reset"  # rows were written that no signal saw: everybody reads anew

    position = models.BigIntegerField(unique=True, null=True, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject_id = models.BigIntegerField(default=0)
    """The post of `post.*`; the person followed or no longer followed of `follow.*`."""
    actor_id = models.BigIntegerField(default=0)
    """The author of `post.*`; the follower of `follow.*`."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventManager()

    def __str__(self) -> str:
        return f"{self.position} {self.kind} {self.subject_id} by {self.actor_id}"
