"""Replays: the events that a client missed, each post once and in its present state."""

from dataclasses import dataclass, field

from django.db.models import Q

from consumers.connections.connection import Connection
from consumers.hub.audience import should_deliver
from consumers.hub.event_log import EventLog
from consumers.hub.log_entry import AUTHOR_KINDS, Kind, LogEntry
from consumers.protocol.message import Message

MAX_REPLAYED_POSTS = 200
"""Posts in one replay at most. With more, reloading the page is faster."""


@dataclass
class Missed:
    """Events that a connection missed."""

    posts: dict[int, LogEntry] = field(default_factory=dict)
    """The latest event of each post, by post id, in the order of delivery."""
    created: set[int] = field(default_factory=set)
    """Ids of the posts that were created during the client's absence."""
    notices: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of post id and user id, as `EventLog.unread_counts` takes them."""
    requires_reset: bool = False
    """True if the client must reload: for an event other than a post or notification, or after too many posts."""

    def add(self, entry: LogEntry, connection: Connection) -> None:
        """Adds an event that must be delivered to the connection."""
        if entry.is_notice and connection.viewer:
            self.notices.add((entry.subject_id, connection.viewer.user_id))
        elif entry.is_post:
            self._add_post(entry)
        else:
            self.requires_reset = True

    def _add_post(self, entry: LogEntry) -> None:
        """Replaces the post's earlier event and moves the post to the end."""
        if entry.is_count and entry.subject_id in self.posts:
            return  # the frame of the earlier event contains the present counts
        self.posts.pop(entry.subject_id, None)
        self.posts[entry.subject_id] = entry
        if entry.kind == Kind.POST_CREATED:
            self.created.add(entry.subject_id)

    @property
    def entries(self) -> list[LogEntry]:
        """Events to deliver. An edit becomes a creation if the client does not know the post yet."""
        return [
            entry._replace(kind=Kind.POST_CREATED.value)
            if entry.kind == Kind.POST_UPDATED and entry.subject_id in self.created
            else entry
            for entry in self.posts.values()
        ]


async def replay(log: EventLog, connection: Connection, cursor: int) -> Message | None:
    """Returns the events after `cursor` up to the log's position as one message; None if the client must reload."""
    missed = await _collect(log, connection, cursor)
    if missed.requires_reset:
        return None
    message = await _append_posts(log, connection, missed.entries, log.empty_message)
    return await _append_unread_counts(log, missed.notices, message)


async def _collect(log: EventLog, connection: Connection, cursor: int) -> Missed:
    """Reads the history and keeps what must be delivered. Stops early if the client must reload anyway."""
    missed = Missed()
    async for page in log.history(cursor, database_filter(connection)):
        for entry in page:
            if should_deliver(connection, entry):
                missed.add(entry, connection)
            if missed.requires_reset:
                return missed
        if len(missed.posts) > MAX_REPLAYED_POSTS:
            missed.requires_reset = True
            return missed
    return missed


async def _append_posts(log: EventLog, connection: Connection, entries: list[LogEntry], message: Message) -> Message:
    """Renders the posts and appends a frame for each event."""
    posts = await log.posts([entry.subject_id for entry in entries if entry.shows_post])
    for entry in entries:
        if frame := log.frame(entry, posts, connection.form):
            message = message.and_then(frame)
    return message


async def _append_unread_counts(log: EventLog, notices: set[tuple[int, int]], message: Message) -> Message:
    """Appends the user's number of unread notifications if notifications changed."""
    if notices:
        for unread in (await log.unread_counts(notices)).values():
            message = message.and_then(log.unread_frame(log.position, unread))
    return message


def database_filter(connection: Connection) -> Q:
    """Returns the part of `should_deliver` that a query can check: a condition that holds for all events to deliver,
    and for some others."""
    view = connection.view
    viewer = connection.viewer
    resets = Q(kind=Kind.FEED_RESET)
    if view.kind == "home" and viewer:
        return resets | Q(actor_id__in=[viewer.user_id, *viewer.followed])
    own = Q(actor_id=viewer.user_id) | Q(kind=Kind.NOTIFIED, actor_id__in=viewer.followed) if viewer else Q()
    if view.kind in ("user", "replies", "media"):
        return resets | own | Q(actor_id=view.key)
    if view.kind == "shown":
        return resets | own | Q(kind__in=AUTHOR_KINDS)
    if view.kind == "tag":
        return resets | own | Q(kind__in=AUTHOR_KINDS) | Q(tags__contains=view.key)
    if view.kind == "post":
        return resets | own | Q(subject_id__in=view.keys) | Q(parent_id=view.key) | Q(actor_id=view.author_id)
    return Q()
