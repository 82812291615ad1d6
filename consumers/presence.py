"""Which sockets somebody has open: in this process, and, by way of the channel layer, in the others."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from channels.layers import InMemoryChannelLayer, get_channel_layer

from consumers.hub.layer_notifier import GROUP
from consumers.hub.subscriptions import Subscriptions
from livefeed.accounts import open_pages
from livefeed.accounts.open_pages import OpenPage

PATIENCE = 0.4
"""Seconds in which the other processes may answer."""


class Presence:
    """Answers who has what open, for `livefeed.accounts.open_pages`."""

    def __init__(self, subscriptions: Subscriptions, loop: asyncio.AbstractEventLoop) -> None:
        self._subscriptions, self._loop = subscriptions, loop
        self._layer, self._id = get_channel_layer(), uuid4().hex
        open_pages.finders.add(self.find)

    def close(self) -> None:
        """Answers nobody any more."""
        open_pages.finders.discard(self.find)

    def find(self, user_id: int) -> list[OpenPage]:
        """Called in a request's thread. Raises `TimeoutError` if this process's loop does not answer."""
        return asyncio.run_coroutine_threadsafe(self._find(user_id), self._loop).result(timeout=2 * PATIENCE + 1)

    def answer(self, message: dict[str, Any]) -> None:
        """Answers another process that asks. Called on the loop."""
        pages = [page.as_dict() for page in self.here(message["user"])]
        if pages and message["from"] != self._id:
            reply = self._layer.send(message["reply"], {"type": "pages.open", "pages": pages})
            self._answering = asyncio.ensure_future(_quietly(reply))

    def here(self, user_id: int) -> list[OpenPage]:
        """What somebody has open in this process."""
        viewer = self._subscriptions.viewers.get(user_id)
        return [
            OpenPage(
                f"{each.view.kind}:{each.view.key}" if each.view.key else each.view.kind,
                each.since,
                *(each.credential or ("", 0)),
            )
            for each in (viewer.connections if viewer else ())
        ]

    async def _find(self, user_id: int) -> list[OpenPage]:
        pages = self.here(user_id)
        if not isinstance(self._layer, InMemoryChannelLayer):
            await _quietly(self._ask_others(user_id, pages.append))
        return pages

    async def _ask_others(self, user_id: int, take: Callable[[OpenPage], None]) -> None:
        async with asyncio.timeout(PATIENCE):
            channel = await self._layer.new_channel()
            question = {"type": "pages.asked", "user": user_id, "reply": channel, "from": self._id}
            await self._layer.group_send(GROUP, question)
            while True:
                for page in (await self._layer.receive(channel))["pages"]:
                    take(OpenPage(**page))


async def _quietly(work: Any) -> None:
    """Whoever cannot be asked in time is left out."""
    with suppress(Exception):  # a layer that is away is told by the bell
        await work
