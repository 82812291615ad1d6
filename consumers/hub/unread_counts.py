"""How many notifications people have not read: counted when something changes, told to all of a person's pages."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from consumers.connections.connection import Connection, Viewer
from consumers.hub.event_log import EventLog
from consumers.hub.log_entry import LogEntry
from consumers.hub.subscriptions import Subscriptions
from consumers.protocol.message import Message


@dataclass
class Unread:
    """How many each of those has not read whom some entries concern; `asked` are all who were looked up for it."""

    counts: dict[int, int] = field(default_factory=dict)
    asked: set[tuple[int, int]] = field(default_factory=set)


class UnreadCounts:
    """Finds those concerned among the people who are here, and tells them."""

    def __init__(self, log: EventLog, subscriptions: Subscriptions) -> None:
        self._log, self._subscriptions = log, subscriptions

    async def read(self, entries: Iterable[LogEntry], unread: Unread) -> bool:
        """Counts for those who were not asked for before; says whether there were any."""
        wanted = {(entry.subject_id, person) for entry in entries if entry.is_notice for person in self._people(entry)}
        new = wanted - unread.asked
        if new:
            unread.asked |= new
            unread.counts |= await self._log.unread(new)
        return bool(new)

    def address(self, unread: Unread, outbox: dict[Connection, Message], nothing: Message) -> None:
        """Adds to what is due to each page what its reader has not read."""
        for person, count in unread.counts.items():
            viewer = self._subscriptions.viewers.get(person)
            for connection in pages_of(viewer) if viewer else ():
                frame = self._log.notice(self._log.position, count)
                outbox[connection] = outbox.get(connection, nothing).and_then(frame)

    def _people(self, entry: LogEntry) -> Collection[int]:
        """Whom an entry may concern: one person, or those followers of an author who are here."""
        if entry.subject_id:
            return [viewer.user_id for viewer in self._subscriptions.followers_of(entry.actor_id)]
        return [entry.actor_id] if entry.actor_id in self._subscriptions.viewers else []


def pages_of(viewer: Viewer) -> list[Connection]:
    """A person's pages; programs are not told."""
    return [connection for connection in viewer.connections if connection.form == "html"]
