"""Views that a client adds to its open connection, or removes from it.

`Delivery.handle` answers such a request between two events: the connection has received all events up to its position,
and its replay brings it to the position of the hub afterwards. So there is no gap between the views, and no event is
delivered twice.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from consumers.connections.connection import MAX_VIEWS, Connection, Watch
from consumers.hub.event_log import EventLog
from consumers.hub.replay import replay_view
from consumers.protocol import frames
from consumers.protocol.message import Message
from livefeed.live.readers import View


class Answer(NamedTuple):
    """The answer to a request, and the views that the connection has from then on."""

    message: Message
    watches: tuple[Watch, ...]


class Request(Protocol):
    """A client's request about the views of its connection."""

    async def answer(self, log: EventLog, connection: Connection) -> Answer:
        """Returns the answer to a connection that receives nothing else meanwhile."""


@dataclass(frozen=True)
class AddView:
    """Request for the events of a view: those after the log position `after`, or from now on if it is None.

    `is_gap` is True if events may be missing that the client asked for: it must reload.
    """

    name: str
    view: View
    after: int | None
    is_gap: bool = False

    async def answer(self, log: EventLog, connection: Connection) -> Answer:
        others = tuple(watch for watch in connection.watches if watch.name != self.name)
        if len(others) == MAX_VIEWS:
            detail = f"One socket receives at most {MAX_VIEWS} views. Open another one, or stop watching a view."
            return await RefuseView(self.name, "too_many_views", detail).answer(log, connection)
        position = connection.position
        start = position if self.after is None else min(self.after, position)
        message = await self._message(log, connection, start)
        earliest = min([start, *(watch.start for watch in connection.watches if watch.view == self.view)])
        return Answer(message, (*others, Watch(self.name, self.view, earliest)))

    async def _message(self, log: EventLog, connection: Connection, start: int) -> Message:
        """Returns the answer, with the events after `start` and the heartbeat that ends each replay."""
        position = connection.position
        message = Message(frames.watching(self.name, start))
        if self.after is None and not self.is_gap:
            return message
        replayed = None if self.is_gap else await replay_view(log, connection, self.view, start, message)
        if replayed is None:
            return Message(frames.watching(self.name, position), frames.reset(position))
        return replayed.and_then(frames.heartbeat(position))


@dataclass(frozen=True)
class RemoveView:
    """Request to receive no further events of a view."""

    name: str

    async def answer(self, log: EventLog, connection: Connection) -> Answer:
        others = tuple(watch for watch in connection.watches if watch.name != self.name)
        if others == connection.watches:
            detail = f"This socket does not watch “{self.name[:80]}”."
            return await RefuseView(self.name, "not_watched", detail).answer(log, connection)
        return Answer(Message(frames.unwatched(self.name, connection.position)), others)


@dataclass(frozen=True)
class RefuseView:
    """A request that cannot be fulfilled. The socket stays open."""

    name: str
    code: str
    detail: str

    async def answer(self, log: EventLog, connection: Connection) -> Answer:
        return Answer(Message(frames.refused_view(self.name, self.code, self.detail)), connection.watches)
