"""The event log: changes that open pages must show, in commit order."""

from datetime import timedelta
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from livefeed.models.compiled import compiled


class EventQuerySet(models.QuerySet["Event"]):
    """Queries for events."""

    def after(self, position: int) -> "EventQuerySet":
        """Events committed after `position`, in order."""
        return self.filter(position__gt=position).order_by("position")

    def newest_positions(self) -> Any:
        """The positions of committed events, the newest first."""
        return self.exclude(position=None).order_by("-position").values_list("position", flat=True)


EVENT_RETENTION = timedelta(days=7)
"""Time for which events are kept. A page that was disconnected for longer is reset."""


@compiled
def _newest_positions() -> Any:
    return Event.objects.newest_positions()[:1]


class EventManager(models.Manager["Event"].from_queryset(EventQuerySet)):  # type: ignore[misc]  # made at run time
    """Reads the bounds of the log, prunes and restarts it."""

    def head(self) -> int:
        """Returns the position of the newest event, 0 in an empty log. A page reads it *before* its data."""
        newest: list[int] = _newest_positions()
        return newest[0] if newest else 0

    def bounds(self) -> tuple[int, int]:
        """Returns the positions of the oldest and the newest event; (1, 0) in an empty log."""
        ends = self.aggregate(oldest=models.Min("position"), head=models.Max("position"))
        return ends["oldest"] or 1, ends["head"] or 0

    def prune(self, keep: timedelta = EVENT_RETENTION) -> int:
        """Deletes events older than `keep`, except the newest event: positions must never seem to restart. Deletes only
        from the start of the log, so the rest has no gaps. Returns the number of deleted events."""
        kept = self.filter(created_at__gte=timezone.now() - keep, position__isnull=False).order_by("position")
        first = kept.values_list("position", flat=True).first()
        deleted, _ = self.filter(position__lt=self.head() if first is None else first).delete()
        return int(deleted)

    def restart(self) -> None:
        """Empties the log and leaves a gap of GAP before the next position, so that every cursor handed out before is
        answered with a reset. For a database restored from a backup, which would hand out the same positions again."""
        with transaction.atomic():
            last_position = max(self.head(), _read_sequence()) + GAP
            self.all().delete()
            _set_sequence(last_position)
            self.create(kind=Event.FEED_RESET, topics=" site ")


GAP = 1_000_000_000
"""Positions skipped by a restart; more than the events that any backup can lack."""


def _read_sequence() -> int:
    """Returns the last position that the database handed out, 0 if it handed out none."""
    query = {
        "postgresql": "SELECT last_value FROM livefeed_event_position",
        "sqlite": "SELECT seq FROM sqlite_sequence WHERE name = 'livefeed_event'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone()
    return row[0] if row else 0


def _set_sequence(position: int) -> None:
    """Makes the database hand out positions after `position`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval('livefeed_event_position', %s)", [position])
        else:  # SQLite adds the row of a table with its first insert: it may be missing
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'livefeed_event'")
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('livefeed_event', %s)", [position])


class Event(models.Model):
    """One change. Stores plain ids, neither foreign keys nor copies: a cascade must not delete the event of a deletion,
    and frames are rendered from the current row when they are sent.

    The database assigns `position` at commit (migration 0002). So positions are in commit order: after a reader has
    seen a position, no smaller one appears.
    """

    FEED_RESET = "feed.reset"
    """Kind of event: rows were written without signals, or the log was restarted, and all pages reload."""

    position = models.BigIntegerField(unique=True, null=True, editable=False)
    kind = models.CharField(max_length=30)
    """Name of the change, such as `post.created`. Its declaration, in `livefeed/live`, says what it means."""
    subject_id = models.BigIntegerField(default=0)
    """The changed row; 0 if there is none. `follow.*`: the user who was followed or unfollowed."""
    actor_id = models.BigIntegerField(default=0)
    """The user whose change it is, such as the author of a post; else 0."""
    audience = models.CharField(max_length=10, db_default="public")
    """Readers who may see the row, such as `Post.Audience`. It never changes."""
    topics = models.TextField(db_default="", blank=True)
    """The topics of the event (`livefeed.live.topics`), separated and surrounded by blanks."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EventManager()

    def __str__(self) -> str:
        return f"{self.position} {self.kind} {self.subject_id} by {self.actor_id}"
