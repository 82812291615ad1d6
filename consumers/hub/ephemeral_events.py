"""Ephemeral events: delivered to the connections that are ready for them, and dropped for all others."""

import asyncio
import logging
from collections import deque
from itertools import batched

from consumers.hub.audience import audience_of
from consumers.hub.delivery import Delivery
from consumers.hub.dispatch import CONNECTIONS_PER_CHECK
from consumers.hub.subscriptions import Subscriptions
from consumers.hub.time_slice import TimeSlice
from consumers.protocol import frames
from consumers.protocol.message import Message
from livefeed.live.ephemeral import EphemeralEvent

logger = logging.getLogger(__name__)

MAX_WAITING = 100
"""Events that wait for their delivery. The oldest are dropped for newer ones."""


class EphemeralEvents:
    """Delivers ephemeral events to the connections of one process, in the background."""

    def __init__(self, subscriptions: Subscriptions, delivery: Delivery) -> None:
        self._subscriptions = subscriptions
        self._delivery = delivery
        self._waiting: deque[EphemeralEvent] = deque(maxlen=MAX_WAITING)
        self._task: asyncio.Task[None] | None = None

    def deliver(self, event: EphemeralEvent) -> None:
        """Starts the delivery of an event. Called on the event loop."""
        self._waiting.append(event)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._deliver_waiting())

    def stop(self) -> None:
        """Drops what has not been delivered."""
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    async def _deliver_waiting(self) -> None:
        time_slice = TimeSlice()
        while self._waiting:
            try:
                await self._deliver(self._waiting.popleft(), time_slice)
            except Exception:
                logger.exception("An ephemeral event was not delivered.")
        time_slice.end()

    async def _deliver(self, event: EphemeralEvent, time_slice: TimeSlice) -> None:
        entry = event.entry
        is_in_audience = audience_of(entry)
        message = Message(frames.ephemeral(event.kind, event.fields))
        for connections in batched(list(self._subscriptions.candidates(entry)), CONNECTIONS_PER_CHECK):
            for connection in connections:
                if is_in_audience(connection):
                    await self._delivery.send_if_ready(connection, message)
            if time_slice.is_used_up:
                await time_slice.yield_control()
