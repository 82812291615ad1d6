"""Numbers of unread notifications: counted when notifications change, delivered to all open pages of a user."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from consumers.connections.connection import Connection, Viewer
from consumers.hub.event_log import EventLog
from consumers.hub.subscriptions import Subscriptions
from consumers.protocol.message import Message
from livefeed.live import notices
from livefeed.live.entries import LogEntry


@dataclass
class Unread:
    """Numbers of unread notifications that some entries changed."""

    counts: dict[int, int] = field(default_factory=dict)
    """Unread notifications by user id."""
    requested: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of post id and user id that have been looked up."""


class UnreadCounts:
    """Counts unread notifications for connected users and delivers the numbers."""

    def __init__(self, log: EventLog, subscriptions: Subscriptions) -> None:
        self._log = log
        self._subscriptions = subscriptions

    async def read(self, entries: Iterable[LogEntry], unread: Unread) -> bool:
        """Adds the counts that `entries` changed and `unread` lacks. True if there were any."""
        affected = {
            (entry.subject_id, user_id)
            for entry in entries
            if entry.kind == notices.CHANGED
            for user_id in self._affected_users(entry)
        }
        missing = affected - unread.requested
        if missing:
            unread.requested |= missing
            unread.counts |= await self._log.unread_counts(missing)
        return bool(missing)

    def append_to(self, messages: defaultdict[Connection, Message], unread: Unread) -> None:
        """Appends the user's number to the message of each of the user's pages."""
        for user_id, count in unread.counts.items():
            viewer = self._subscriptions.viewers.get(user_id)
            for connection in pages_of(viewer) if viewer else ():
                frame = self._log.unread_frame(self._log.position, count)
                messages[connection] = messages[connection].and_then(frame)

    def _affected_users(self, entry: LogEntry) -> Collection[int]:
        """Returns the ids of connected users whose notifications changed: the actor or, with a post as subject, the
        actor's followers, of whom only some may have been notified."""
        if entry.subject_id:
            return [viewer.user_id for viewer in self._subscriptions.followers_of(entry.actor_id)]
        return [entry.actor_id] if entry.actor_id in self._subscriptions.viewers else []


def pages_of(viewer: Viewer) -> list[Connection]:
    """Returns a user's open pages. Programs receive no counts of notifications."""
    return [connection for connection in viewer.connections if connection.form == "html"]
