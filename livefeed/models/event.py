"""The log: what happened, in the order of commits."""

from datetime import timedelta

from django.db import connection, models, transaction
from django.utils import timezone


class EventQuerySet(models.QuerySet["Event"]):
    """Parts of the log."""

    def after(self, position: int) -> "EventQuerySet":
        """What was committed after `position`, in order."""
        return self.filter(position__gt=position).order_by("position")


KEPT = timedelta(days=7)


class EventManager(models.Manager["Event"].from_queryset(EventQuerySet)):  # type: ignore[misc]  # made at run time
    """Where the log begins and ends."""

    def head(self) -> int:
        """The position of the newest event, 0 in an empty log. A page reads it *before* its data."""
        return self.aggregate(head=models.Max("position"))["head"] or 0

    def bounds(self) -> tuple[int, int]:
        """The positions of the oldest and the newest event kept; (1, 0) in an empty log."""
        ends = self.aggregate(oldest=models.Min("position"), head=models.Max("position"))
        return ends["oldest"] or 1, ends["head"] or 0

    def prune(self, keep: timedelta = KEPT) -> int:
        """Deletes what is older than `keep`, but for the newest event: positions must never seem to start again.
        Returns how many went. What stays is whole: only the log's beginning is cut off."""
        kept = self.filter(created_at__gte=timezone.now() - keep, position__isnull=False).order_by("position")
        first = kept.values_list("position", flat=True).first()
        deleted, _ = self.filter(position__lt=self.head() if first is None else first).delete()
        return int(deleted)

    def restart(self) -> None:
        """Forgets everything and leaves a gap before the next position, so that every cursor from before is answered
        with a reset: for a database that was restored from a backup, whose positions have been given out before."""
        with transaction.atomic(), connection.cursor() as cursor:
            read, write = _SEQUENCE[connection.vendor]
            cursor.execute(read)
            given = cursor.fetchone()
            beyond = max(self.head(), given[0] if given else 0) + GAP
            self.all().delete()
            for statement in write:
                cursor.execute(statement, [beyond][: statement.count("%s")])
            self.create(kind=Event.Kind.FEED_RESET)


GAP = 1_000_000_000
_SEQUENCE = {  # what was given out, and how to move on
    "postgresql": (
        "SELECT last_value FROM livefeed_event_position",
        ["SELECT setval('livefeed_event_position', %s)"],
    ),
    "sqlite": (
        "SELECT seq FROM sqlite_sequence WHERE name = 'livefeed_event'",
        [
            "DELETE FROM sqlite_sequence WHERE name = 'livefeed_event'",
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('livefeed_event', %s)",
        ],
    ),
}


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
        POST_COUNTED = "post.counted"  # its likes or its replies
        FOLLOW_CREATED = "follow.created"
        FOLLOW_REMOVED = "follow.removed"
        USER_RENAMED = "user.renamed"
        USER_SUSPENDED = "user.suspended"
        USER_RESTORED = "user.restored"
        PASSWORD_CHANGED = "password.changed"  # noqa: S105  # the name of an event
        SIGN_IN_ENDED = "sign_in.ended"
        TOKEN_REVOKED = "token.revoked"  # noqa: S105  # the name of an event
        NOTIFIED = "notifications.changed"
        FEED_RESET = "feed.reset"  # rows were written that no signal saw: everybody reads anew

    position = models.BigIntegerField(unique=True, null=True, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject_id = models.BigIntegerField(default=0)
    """The post of `post.*`; the person followed or no longer followed of `follow.*`; the sign-in's number; the token's
    id; the post of which some followers of its author were notified; else 0."""
    actor_id = models.BigIntegerField(default=0)
    """The author of `post.*`; the follower of `follow.*`; whom `user.*` is about, and whose password, sign-in or token
    it was; whose notifications changed, or whose followers' did."""
    audience = models.CharField(max_length=10, db_default="public")
    """Of `post.*`: who may see the post, as `Post.Audience` says. It never changes."""
    tags = models.TextField(db_default="", blank=True)
    """Of `post.*`: the post's tags, before and after a change, with blanks between."""
    parent_id = models.BigIntegerField(db_default=0)
    """Of `post.*`: the post that it replies to; else 0."""
    parent_author_id = models.BigIntegerField(db_default=0)
    """Whose that is; else 0."""
    pictures = models.PositiveSmallIntegerField(db_default=0)
    """Of `post.*`: how many pictures the post has."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventManager()

    def __str__(self) -> str:
        return f"{self.position} {self.kind} {self.subject_id} by {self.actor_id}"
