"""State of a viewer that every page shows, read by one query."""

from typing import Any, NamedTuple, Self

from django.db.models import IntegerField, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from livefeed.models.compiled import compiled
from livefeed.models.event import Event
from livefeed.models.follow import Follow
from livefeed.models.notification import MAX_UNREAD_COUNTED, Notification
from livefeed.models.user import User


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

    @classmethod
    def of(cls, viewer: User | None) -> Self:
        """Reads the state of `viewer`, or of a visitor."""
        return cls(Event.objects.head()) if viewer is None else cls(*_states(viewer)[0])


class CountOf(Subquery):
    """Number of rows of a subquery, which may be limited."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


@compiled
def _states(viewer: User) -> Any:
    unread = Notification.objects.shown().unread().filter(recipient=OuterRef("pk")).values("pk")
    follows = Follow.objects.filter(follower=OuterRef("pk")).order_by().values("follower")  # grouped by it below
    return User.objects.filter(pk=viewer.pk).values_list(
        Coalesce(Subquery(Event.objects.newest_positions()[:1]), 0),
        CountOf(unread[:MAX_UNREAD_COUNTED]),
        CountOf(follows),
        Coalesce(Subquery(follows.values(latest=Max("pk"))), 0),
    )
