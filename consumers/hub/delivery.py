"""Writing to readers: in slices, what is due together in one message, never more than a reader takes.

A reader whose sender is full is told nothing more. When the sender has drained the reader is caught up from the log,
like somebody who comes back; one that does not drain is closed.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from django.conf import settings

from consumers import metrics
from consumers.connections.close_codes import RESTARTING, TOO_SLOW
from consumers.connections.connection import Connection
from consumers.hub.event_log import EventLog
from consumers.hub.replay import replay
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.time_slice import TimeSlice
from consumers.protocol import frames
from consumers.protocol.message import Message
from consumers.resets import Resets

logger = logging.getLogger(__name__)


def _nothing() -> None:
    """What is done when somebody who has gone could be told more."""


class Delivery:
    """Brings readers to where the hub stands and keeps them there."""

    def __init__(self, log: EventLog, subscriptions: Subscriptions) -> None:
        self._log, self._subscriptions = log, subscriptions
        self._resets = Resets()
        self._slow: set[Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.settled = -1
        """The position up to which every live connection in the index has been told all."""

    def stop(self) -> None:
        """Ends all catching up."""
        for task in self._tasks:
            task.cancel()

    # --- Those who keep up ---

    async def write(self, outbox: Mapping[Connection, Message]) -> None:
        """Tells each live connection what is due to it up to the log's position; the others will be caught up."""
        upto, told, writes, pace = self._log.position, 0, 0, TimeSlice()
        for connection, message in outbox.items():
            due = connection.is_live and connection.position <= self.settled
            if due and await self._tell(connection, message, upto):
                connection.position = upto
                told, writes = told + message.count, writes + 1
            if pace.is_used_up:
                await pace.yield_control()
        pace.end()
        self.settled = upto
        metrics.deliveries.inc(told)
        metrics.writes.inc(writes)

    def recover(self) -> None:
        """Catches up those who were not told, after something failed in the middle of a round of writing."""
        for connection in self._subscriptions.connections:
            if connection.is_live and connection.position < self._log.position:
                connection.is_live, connection.position = False, max(connection.position, self.settled)
                self._start(self._bring_back(connection))
        self.settled = self._log.position

    async def tell(self, connection: Connection, message: Message) -> None:
        """Tells one connection something besides; one that is being caught up learns of it in that way."""
        if connection.is_live:
            await self._tell(connection, message, self.settled)

    # --- Those who come, and those who come back ---

    async def greet(self, connection: Connection, cursor: int | None) -> None:
        """Says where a connection's events begin; without a cursor that is in the log it must read anew, which is said
        in the same message: a reader who got the position alone would think that nothing was missed."""
        connection.position = self._log.position if cursor is None else cursor
        told = [frames.hello(connection.position), *([self._reset()] if cursor is None else [])]
        await self._tell(connection, Message(*told), connection.position)

    async def catch_up(
        self, connection: Connection, may_be_told: Callable[[Connection], bool] = lambda connection: True
    ) -> None:
        """Brings a connection from its position to the log's, unless its sender is full before, or it may not be told
        any more. Nothing else runs between the last look at the log's position and the end of this: whoever calls adds
        it to the index then."""
        while connection.position < self._log.position:
            upto = self._log.position
            missed = await replay(self._log, connection, connection.position)
            if not may_be_told(connection):
                return
            if missed is None:
                missed = Message(self._reset())
            else:
                metrics.catch_ups.inc()
                missed = missed.and_then(self._log.heartbeat(upto))
            if not await self._tell(connection, missed, upto) or connection in self._slow:
                return
            metrics.deliveries.inc(missed.count)
            connection.position = upto
        connection.is_live = not connection.is_closed

    def _reset(self) -> str:
        metrics.resets.inc()
        return frames.reset(self._log.position, self._resets.spread())

    # --- Those who do not keep up ---

    def watch(self, connection: Connection) -> None:
        """Lets a connection that was added to the index be caught up whenever its sender has drained."""
        connection.sender.when_drained(partial(self._drained, connection))
        if not connection.sender.is_full:
            self._drained(connection)

    async def close_the_slowest(self) -> None:
        """Closes those who have taken nothing for too long."""
        latest = asyncio.get_running_loop().time() - settings.LIVEFEED_SLOW_SECONDS
        for connection in [each for each in self._slow if each.stalled_at < latest]:
            metrics.slow_readers_closed.inc()
            self.drop(connection)
            await connection.sender.close(TOO_SLOW)

    def drop(self, connection: Connection) -> None:
        """Tells a connection nothing more. Harmless if it was never known."""
        connection.is_closed, connection.is_live = True, False
        connection.sender.when_drained(_nothing)
        self._subscriptions.remove(connection)
        self._forgive(connection)

    def _stall(self, connection: Connection, position: int) -> None:
        """Tells a connection that stands at `position` nothing more until its sender has drained."""
        connection.position = max(connection.position, position)
        connection.is_live, connection.stalled_at = False, asyncio.get_running_loop().time()
        self._slow.add(connection)
        metrics.slow_readers.set(len(self._slow))

    def _forgive(self, connection: Connection) -> None:
        self._slow.discard(connection)
        metrics.slow_readers.set(len(self._slow))

    def _drained(self, connection: Connection) -> None:
        if connection in self._slow:
            self._forgive(connection)
            self._start(self._bring_back(connection))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring_back(self, connection: Connection) -> None:
        try:
            await self.catch_up(connection)
        except Exception:
            logger.exception("A slow reader could not be caught up and is closed; it will come back.")
            self.drop(connection)
            await connection.sender.close(RESTARTING)

    # --- One message ---

    async def _tell(self, connection: Connection, message: Message, upto: int) -> bool:
        """Writes a message, after which the connection stands at `upto`; False if it was not written. A socket that
        fails is dropped and does not stop the others."""
        sender = connection.sender
        if connection.is_closed:
            return False
        if sender.is_full:
            self._stall(connection, self.settled if connection.is_live else connection.position)
        if connection in self._slow:
            return False
        try:
            if (writing := sender.write(message)) is not None:
                await writing
        except Exception:
            logger.exception("A socket failed and is dropped.")
            self.drop(connection)
            return False
        if sender.is_full:
            self._stall(connection, upto)
        return True
