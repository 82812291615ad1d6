"""Traces of all processes, and what an event means for the open pages of a user."""

from typing import Any

from consumers.connections.connection import Connection
from consumers.hub.peers import Peers
from consumers.hub.subscriptions import Subscriptions
from livefeed.live import explanations, trace_records, traces
from livefeed.live.entries import LogEntry
from livefeed.live.explanations import Sight, sight_of
from livefeed.live.trace_records import Records


class TraceFinder:
    """Answers for `livefeed.live.traces` and `livefeed.live.explanations`. Its methods `records` and `sights` are
    called in the thread of a request."""

    def __init__(self, subscriptions: Subscriptions, peers: Peers) -> None:
        self._subscriptions = subscriptions
        self._peers = peers
        peers.register("traces", self._records_here)
        peers.register("sights", self._sights_here)
        traces.finders.add(self.records)
        explanations.finders.add(self.sights)

    def close(self) -> None:
        """Stops answering in this process."""
        traces.finders.discard(self.records)
        explanations.finders.discard(self.sights)

    def records(self) -> list[Records]:
        """Returns the records of each process that answers in time."""
        return [Records.from_message(message) for message in self._peers.ask("traces")]

    def sights(self, user_id: int, entry: LogEntry) -> list[Sight]:
        """Returns what an event means for each view of a user's open pages, in all processes that answer in time."""
        message = [*entry[:-1], list(entry.topics)]
        return [Sight(*sight) for sight in self._peers.ask("sights", user_id, message)]

    def _records_here(self) -> list[Any]:
        return [trace_records.records_here().as_message()]

    def _sights_here(self, user_id: int, message: list[Any]) -> list[Sight]:
        entry = LogEntry(*message)
        entry = entry._replace(topics=frozenset(entry.topics))  # the channel layer knows only lists
        viewer = self._subscriptions.viewers.get(user_id)
        connections = viewer.connections if viewer else ()
        return [
            sight_of(connection, view, entry, _state_of(connection, entry))
            for connection in connections
            for view in connection.views
        ]


def _state_of(connection: Connection, entry: LogEntry) -> str:
    """Returns whether a connection has been brought to the position of an event."""
    if connection.position >= entry.position:
        return "has passed the event"
    return "has not reached the event yet" if connection.is_live else "is slow or joining, and is replayed to"
