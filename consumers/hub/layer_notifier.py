"""Wakeups between processes, through the channel layer.

A wakeup says only that the log has new events. It may be lost, late or doubled without harm. A layer that is down or
does not answer must not delay a request: wakeups are sent in a task of their own, with a timeout.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
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


class LayerNotifier:
    """Sends wakeups to the hubs of other processes and receives theirs.

    Calls `on_wakeup` for each wakeup of another process, and `on_message` with every other message to the group.
    """

    def __init__(self, on_wakeup: Callable[[], None], on_message: Callable[[dict[str, Any]], None]) -> None:
        self._on_wakeup = on_wakeup
        self._on_message = on_message
        self._layer = get_channel_layer()
        self._id = uuid4().hex
        self._is_due = asyncio.Event()
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
        self._is_due.set()

    def probe(self) -> str | None:
        """Returns what is wrong with the layer, for /readyz."""
        return "does not answer; posts arrive up to two seconds late" if self._is_failing else None

    async def _send(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            await self._call(self._layer.group_send(HUB_GROUP, {"type": "log.moved", "from": self._id}))

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
            if message.get("type") != "log.moved":
                self._on_message(message)
            elif message.get("from") != self._id:
                self._on_wakeup()

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
