"""How connections come, what they say, and how they go."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from django.conf import settings

from consumers import metrics
from consumers.connections.authentication import Authenticator, Handshake
from consumers.connections.authorization import REPLACED, RESTARTING, TOO_MANY, RefusedError
from consumers.connections.connection import Connection, Credential, ReaderKind, is_number
from consumers.hub.audience import should_deliver
from consumers.hub.delivery import Delivery
from consumers.hub.event_log import EventLog
from consumers.hub.log_entry import Kind
from consumers.hub.subscriptions import Subscriptions, follow
from consumers.protocol import frames
from consumers.protocol.message import Message
from consumers.protocol.transport import Sender

DRAINED_AT_LEAST = 100
"""Sockets a second that are sent away when a server stops: a few need not wait for the whole of the grace time."""


class ConnectionManager:
    """Lets connections in and out of the index."""

    def __init__(
        self,
        log: EventLog,
        subscriptions: Subscriptions,
        delivery: Delivery,
        until_told: Callable[[int], Awaitable[None]],
    ) -> None:
        self._log, self._subscriptions, self._delivery, self._until_told = log, subscriptions, delivery, until_told
        self.authenticator = Authenticator()
        self._is_shut = False

    async def admit(
        self, handshake: Handshake, cursor: str | None, sender: Sender, kind: ReaderKind = "browser", address: str = ""
    ) -> Connection:
        """Finds out who asks for what, and tells them what concerns them from then on. `cursor` is what the reader says
        it has passed, None if its page begins with the opening. Raises `RefusedError` where something is not theirs,
        there is no room for them, their right to be here ends meanwhile, or it takes too long."""
        try:
            async with asyncio.timeout(settings.LIVEFEED_HANDSHAKE_SECONDS):
                return await self._admit(handshake, cursor, sender, kind, address)
        except TimeoutError:
            raise RefusedError("busy", "This server is busy. Come back in a moment.", RESTARTING) from None

    async def _admit(
        self, handshake: Handshake, cursor: str | None, sender: Sender, kind: ReaderKind, address: str
    ) -> Connection:
        opening = await self.authenticator.ask(handshake)
        connection = Connection(
            opening.view, opening.viewer, sender, kind, opening.credential, address, opened_at=opening.read_at
        )
        try:
            await self._join(connection, cursor)
        except BaseException:
            self.remove(connection)
            raise
        return connection

    def remove(self, connection: Connection) -> None:
        """Stops telling a connection anything. Harmless if it never joined."""
        self._delivery.drop(connection)

    async def update_shown(self, connection: Connection, post_ids: list[int]) -> None:
        """Notes which posts a page shows. What it has only now come to show may have changed between its reading and
        this word of it: what the tail knows of those is told again, and the page keeps the newer version."""
        added = connection.show(post_ids)
        changed = {entry.subject_id: entry for entry in self._log.tail if entry.is_post and entry.subject_id in added}
        due = [entry for entry in changed.values() if should_deliver(connection, entry)]
        posts = await self._log.posts([entry.subject_id for entry in due if entry.shows_post])
        told = [frame for entry in due if (frame := self._log.frame(entry, posts, connection.form))]
        if told:
            await self._delivery.tell(connection, Message(*told))

    async def close(self, connection: Connection, why: RefusedError) -> None:
        """Ends a connection, saying why."""
        self.remove(connection)
        sender = connection.sender
        with suppress(Exception):  # a socket that has failed already needs no end
            if not sender.is_full and (writing := sender.write(Message(frames.error(why.code, str(why))))):
                await writing
            await sender.close(why.close_code)

    async def shut_down(self, grace: float) -> None:
        """Lets nobody else in and sends everybody away to come back, spread over at most `grace` seconds."""
        self._is_shut = True
        loop = asyncio.get_running_loop()
        connections = list(self._subscriptions.connections)
        pause = min(1 / DRAINED_AT_LEAST, grace / max(1, len(connections)))
        began = loop.time()
        for number, connection in enumerate(connections, 1):
            self.remove(connection)
            with suppress(Exception):
                await connection.sender.close(RESTARTING)
            await asyncio.sleep(began + number * pause - loop.time())

    # --- Joining ---

    async def _join(self, connection: Connection, cursor: str | None) -> None:
        """Brings a new connection to where the hub stands, then routes to it: no gap and no doubles, since nothing else
        runs between the last look at the position and `index.add`."""
        self._check_room(connection)
        start = await self._start(connection, cursor)
        await self._delivery.greet(connection, start)
        await self._delivery.catch_up(connection, self._knows_viewer)
        while not self._knows_viewer(connection):
            await self._read_viewer(connection)
            await self._delivery.catch_up(connection, self._knows_viewer)
        self._check_room(connection)
        if not connection.is_closed:
            self._subscriptions.add(connection)
            self._delivery.watch(connection)
            metrics.opened.inc()
            await self._replace_oldest(connection)

    async def _start(self, connection: Connection, cursor: str | None) -> int | None:
        """The position a reader goes on from; None if it names none that the log still holds. A page may have read the
        log a moment before the hub does."""
        if cursor is None:
            start = connection.opened_at
        elif is_number(cursor) and await self._log.holds(int(cursor)):
            start = int(cursor)
            if connection.view.kind == "shown" and self._log.since(start) is None:
                return None  # what it shows it says only later, and is then told from memory alone
        else:
            return None
        await self._until_told(start)
        return start

    def _knows_viewer(self, connection: Connection) -> bool:
        """Lets the viewer follow whom they followed since they were read from the database; False if they must be read
        again, because their rights or their follows may have changed otherwise or the hub does not remember."""
        viewer = connection.viewer
        if viewer is None:
            return True
        since = self._log.since(connection.opened_at)
        if since is None or any(entry.kind == Kind.FEED_RESET for entry in since):
            return False
        own = [entry for entry in since if entry.actor_id == viewer.user_id]
        for entry in own:
            follow(viewer, entry)
        return not any(entry.is_about_rights for entry in own)

    async def _read_viewer(self, connection: Connection) -> None:
        viewer, credential = connection.viewer, connection.credential
        if viewer is None or credential is None:
            return
        read_at = await self._log.head()
        if why := (await self.authenticator.revocation_reasons([credential]))[credential]:
            raise why
        viewer.followed = (await self._log.followed([viewer.user_id]))[viewer.user_id]
        connection.opened_at = read_at

    # --- Room ---

    def _check_room(self, connection: Connection) -> None:
        """Raises `RefusedError` if the door is shut, or too many visitors are here from that address."""
        if self._is_shut:
            raise RefusedError("restarting", "This server is restarting. Come back in a moment.", RESTARTING)
        crowd = self._subscriptions.visitors.get(connection.address, 0) if connection.viewer is None else 0
        if connection.address and crowd >= settings.LIVEFEED_SOCKETS_PER_ADDRESS:
            raise RefusedError("too_many", "Too many pages are open from your address. Close some.", TOO_MANY)

    async def _replace_oldest(self, connection: Connection) -> None:
        """Closes a person's oldest sockets beyond what one person may hold open."""
        viewer = connection.viewer
        while viewer and len(viewer.connections) > settings.LIVEFEED_SOCKETS_PER_PERSON:
            oldest = next(iter(viewer.connections))
            await self.close(oldest, RefusedError("replaced", "You opened this feed in too many places.", REPLACED))


def credentials_of(connections: Iterable[Connection]) -> set[Credential]:
    """What these were opened with."""
    return {connection.credential for connection in connections if connection.credential}
