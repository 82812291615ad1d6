"""Open pages of a user: in this process, and through the channel layer in the others."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from channels.layers import InMemoryChannelLayer, get_channel_layer

from consumers.connections.connection import Connection
from consumers.hub.layer_notifier import HUB_GROUP
from consumers.hub.subscriptions import Subscriptions
from livefeed.accounts import open_pages
from livefeed.accounts.open_pages import OpenPage

PAGES_ASKED = "pages.asked"
"""Type of the message that asks all processes for a user's open pages."""
ANSWER_TIMEOUT = 0.4
"""Seconds within which the other processes may answer."""


class Presence:
    """Finds a user's open pages for `livefeed.accounts.open_pages`."""

    def __init__(self, subscriptions: Subscriptions, loop: asyncio.AbstractEventLoop) -> None:
        self._subscriptions = subscriptions
        self._loop = loop
        self._layer = get_channel_layer()
        self._id = uuid4().hex
        open_pages.finders.add(self.find)

    def close(self) -> None:
        """Stops answering requests of this process."""
        open_pages.finders.discard(self.find)

    def find(self, user_id: int) -> list[OpenPage]:
        """Returns a user's open pages in all processes that answer in time.

        Called in the thread of a request. Raises `TimeoutError` if the event loop of this process does not answer.
        """
        finding = asyncio.run_coroutine_threadsafe(self._find(user_id), self._loop)
        return finding.result(timeout=2 * ANSWER_TIMEOUT + 1)

    def answer(self, message: dict[str, Any]) -> None:
        """Answers a question of another process. Called on the event loop."""
        pages = [page.as_dict() for page in self.here(message["user"])]
        if pages and message["from"] != self._id:
            reply = self._layer.send(message["reply"], {"type": "pages.open", "pages": pages})
            self._answering = asyncio.ensure_future(_ignore_errors(reply))  # the loop itself holds no reference

    def here(self, user_id: int) -> list[OpenPage]:
        """Returns a user's open pages in this process."""
        viewer = self._subscriptions.viewers.get(user_id)
        return [_open_page(connection) for connection in viewer.connections] if viewer else []

    async def _find(self, user_id: int) -> list[OpenPage]:
        pages = self.here(user_id)
        if not isinstance(self._layer, InMemoryChannelLayer):
            await _ignore_errors(self._ask_others(user_id, pages))
        return pages

    async def _ask_others(self, user_id: int, pages: list[OpenPage]) -> None:
        """Adds the open pages of other processes as they answer.

        Ends with `TimeoutError` in any case: the number of other processes is not known.
        """
        async with asyncio.timeout(ANSWER_TIMEOUT):
            channel = await self._layer.new_channel()
            question = {"type": PAGES_ASKED, "user": user_id, "reply": channel, "from": self._id}
            await self._layer.group_send(HUB_GROUP, question)
            while True:
                answer = await self._layer.receive(channel)
                pages += [OpenPage(**page) for page in answer["pages"]]


def _open_page(connection: Connection) -> OpenPage:
    view = connection.view
    credential, number = connection.credential or ("", 0)
    return OpenPage(view.name, connection.opened_at, credential, number)


async def _ignore_errors(work: Awaitable[None]) -> None:
    """Awaits without raising.

    The pages of a process that cannot be asked are left out; `LayerNotifier` reports a failed channel layer.
    """
    with suppress(Exception):
        await work
