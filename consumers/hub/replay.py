"""Replays: the events that a client missed, each row once and in its present state."""

from dataclasses import dataclass, field
from typing import Any

from consumers.connections.connection import Connection
from consumers.hub.audience import should_deliver
from consumers.hub.event_log import EventLog, Subject, subject_to_render
from consumers.protocol.message import Message
from livefeed.live import notices
from livefeed.live.declarations import LiveModel, declaration_of
from livefeed.live.entries import LogEntry
from livefeed.live.log import Interest
from livefeed.live.topics import topic

MAX_REPLAYED_ROWS = 200
"""Rows in one replay at most. With more, reloading the page is faster."""


@dataclass
class Missed:
    """Events that a connection missed."""

    rows: dict[Subject, LogEntry] = field(default_factory=dict)
    """The latest event of each row, in the order of delivery."""
    created: set[Subject] = field(default_factory=set)
    """Rows that were created during the client's absence."""
    notices: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of post id and user id, as `EventLog.unread_counts` takes them."""
    requires_reset: bool = False
    """True if the client must reload: for an event of no row or notification, or after too many rows."""

    def add(self, entry: LogEntry, connection: Connection) -> None:
        """Adds an event that must be delivered to the connection."""
        declaration = declaration_of(entry.kind)
        if entry.kind == notices.CHANGED:
            self.notices.add((entry.subject_id, connection.user_id))
        elif isinstance(declaration, LiveModel):
            self._add_row(entry, declaration)
        else:
            self.requires_reset = True

    def _add_row(self, entry: LogEntry, live_model: LiveModel[Any]) -> None:
        """Replaces the row's earlier event and moves the row to the end."""
        subject = live_model.name, entry.subject_id
        if entry.kind in live_model.coalesced and subject in self.rows:
            return  # the frame of the earlier event contains the present values
        self.rows.pop(subject, None)
        self.rows[subject] = entry
        if entry.kind == live_model.created:
            self.created.add(subject)

    @property
    def entries(self) -> list[LogEntry]:
        """Events to deliver. An edit becomes a creation if the client does not know the row yet."""
        return [
            entry._replace(kind=f"{name}.created")
            if entry.kind == f"{name}.updated" and (name, subject_id) in self.created
            else entry
            for (name, subject_id), entry in self.rows.items()
        ]


async def replay(log: EventLog, connection: Connection, cursor: int) -> Message | None:
    """Returns the events after `cursor` up to the log's position as one message; None if the client must reload."""
    missed = await _collect(log, connection, cursor)
    if missed.requires_reset:
        return None
    message = await _append_rows(log, connection, missed.entries, log.empty_message)
    return await _append_unread_counts(log, missed.notices, message)


async def _collect(log: EventLog, connection: Connection, cursor: int) -> Missed:
    """Reads the history and keeps what must be delivered. Stops early if the client must reload anyway."""
    missed = Missed()
    async for page in log.history(cursor, interest_of(connection)):
        for entry in page:
            if should_deliver(connection, entry):
                missed.add(entry, connection)
            if missed.requires_reset:
                return missed
        if len(missed.rows) > MAX_REPLAYED_ROWS:
            missed.requires_reset = True
            return missed
    return missed


async def _append_rows(log: EventLog, connection: Connection, entries: list[LogEntry], message: Message) -> Message:
    """Renders the rows and appends a frame for each event."""
    rendered = await log.rendered([subject for entry in entries if (subject := subject_to_render(entry))])
    for entry in entries:
        if frame := log.frame(entry, rendered, connection.form):
            message = message.and_then(frame)
    return message


async def _append_unread_counts(log: EventLog, notices: set[tuple[int, int]], message: Message) -> Message:
    """Appends the user's number of unread notifications if notifications changed."""
    if notices:
        for unread in (await log.unread_counts(notices)).values():
            message = message.and_then(log.unread_frame(log.position, unread))
    return message


def interest_of(connection: Connection) -> Interest:
    """Returns what a query needs to find the events for a connection, and some others."""
    if connection.viewer is None:
        return Interest(frozenset(connection.topics))
    followed = {"notices": connection.viewer.followed}
    if connection.has_home:
        followed["author"] = connection.viewer.followed | {connection.user_id}
    return Interest(frozenset(connection.topics | {topic("user", connection.user_id)}), followed)
