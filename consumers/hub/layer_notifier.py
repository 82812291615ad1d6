"""Rings between processes, through the channel layer.

A ring says only that the log has moved. It may be lost, late or doubled without harm, and a layer that is down or
frozen must never be felt by whoever posts: sending happens in a task of its own and gives up after a second.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import uuid4

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

GROUP = "livefeed.log"
PATIENCE = 1.0
"""Seconds the layer has for one answer."""
REJOIN = 2.0
"""Seconds between two joinings: a layer that was flushed or restarted has forgotten its groups."""


class LayerNotifier:
    """Rings the other processes' hubs, calls `on_ring` when one of them rings, and `on_question` with what another
    process asks of all."""

    def __init__(self, on_ring: Callable[[], None], on_question: Callable[[dict[str, Any]], None]) -> None:
        self._on_ring, self._on_question = on_ring, on_question
        self._layer = get_channel_layer()
        self._id = uuid4().hex
        self._due = asyncio.Event()
        self._failing = False
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Opens a channel in the layer and begins to listen and to ring; once."""
        if self._tasks:
            return
        channel = await self._layer.new_channel()
        work = (self._listen(channel), self._keep_joined(channel), self._send())
        self._tasks = [asyncio.create_task(each) for each in work]

    async def stop(self) -> None:
        """Ends it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def notify_peers(self) -> None:
        """Asks for a ring; however many ask while one is on its way, one more follows."""
        self._due.set()

    def probe(self) -> str | None:
        """What is wrong with the layer, for /readyz."""
        return "does not answer; posts arrive by the tick" if self._failing else None

    async def _send(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            await self._ask(self._layer.group_send(GROUP, {"type": "log.moved", "from": self._id}))

    async def _keep_joined(self, channel: str) -> None:
        while True:
            await self._ask(self._layer.group_add(GROUP, channel))
            await asyncio.sleep(REJOIN)

    async def _listen(self, channel: str) -> None:
        while True:
            try:
                message = await self._layer.receive(channel)
            except Exception as error:
                self._note(error)
                await asyncio.sleep(REJOIN)
                continue
            if message.get("type") != "log.moved":
                self._on_question(message)
            elif message.get("from") != self._id:
                self._on_ring()

    async def _ask(self, answer: Coroutine[Any, Any, None]) -> None:
        """Awaits the layer for PATIENCE seconds at most."""
        try:
            async with asyncio.timeout(PATIENCE):
                await answer
        except Exception as error:
            self._note(error)
        else:
            self._note(None)

    def _note(self, error: Exception | None) -> None:
        """Logs the first failure and the recovery, not each of the many between."""
        if error and not self._failing:
            logger.warning("The channel layer does not answer (%r); posts arrive by the tick until it does.", error)
        elif self._failing and not error:
            logger.warning("The channel layer answers again.")
        self._failing = error is not None
