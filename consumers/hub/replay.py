"""Replays: the events that a client missed, each row once and in its present state."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from consumers.connections.connection import Connection
from consumers.hub.audience import should_deliver, shows
from consumers.hub.event_log import EventLog, Subject, subject_to_render
from consumers.protocol.message import Message
from livefeed.live import notices
from livefeed.live.declarations import LiveModel, live_model_with
from livefeed.live.entries import LogEntry
from livefeed.live.log import Interest
from livefeed.live.readers import View
from livefeed.live.topics import topic

MAX_REPLAYED_ROWS = 200
"""Rows in one replay at most. With more, reloading the page is faster."""


@dataclass(kw_only=True)
class Missed:
    """Events that a connection missed."""

    connection: Connection
    rows: dict[Subject, LogEntry] = field(default_factory=dict)
    """The latest event of each row, in the order of delivery."""
    created: set[Subject] = field(default_factory=set)
    """Rows that were created during the client's absence."""
    notices: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of post id and user id, as `EventLog.unread_counts` takes them."""
    requires_reset: bool = False
    """True if the client must reload: for an event of no row or notification, or after too many rows."""

    @property
    def views(self) -> Collection[View]:
        """The views whose events were missed."""
        return self.connection.views

    def collect(self, entry: LogEntry) -> None:
        """Adds an event if it must be delivered to the connection."""
        if should_deliver(self.connection, entry):
            self._add(entry)

    def _add(self, entry: LogEntry) -> None:
        if entry.kind == notices.CHANGED:
            self.notices.add((entry.subject_id, self.connection.user_id))
        elif live_model := live_model_with(entry.kind):
            self._add_row(entry, live_model)
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


@dataclass(kw_only=True)
class MissedOfView(Missed):
    """Events of a view that a client adds to its connection: those up to the connection's position, except for those
    that the other views have delivered."""

    view: View

    @property
    def views(self) -> Collection[View]:
        return [self.view]

    def collect(self, entry: LogEntry) -> None:
        if entry.position > self.connection.position or not shows(self.connection, self.view, entry):
            return
        if self._was_delivered(entry):
            self._discard(entry)
        else:
            self._add(entry)

    def _was_delivered(self, entry: LogEntry) -> bool:
        delivering = (watch.view for watch in self.connection.watches if watch.start < entry.position)
        return any(shows(self.connection, view, entry) for view in delivering)

    def _discard(self, entry: LogEntry) -> None:
        """Removes the earlier event of a row if a later event with the whole row was delivered."""
        live_model = live_model_with(entry.kind)
        if live_model and entry.kind not in live_model.extra_kinds:
            self.rows.pop((live_model.name, entry.subject_id), None)


async def replay(log: EventLog, connection: Connection, cursor: int) -> Message | None:
    """Returns the events after `cursor` up to the log's position as one message; None if the client must reload."""
    return await _replay(log, Missed(connection=connection), cursor, log.empty_message)


async def replay_view(
    log: EventLog, connection: Connection, view: View, cursor: int, message: Message
) -> Message | None:
    """Appends to `message` what a view that is added to a connection missed after `cursor`; returns None if the client
    must reload."""
    return await _replay(log, MissedOfView(connection=connection, view=view), cursor, message)


async def _replay(log: EventLog, missed: Missed, cursor: int, message: Message) -> Message | None:
    await _collect(log, missed, cursor)
    if missed.requires_reset:
        return None
    message = await _append_rows(log, missed.connection, missed.entries, message)
    return await _append_unread_counts(log, missed.notices, message)


async def _collect(log: EventLog, missed: Missed, cursor: int) -> None:
    """Reads the history. Stops early if the client must reload anyway."""
    async for page in log.history(cursor, lambda: interest_of(missed)):
        for entry in page:
            missed.collect(entry)
            if missed.requires_reset:
                return
        if len(missed.rows) > MAX_REPLAYED_ROWS:
            missed.requires_reset = True
            return


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


def interest_of(missed: Missed) -> Interest:
    """Returns what a query needs to find the events that were missed, and some others."""
    topics = {each for view in missed.views for each in view.topics}
    viewer = missed.connection.viewer
    if viewer is None:
        return Interest(frozenset(topics))
    followed: dict[str, set[int]] = {"notices": viewer.followed}
    if any(view.kind == "home" for view in missed.views):
        followed["author"] = viewer.followed | {viewer.user_id}
    return Interest(frozenset(topics | {topic("user", viewer.user_id)}), followed)
