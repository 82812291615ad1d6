"""Delivery: writes messages to connections, and replays missed events to those that joined late or were slow.

A live connection is at the hub's position and receives events as they are dispatched. Every other connection is
brought there by a replay from the log. A client that does not read is paused; the rule is in slow_clients.py.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from consumers import metrics
from consumers.connections.close_codes import RESTARTING
from consumers.connections.connection import Connection
from consumers.hub.event_log import EventLog
from consumers.hub.replay import replay
from consumers.hub.slow_clients import SlowClients
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.time_slice import TimeSlice
from consumers.hub.watches import Request
from consumers.protocol import frames
from consumers.protocol.message import Message
from livefeed.live.tracing import Round, SlowestWrite

logger = logging.getLogger(__name__)


RELOADS_PER_SECOND = 20
"""Reloads a second that are not exceeded while RESET_SPREAD is long enough for all of them."""


def _ignore() -> None:
    """Callback of a closed connection's sender: does nothing."""


def _slowest_write(seconds: float, connection: Connection | None) -> SlowestWrite | None:
    return SlowestWrite(seconds, connection.kind, connection.view.name, connection.user_id) if connection else None


class Delivery:
    """Writer to all connections of one process."""

    def __init__(self, log: EventLog, subscriptions: Subscriptions) -> None:
        self._log = log
        self._subscriptions = subscriptions
        self._reset_times: deque[float] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self.slow_clients = SlowClients(self.remove)
        self.position = -1
        """Position up to which every live connection has received all events."""

    def stop(self) -> None:
        """Cancels all replays that were started in the background."""
        for task in self._tasks:
            task.cancel()

    # --- Live connections ---

    async def write(self, messages: Mapping[Connection, Message], figures: Round) -> None:
        """Writes the events up to the log's position to live connections; the others receive them from a replay. Sets
        in `figures` how many there are of each, and the slowest write."""
        upto = self._log.position
        delivered_frames = 0
        longest = 0.0
        slowest = None
        time_slice = TimeSlice()
        slice_ends_at = time_slice.ends_at
        ended_at = time.perf_counter()
        for connection, message in messages.items():
            is_due = connection.is_live and connection.position <= self.position
            if is_due and (
                self._write_at_once(connection, message, upto) or await self._write(connection, message, upto)
            ):
                delivered_frames += message.count
                figures.sockets += 1
            started_at = ended_at
            ended_at = time.perf_counter()  # one call for slice and figures: it counts with thousands of connections
            if ended_at - started_at > longest:
                longest = ended_at - started_at
                slowest = connection
            if ended_at > slice_ends_at:
                await time_slice.yield_control()
                slice_ends_at = time_slice.ends_at
                ended_at = time.perf_counter()
        time_slice.end()
        self.position = upto
        figures.skipped = len(messages) - figures.sockets
        figures.slowest = _slowest_write(longest, slowest)
        metrics.deliveries.inc(delivered_frames)
        metrics.writes.inc(figures.sockets)

    def recover(self) -> None:
        """Starts replays for the live connections that were not reached, after `write` has failed half way."""
        for connection in self._subscriptions.connections:
            if connection.is_live and connection.position < self._log.position:
                connection.is_live = False
                connection.position = max(connection.position, self.position)
                self._start(self._resume(connection))
        self.position = self._log.position

    async def send(self, connection: Connection, message: Message) -> None:
        """Writes an additional message to a live connection. Any other connection has its contents from the replay."""
        if connection.is_live:
            await self._write(connection, message, self.position)

    async def send_if_ready(self, connection: Connection, message: Message) -> None:
        """Writes a message that may be lost: only to a live connection whose buffer is not full."""
        if connection.is_live and not connection.sender.is_full:
            await self._write(connection, message, self.position)

    # --- Connections that join or reconnect ---

    async def send_hello(self, connection: Connection, cursor: int | None) -> None:
        """Writes the hello frame with the position after which the connection's events begin.

        Without a valid cursor the client must reload. The reset is part of the same message: a client that received the
        position alone would believe that it missed nothing.
        """
        if cursor is None:
            connection.begin(self._log.position)
            message = Message(frames.hello(connection.position), self._reset())
        else:
            connection.begin(cursor)
            message = Message(frames.hello(connection.position))
        await self._write(connection, message, connection.position)

    async def catch_up(
        self, connection: Connection, may_receive: Callable[[Connection], bool] = lambda connection: True
    ) -> None:
        """Replays events to a connection and answers its requests, until it has reached the log's position and is live.

        Stops before that if the connection's buffer is full, or if `may_receive` returns False after events were read.
        No other task runs between the last comparison of the positions and the return, so a caller that subscribes the
        connection immediately leaves no gap.
        """
        while connection.requests or connection.position < self._log.position:
            if connection.requests:
                is_ready = await self._answer(connection)
            else:
                is_ready = await self._replay(connection, may_receive)
            if not is_ready:
                return
        connection.is_live = not connection.is_closed

    async def _replay(self, connection: Connection, may_receive: Callable[[Connection], bool]) -> bool:
        """Replays the events up to the log's position. Returns False if the connection cannot be caught up now."""
        upto = self._log.position
        message = await replay(self._log, connection, connection.position)
        if not may_receive(connection):
            return False
        if message is None:
            message = Message(self._reset())
        else:
            metrics.catch_ups.inc()
            message = message.and_then(self._log.heartbeat(upto))
        if not await self._write(connection, message, upto):
            return False
        metrics.deliveries.inc(message.count)
        return connection not in self.slow_clients

    async def handle(self, connection: Connection, request: Request) -> None:
        """Answers a client's request about the views of its connection: now or, if the connection is being caught up or
        its buffer is full, during that. The events before the answer and those after it are delivered as usual."""
        connection.requests.append(request)
        if connection.is_live:
            connection.is_live = False
            connection.position = max(connection.position, self.position)
            await self._resume(connection)

    async def _answer(self, connection: Connection) -> bool:
        """Answers the first request. Returns False if the connection cannot be caught up now."""
        answer = await connection.requests[0].answer(self._log, connection)
        if not await self._write(connection, answer.message, connection.position):
            return False
        del connection.requests[0]
        self._subscriptions.replace_views(connection, answer.watches)
        return connection not in self.slow_clients

    def _reset(self) -> str:
        metrics.resets.inc()
        return frames.reset(self._log.position, self._reload_spread())

    def _reload_spread(self) -> int:
        """Records one more reload; returns the seconds within which the client should make it.

        A single client reloads immediately, many at once spread their reloads over at most RESET_SPREAD.
        """
        now = time.monotonic()
        self._reset_times.append(now)
        while now - self._reset_times[0] > frames.RESET_SPREAD:
            self._reset_times.popleft()
        return min(frames.RESET_SPREAD, len(self._reset_times) // RELOADS_PER_SECOND)

    # --- Connections that are slow, or leave ---

    def resume_when_drained(self, connection: Connection) -> None:
        """Registers a subscribed connection: after each pause it is caught up when its buffer is empty."""
        connection.sender.when_drained(partial(self._on_drained, connection))
        if not connection.sender.is_full:
            self._on_drained(connection)

    def remove(self, connection: Connection) -> None:
        """Stops delivery to a connection and unsubscribes it. Harmless if it was never subscribed."""
        connection.is_closed = True
        connection.is_live = False
        connection.sender.when_drained(_ignore)
        self._subscriptions.remove(connection)
        self.slow_clients.discard(connection)

    def _on_drained(self, connection: Connection) -> None:
        if connection in self.slow_clients:
            self.slow_clients.discard(connection)
            self._start(self._resume(connection))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resume(self, connection: Connection) -> None:
        """Catches a connection up. If that fails the connection is closed, and the client reconnects."""
        try:
            await self.catch_up(connection)
        except Exception:
            logger.exception("A slow client could not be caught up and is closed; it will reconnect.")
            self.remove(connection)
            await connection.sender.close(RESTARTING)

    # --- One message ---

    def _write_at_once(self, connection: Connection, message: Message, upto: int) -> bool:
        """Does the same as `_write` for a live connection for which nothing is buffered; else returns False."""
        sender = connection.sender
        if not sender.write_at_once(message):
            return False
        connection.position = upto
        if sender.is_full:
            self.slow_clients.pause(connection, upto)
        return True

    async def _write(self, connection: Connection, message: Message, upto: int) -> bool:
        """Writes a message that brings the connection to `upto`. Returns False if the message was not written.

        The position moves before the writing: a server may let other tasks run during it, such as `handle`.

        A connection whose buffer is full is paused. A socket that fails is dropped and does not affect others.
        """
        sender = connection.sender
        if connection.is_closed:
            return False
        if sender.is_full:
            self.slow_clients.pause(connection, self.position if connection.is_live else connection.position)
        if not connection.is_live and connection in self.slow_clients:
            return False  # the buffer is full, or is empty again but the connection has not been caught up yet
        position_before = connection.position
        connection.position = max(position_before, upto)
        try:
            if (writing := sender.write(message)) is not None:
                await writing
        except Exception:
            logger.exception("A socket failed and is dropped.")
            self.remove(connection)
            return False
        except BaseException:
            connection.position = position_before  # written or not: twice is better than never
            raise
        if sender.is_full:
            self.slow_clients.pause(connection, upto)
        return True
