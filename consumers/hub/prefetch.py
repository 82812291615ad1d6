"""Prefetching: reads from the database all that dispatching needs, so that dispatching itself never waits."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from consumers.connections.admission import credentials_of
from consumers.connections.authentication import Authenticator
from consumers.connections.authorization import RefusedError
from consumers.connections.connection import Connection
from consumers.hub.event_log import EventLog, Subject, subject_to_render
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.unread_counts import Unread, UnreadCounts
from consumers.protocol.frames import Rendered
from livefeed.live.credentials import Credential
from livefeed.live.declarations import kinds_about_rights
from livefeed.live.entries import LogEntry
from livefeed.live.publishing import FEED_RESET
from livefeed.live.users import FOLLOWED, UNFOLLOWED


@dataclass
class Prefetched:
    """Data from the database that is needed to dispatch some entries."""

    rendered: dict[Subject, Rendered] = field(default_factory=dict)
    """Rendered rows. Deleted and hidden rows are missing."""
    requested: set[Subject] = field(default_factory=set)
    """The rows that have been looked up."""
    revocation_reasons: dict[Credential, RefusedError | None] = field(default_factory=dict)
    """The reason why a credential's connections must be closed; None if it is still valid."""
    followed: dict[int, set[int]] = field(default_factory=dict)
    """Ids of the authors that a user follows, by user id, for users whose follows must be replaced."""
    unread: Unread = field(default_factory=Unread)


class Prefetcher:
    """Reads what dispatching needs, for the connections that are subscribed at that moment."""

    def __init__(
        self,
        log: EventLog,
        subscriptions: Subscriptions,
        authenticator: Authenticator,
        unread_counts: UnreadCounts,
    ) -> None:
        self._log = log
        self._subscriptions = subscriptions
        self._authenticator = authenticator
        self._unread_counts = unread_counts

    async def read(self, entries: list[LogEntry]) -> Prefetched:
        """Reads until nothing is missing: connections may join during a read, and need more."""
        prefetched = Prefetched()
        is_complete = False
        while not is_complete:
            is_complete = not await self._read_missing(entries, prefetched)
        return prefetched

    def connections_with_changed_rights(self, entries: Iterable[LogEntry]) -> list[Connection]:
        """Returns the connections of all users who may have lost the right to one."""
        user_ids = {entry.actor_id for entry in entries if entry.kind in kinds_about_rights}
        viewers = [viewer for user_id in user_ids if (viewer := self._subscriptions.viewers.get(user_id))]
        return [connection for viewer in viewers for connection in viewer.connections]

    async def _read_missing(self, entries: list[LogEntry], prefetched: Prefetched) -> bool:
        """Reads what is missing now. True if anything was."""
        subjects = self._subjects_to_render(entries) - prefetched.requested
        credentials = credentials_of(self.connections_with_changed_rights(entries))
        credentials -= prefetched.revocation_reasons.keys()
        user_ids = self._users_with_unknown_follows(entries) - prefetched.followed.keys()
        has_read_unread = await self._unread_counts.read(entries, prefetched.unread)
        if credentials:
            prefetched.revocation_reasons |= await self._authenticator.revocation_reasons(credentials)
        if user_ids:
            prefetched.followed |= await self._log.followed(list(user_ids))
        if subjects:
            prefetched.rendered |= await self._log.rendered(subjects)
            prefetched.requested |= subjects
        return bool(subjects or credentials or user_ids or has_read_unread)

    def _subjects_to_render(self, entries: list[LogEntry]) -> set[Subject]:
        """Returns the rows to be delivered to any connection. With a follow among the entries these are all rows: an
        earlier follow may add to the audience of a later event."""
        has_follow = any(entry.kind in (FOLLOWED, UNFOLLOWED) for entry in entries)
        return {
            subject
            for entry in entries
            if (subject := subject_to_render(entry)) and (has_follow or self._subscriptions.has_audience(entry))
        }

    def _users_with_unknown_follows(self, entries: Iterable[LogEntry]) -> set[int]:
        """Returns all connected users after a feed reset, when rows were written without signals; else none."""
        has_reset = any(entry.kind == FEED_RESET for entry in entries)
        return set(self._subscriptions.viewers) if has_reset else set()
