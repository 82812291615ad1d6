"""State of a viewer that every page shows, read by one query."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.db.models import IntegerField, Max, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from livefeed.models.announcement import Announcement, Dismissal
from livefeed.models.compiled import compiled
from livefeed.models.event import Event
from livefeed.models.follow import Follow
from livefeed.models.notification import MAX_UNREAD_COUNTED, Notification
from livefeed.models.user import User

DISMISSALS_PERIOD = timedelta(days=30)
"""Time after the end of an announcement during which pages know that it was dismissed, should staff extend it."""


class PageState(NamedTuple):
    """State before the page's data is read. `cursor` is the head of the event log: the page's socket resumes from
    there, so no event is lost in between."""

    cursor: int = 0
    unread: int = 0
    """Unread notifications, at most MAX_UNREAD_COUNTED."""
    followed: int = 0
    """Number of users whom the viewer follows."""
    last_follow: int = 0
    """Id of the viewer's latest follow. It or `followed` differs after each change of the viewer's follows."""

    announcements: str = ""
    """The current announcements, each as its id and revision, separated by blanks: `7:k3X… 9:pQ7…`."""
    dismissed: str = ""
    """Ids of the announcements that the viewer has dismissed, except old ones, separated by blanks."""

    @classmethod
    def of(cls, viewer: User | None) -> Self:
        """Reads the state of `viewer`, or of a visitor."""
        now = timezone.now()
        rows = _visitor_states(now) if viewer is None else _states(viewer, now, now - DISMISSALS_PERIOD)
        return cls(*rows[0]) if rows else cls()  # a visitor's is empty if the log is


class CountOf(Subquery):
    """Number of rows of a subquery, which may be limited."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


class TextOf(Subquery):
    """The values `listed` of the rows of a subquery, separated by blanks."""

    template = "(SELECT COALESCE(STRING_AGG(listed, ' '), '') FROM (%(subquery)s) lines)"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Returns the SQL for SQLite, whose older versions have another name for the function."""
        template = self.template.replace("STRING_AGG", "GROUP_CONCAT")
        return self.as_sql(compiler, connection, template=template, **context)


@compiled
def _visitor_states(now: datetime) -> Any:
    positions = Event.objects.newest_positions()
    return positions.values_list("position", Value(0), Value(0), Value(0), _current_announcements(now))[:1]


@compiled
def _states(viewer: User, now: datetime, dismissed_since: datetime) -> Any:
    unread = Notification.objects.shown().unread().filter(recipient=OuterRef("pk")).values("pk")
    dismissed = Dismissal.objects.filter(user=OuterRef("pk"), announcement__ends_at__gt=dismissed_since)
    follows = Follow.objects.filter(follower=OuterRef("pk")).order_by().values("follower")  # grouped by it below
    return User.objects.filter(pk=viewer.pk).values_list(
        Coalesce(Subquery(Event.objects.newest_positions()[:1]), 0),
        CountOf(unread[:MAX_UNREAD_COUNTED]),
        CountOf(follows),
        Coalesce(Subquery(follows.values(latest=Max("pk"))), 0),
        _current_announcements(now),
        TextOf(dismissed.values(listed=Cast("announcement", TextField()))),
    )


def _current_announcements(now: datetime) -> TextOf:
    stamp = Concat(Cast("pk", TextField()), Value(":"), "revision", output_field=TextField())
    return TextOf(Announcement.objects.current(now).values(listed=stamp))
