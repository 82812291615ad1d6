"""Messages between the hubs of all processes, through the channel layer: wakeups and ephemeral events.

A wakeup says only that the log has new events. It may be lost, late or doubled without harm, and an ephemeral event may
be lost. A layer that is down or does not answer must not delay a request: messages are sent in a task of their own,
with a timeout.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from uuid import uuid4

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

HUB_GROUP = "livefeed.log"
"""The group of all hubs in the channel layer."""
LAYER_TIMEOUT = 1.0
"""Seconds after which a call to the layer is given up."""
REJOIN_INTERVAL = 2.0
"""Seconds between two additions to the group: a layer that was flushed or restarted has lost its groups."""
MAX_UNSENT_EVENTS = 100
"""Ephemeral events that wait to be sent, and of one message. The oldest are dropped for newer ones."""
WAKEUP, EPHEMERAL = "log.moved", "ephemeral.sent"  # types of messages

Handler = Callable[[dict[str, Any]], None]
"""Called with a message of another process."""


class LayerNotifier:
    """Sends messages to the hubs of other processes, and calls the handler of each message that they send, by its
    type."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._layer = get_channel_layer()
        self._id = uuid4().hex
        self._is_due = asyncio.Event()
        self._has_moved = False
        self._unsent: deque[dict[str, Any]] = deque(maxlen=MAX_UNSENT_EVENTS)
        self._is_failing = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Opens a channel in the layer and starts to send and receive. Further calls do nothing."""
        if self._tasks:
            return
        channel = await self._layer.new_channel()
        loops = (self._receive(channel), self._keep_joined(channel), self._send())
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Stops sending and receiving."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def notify_peers(self) -> None:
        """Requests a wakeup. All requests during a send lead to one further wakeup."""
        self._has_moved = True
        self._is_due.set()

    def send_event(self, event: dict[str, Any]) -> None:
        """Sends an ephemeral event to the other processes, soon or never."""
        self._unsent.append(event)
        self._is_due.set()

    def probe(self) -> str | None:
        """Returns what is wrong with the layer, for /readyz."""
        return "does not answer; posts arrive up to two seconds late" if self._is_failing else None

    async def _send(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            if self._has_moved:
                self._has_moved = False
                await self._send_to_group({"type": WAKEUP})
            if self._unsent:
                events = list(self._unsent)
                self._unsent.clear()
                await self._send_to_group({"type": EPHEMERAL, "events": events})

    async def _send_to_group(self, message: dict[str, Any]) -> None:
        await self._call(self._layer.group_send(HUB_GROUP, message | {"from": self._id}))

    async def _keep_joined(self, channel: str) -> None:
        while True:
            await self._call(self._layer.group_add(HUB_GROUP, channel))
            await asyncio.sleep(REJOIN_INTERVAL)

    async def _receive(self, channel: str) -> None:
        while True:
            try:
                message = await self._layer.receive(channel)
            except Exception as error:
                self._record(error)
                await asyncio.sleep(REJOIN_INTERVAL)
                continue
            if message.get("from") != self._id:
                self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        """Calls the handler of a message. Processes of other versions may send types and fields that are unknown."""
        try:
            if handler := self._handlers.get(message["type"]):
                handler(message)
        except Exception:
            logger.exception("A message of another process was not handled.")

    async def _call(self, operation: Coroutine[Any, Any, None]) -> None:
        """Awaits an operation of the layer, for LAYER_TIMEOUT seconds at most. Failures are recorded, not raised."""
        try:
            async with asyncio.timeout(LAYER_TIMEOUT):
                await operation
        except Exception as error:
            self._record(error)
        else:
            self._record(None)

    def _record(self, error: Exception | None) -> None:
        """Records an operation's failure or, with None, its success. Logs only the first failure and the recovery."""
        if error and not self._is_failing:
            logger.warning("The channel layer does not answer (%r); until it does, posts may arrive 2 s late.", error)
        elif self._is_failing and not error:
            logger.warning("The channel layer answers again.")
        self._is_failing = error is not None
