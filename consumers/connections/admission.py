"""Admission and closing of connections."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from django.conf import settings

from consumers import metrics
from consumers.connections.authentication import Authenticator, Handshake
from consumers.connections.authorization import RefusedError
from consumers.connections.close_codes import REPLACED, RESTARTING, TOO_MANY
from consumers.connections.connection import ClientKind, Connection
from consumers.hub.audience import should_deliver
from consumers.hub.delivery import Delivery
from consumers.hub.event_log import EventLog, subject_to_render
from consumers.hub.subscriptions import Subscriptions, follow
from consumers.hub.watches import AddView, RefuseView, RemoveView
from consumers.protocol import frames
from consumers.protocol.message import Message
from consumers.protocol.transport import Sender
from livefeed.live.credentials import Credential
from livefeed.live.declarations import kinds_about_rights, reported_kinds
from livefeed.live.publishing import FEED_RESET
from livefeed.live.readers import View
from livefeed.live.views import ViewError, is_number

MIN_CLOSED_PER_SECOND = 100
"""Sockets a second that are closed at least while a server shuts down: a few need not use up the whole grace time."""


class ConnectionManager:
    """Admits connections to the subscriptions of the hub, and closes them."""

    def __init__(
        self,
        log: EventLog,
        subscriptions: Subscriptions,
        delivery: Delivery,
        wait_until_delivered: Callable[[int], Awaitable[None]],
    ) -> None:
        self._log = log
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._wait_until_delivered = wait_until_delivered
        self.authenticator = Authenticator()
        self._is_shutting_down = False

    async def admit(
        self, handshake: Handshake, cursor: str | None, sender: Sender, kind: ClientKind = "browser", address: str = ""
    ) -> Connection:
        """Authenticates a handshake, replays missed events and subscribes the connection to further ones.

        `cursor` is the log position that the client says it has passed; None if its events begin with this connection.
        Raises `RefusedError` if the credential or view is refused, a limit is reached, the user's rights end meanwhile,
        or the admission takes longer than LIVEFEED_HANDSHAKE_SECONDS.
        """
        try:
            async with asyncio.timeout(settings.LIVEFEED_HANDSHAKE_SECONDS):
                return await self._admit(handshake, cursor, sender, kind, address)
        except TimeoutError:
            raise RefusedError("busy", "This server is busy. Come back in a moment.", RESTARTING) from None

    async def _admit(
        self, handshake: Handshake, cursor: str | None, sender: Sender, kind: ClientKind, address: str
    ) -> Connection:
        result = await self.authenticator.authenticate(handshake)
        connection = Connection(
            result.view, result.viewer, sender, kind, result.credential, address, handshake.view or "", result.read_at
        )
        try:
            await self._join(connection, cursor)
        except BaseException:
            self.remove(connection)
            raise
        return connection

    def remove(self, connection: Connection) -> None:
        """Stops delivery to a connection. Harmless if it never joined."""
        self._delivery.remove(connection)

    async def update_shown(self, connection: Connection, post_ids: list[int]) -> None:
        """Records which posts a page shows.

        A post that the page did not show before may have changed between the page's request and this report. Its last
        change is delivered again if it is still in memory; the page keeps the newer version.
        """
        added = connection.show(post_ids)
        changed = {
            entry.subject_id: entry
            for entry in self._log.tail
            if entry.kind in reported_kinds and entry.subject_id in added
        }
        due = [entry for entry in changed.values() if should_deliver(connection, entry)]
        rendered = await self._log.rendered([subject for entry in due if (subject := subject_to_render(entry))])
        found = [frame for entry in due if (frame := self._log.frame(entry, rendered, connection.form))]
        if found:
            await self._delivery.send(connection, Message(*found))

    async def watch(self, connection: Connection, name: str, cursor: str | None) -> None:
        """Adds the view with this name to a connection, and replays what it missed after `cursor`, if that is given.
        The answer says if the view is refused."""
        try:
            view = await self.authenticator.open_view(name, connection.user_id)
        except ViewError as error:
            await self._delivery.handle(connection, RefuseView(name, error.code, str(error)))
            return
        after = await self._position_of(cursor, view) if cursor is not None else None
        is_gap = cursor is not None and after is None
        await self._wait_until_delivered(after or 0)
        await self._delivery.handle(connection, AddView(name, view, after, is_gap))

    async def unwatch(self, connection: Connection, name: str) -> None:
        """Removes the view with this name from a connection."""
        await self._delivery.handle(connection, RemoveView(name))

    async def close(self, connection: Connection, reason: RefusedError) -> None:
        """Closes a connection after an error frame with the reason."""
        self.remove(connection)
        sender = connection.sender
        with suppress(Exception):  # a socket that has already failed cannot be closed, and need not be
            if not sender.is_full and (writing := sender.write(Message(frames.error(reason.code, str(reason))))):
                await writing
            await sender.close(reason.close_code)

    async def shut_down(self, grace: float) -> None:
        """Refuses new connections and closes all open ones, spread over at most `grace` seconds; clients reconnect."""
        self._is_shutting_down = True
        loop = asyncio.get_running_loop()
        connections = list(self._subscriptions.connections)
        interval = min(1 / MIN_CLOSED_PER_SECOND, grace / max(1, len(connections)))
        started_at = loop.time()
        for number, connection in enumerate(connections, 1):
            self.remove(connection)
            with suppress(Exception):
                await connection.sender.close(RESTARTING)
            await asyncio.sleep(started_at + number * interval - loop.time())

    # --- Joining ---

    async def _join(self, connection: Connection, cursor: str | None) -> None:
        """Brings a new connection to the hub's position, then subscribes it.

        Events are neither missed nor doubled: no other task runs between the last comparison of the positions and
        `subscriptions.add`.
        """
        self._check_limits(connection)
        start = await self._start_position(connection, cursor)
        await self._delivery.send_hello(connection, start)
        await self._delivery.catch_up(connection, self._update_viewer)
        while not self._update_viewer(connection):
            await self._reread_viewer(connection)
            await self._delivery.catch_up(connection, self._update_viewer)
        self._check_limits(connection)  # others may have joined meanwhile
        if not connection.is_closed:
            self._subscriptions.add(connection)
            self._delivery.resume_when_drained(connection)
            metrics.opened.inc()
            await self._close_oldest(connection)

    async def _start_position(self, connection: Connection, cursor: str | None) -> int | None:
        """Returns the log position from which the connection continues; None if the cursor is invalid or too old."""
        start = connection.viewer_position if cursor is None else await self._position_of(cursor, connection.view)
        if start is not None:
            await self._wait_until_delivered(start)  # a page may have read the log just before the hub does
        return start

    async def _position_of(self, cursor: str, view: View) -> int | None:
        """Returns the log position of a client's cursor; None if it is invalid or too old to continue a view from."""
        if not is_number(cursor) or not await self._log.contains(int(cursor)):
            return None
        position = int(cursor)
        if view.kind == "shown" and self._log.entries_after(position) is None:
            return None  # the page reports what it shows only later, and `update_shown` replays from memory alone
        return position

    # --- The viewer, read from the database before the connection joins ---

    def _update_viewer(self, connection: Connection) -> bool:
        """Applies the viewer's follows since the viewer was read.

        Returns False, changing nothing, if that is not enough and the viewer must be read again.
        """
        if self._is_viewer_outdated(connection):
            return False
        self._apply_follows(connection)
        return True

    def _is_viewer_outdated(self, connection: Connection) -> bool:
        """True if the viewer must be read again from the database.

        That is the case if the user's rights may have changed, follows were written without signals, or the log entries
        since then are no longer in memory.
        """
        viewer = connection.viewer
        if viewer is None:
            return False
        entries = self._log.entries_after(connection.viewer_position)
        if entries is None or any(entry.kind == FEED_RESET for entry in entries):
            return True
        return any(entry.kind in kinds_about_rights and entry.actor_id == viewer.user_id for entry in entries)

    def _apply_follows(self, connection: Connection) -> None:
        """Applies the viewer's follows and unfollows since the viewer was read. Repeating it changes nothing."""
        if connection.viewer is not None:
            for entry in self._log.entries_after(connection.viewer_position) or ():
                follow(connection.viewer, entry)

    async def _reread_viewer(self, connection: Connection) -> None:
        """Checks the credential and reads the viewer's follows again. Raises `RefusedError`."""
        viewer = connection.viewer
        credential = connection.credential
        if viewer is None or credential is None:
            return
        read_at = await self._log.head()
        reasons = await self.authenticator.revocation_reasons([credential])
        if reason := reasons[credential]:
            raise reason
        viewer.followed = (await self._log.followed([viewer.user_id]))[viewer.user_id]
        connection.viewer_position = read_at

    # --- Limits ---

    def _check_limits(self, connection: Connection) -> None:
        """Raises `RefusedError` if the server is shutting down or the address has too many visitors."""
        if self._is_shutting_down:
            raise RefusedError("restarting", "This server is restarting. Come back in a moment.", RESTARTING)
        is_visitor = connection.viewer is None
        if is_visitor and connection.address:
            open_sockets = self._subscriptions.visitors.get(connection.address, 0)
            if open_sockets >= settings.LIVEFEED_SOCKETS_PER_ADDRESS:
                raise RefusedError("too_many", "Too many pages are open from your address. Close some.", TOO_MANY)

    async def _close_oldest(self, connection: Connection) -> None:
        """Closes the oldest connections of a user who holds more than LIVEFEED_SOCKETS_PER_PERSON."""
        viewer = connection.viewer
        while viewer and len(viewer.connections) > settings.LIVEFEED_SOCKETS_PER_PERSON:
            oldest = next(iter(viewer.connections))
            await self.close(oldest, RefusedError("replaced", "You opened this feed in too many places.", REPLACED))


def credentials_of(connections: Iterable[Connection]) -> set[Credential]:
    """Returns the credentials of signed-in connections."""
    return {connection.credential for connection in connections if connection.credential}
