"""Slow clients: paused while their send buffer is full, disconnected if it stays full for too long.

A client is slow when it does not read what was sent and more than 64 KB are buffered for it (see
protocol/direct_writer.py). It receives nothing more until the buffer is empty; delivery.py then replays what it missed.
A client whose buffer does not become empty within LIVEFEED_SLOW_SECONDS is disconnected here, with close code TOO_SLOW.
A slow client therefore costs the server a limited amount of memory and does not delay others.
"""

import asyncio
from collections.abc import Callable

from django.conf import settings

from consumers import metrics
from consumers.connections.close_codes import TOO_SLOW
from consumers.connections.connection import Connection


class SlowClients:
    """Connections that are paused until their send buffer is empty."""

    def __init__(self, drop: Callable[[Connection], None]) -> None:
        self._drop = drop
        self._paused: set[Connection] = set()

    def __contains__(self, connection: Connection) -> bool:
        return connection in self._paused

    def pause(self, connection: Connection, position: int) -> None:
        """Pauses delivery to a connection that has received all events up to `position`."""
        connection.position = max(connection.position, position)
        connection.is_live = False
        connection.paused_at = asyncio.get_running_loop().time()
        self._paused.add(connection)
        metrics.slow_readers.set(len(self._paused))

    def discard(self, connection: Connection) -> None:
        """Ends the pause of a connection that has been drained or closed. Harmless if it was not paused."""
        self._paused.discard(connection)
        metrics.slow_readers.set(len(self._paused))

    async def close_overdue(self) -> None:
        """Disconnects the clients that have read nothing for LIVEFEED_SLOW_SECONDS."""
        latest = asyncio.get_running_loop().time() - settings.LIVEFEED_SLOW_SECONDS
        for connection in [paused for paused in self._paused if paused.paused_at < latest]:
            metrics.slow_readers_closed.inc()
            self._drop(connection)
            await connection.sender.close(TOO_SLOW)
