"""Dispatch: turns a batch of log entries into one message for each connection."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import batched, groupby

from consumers.connections.connection import Connection
from consumers.hub.audience import audience_of
from consumers.hub.event_log import EventLog, Subject
from consumers.hub.prefetch import Prefetched
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.time_slice import TimeSlice
from consumers.hub.unread_counts import UnreadCounts
from consumers.protocol.frames import Rendered
from consumers.protocol.message import Message
from livefeed.live.declarations import coalesced_kinds
from livefeed.live.entries import LogEntry
from livefeed.live.readers import Form

CONNECTIONS_PER_CHECK = 500
"""Connections that are processed between two checks of the time slice."""


class ExtendedMessages(dict[Message, Message]):
    """Messages with some frames appended, by the message without them.

    Connections that received the same events so far hold the same `Message` object. Appending therefore happens once
    for each distinct message; for all other connections it is one dictionary look-up.
    """

    def __init__(self, frames: Iterable[str]) -> None:
        self._frames = tuple(frames)

    def __missing__(self, message: Message) -> Message:
        """Called for a message that is not a key yet."""
        extended = message.and_then(*self._frames)
        self[message] = extended
        return extended


class Dispatcher:
    """Decides which connections receive which frames, in the order of the log."""

    def __init__(self, log: EventLog, subscriptions: Subscriptions, unread_counts: UnreadCounts) -> None:
        self._log = log
        self._subscriptions = subscriptions
        self._unread_counts = unread_counts

    async def messages_for(self, entries: list[LogEntry], prefetched: Prefetched) -> dict[Connection, Message]:
        """Returns the message due to each connection that `entries` concern.

        Follows are applied to the subscriptions in the order of the log: each changes the audience of later entries.
        """
        empty_message = Message()  # shared, so that equal messages are the same object
        messages: defaultdict[Connection, Message] = defaultdict(lambda: empty_message)
        time_slice = TimeSlice()
        for run in self._runs(entries):
            await self._append_run(messages, run, prefetched.rendered, time_slice)
            for entry in run:
                self._subscriptions.apply(entry)
        self._subscriptions.replace_follows(prefetched.followed)
        self._unread_counts.append_to(messages, prefetched.unread)
        time_slice.end()
        return messages

    def _runs(self, entries: list[LogEntry]) -> Iterator[list[LogEntry]]:
        """Yields consecutive entries that concern the same connections together."""
        for _, group in groupby(without_superseded(entries), self._subscriptions.audience_key):
            yield list(group)

    async def _append_run(
        self,
        messages: defaultdict[Connection, Message],
        run: list[LogEntry],
        rendered: dict[Subject, Rendered],
        time_slice: TimeSlice,
    ) -> None:
        """Appends the frames of a run to the message of each connection in its audience."""
        extended = self._extended_messages(run, rendered)
        if not extended:
            return
        first = run[0]
        is_in_audience = audience_of(first)
        for connections in batched(list(self._subscriptions.candidates(first)), CONNECTIONS_PER_CHECK):
            for connection in connections:
                if connection.position < first.position and is_in_audience(connection):
                    messages[connection] = extended[connection.form][messages[connection]]
            if time_slice.is_used_up:
                await time_slice.yield_control()

    def _extended_messages(
        self, run: list[LogEntry], rendered: dict[Subject, Rendered]
    ) -> dict[Form, ExtendedMessages]:
        """Returns the messages extended by the frames of a run, in each format; empty if there are no frames."""
        frames_by_form = [frames for entry in run if (frames := self._log.frames(entry, rendered))]
        if not frames_by_form:
            return {}
        return {form: ExtendedMessages(frames[form] for frames in frames_by_form) for form in frames_by_form[0]}


def without_superseded(entries: list[LogEntry]) -> list[LogEntry]:
    """Returns the entries without those of coalesced kinds that a later entry of the same subject replaces: a thousand
    likes in a second lead to a few deliveries."""
    newest = {_identity(entry): entry.position for entry in entries if entry.kind in coalesced_kinds}
    return [entry for entry in entries if newest.get(_identity(entry), entry.position) == entry.position]


def _identity(entry: LogEntry) -> tuple[str, int, int]:
    return entry.kind, entry.subject_id, entry.actor_id
