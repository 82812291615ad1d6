"""Sockets in the test process, without a server: Channels' communicator with the whole application."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Self

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from prometheus_client import REGISTRY

from asgi import application
from consumers.hub.hub import Hub
from livefeed.models import Event, User
from tests.factories import Cast, cookie_of, make_cast

TIMEOUT = 5.0
"""Seconds within which a frame must arrive."""


class Reader:
    """A socket and its received frames."""

    def __init__(self, query: str = "", cookie: str = "", origin: str | None = None) -> None:
        headers = [(b"host", b"testserver"), (b"cookie", cookie.encode())]
        if origin != "":
            headers.append((b"origin", (origin or settings.LIVEFEED_URL).encode()))
        self.socket = WebsocketCommunicator(application, f"/ws/feed/?{query}", headers)
        self._frames: list[dict[str, Any]] = []

    async def open(self) -> Self:
        accepted, _ = await self.socket.connect(timeout=TIMEOUT)
        assert accepted
        return self

    async def frame(self, *, heartbeats: bool = False) -> dict[str, Any]:
        """Returns the next frame, without heartbeats unless `heartbeats`."""
        while True:
            if not self._frames:
                self._take(await self.socket.receive_from(timeout=TIMEOUT))
            frame = self._frames.pop(0)
            if heartbeats or frame["type"] != "heartbeat":
                return frame

    async def frames(self, *kinds: str) -> list[dict[str, Any]]:
        """Returns the next frames, which must be of these kinds."""
        found = [await self.frame() for _ in kinds]
        assert [frame["type"] for frame in found] == list(kinds)
        return found

    async def rest(self) -> list[dict[str, Any]]:
        """Returns all further frames of events committed until now, without heartbeats."""
        await wait_until_delivered()
        while not self.socket.output_queue.empty():
            self._take(await self.socket.receive_from())
        told, self._frames = [frame for frame in self._frames if frame["type"] != "heartbeat"], []
        return told

    async def send(self, message: Any) -> None:
        await self.socket.send_to(text_data=message if isinstance(message, str) else json.dumps(message))

    async def shows(self, *ids: int) -> None:
        """Reports the posts that the page shows, and waits until the report was processed."""
        await self.send({"type": "showing", "ids": list(ids)})
        while not self.socket.input_queue.empty():
            await sync_to_async(lambda: None)()

    async def close(self) -> None:
        """Closes the socket, even if its application has already ended because a frame did not arrive in time."""
        with suppress(asyncio.CancelledError):
            await self.socket.disconnect()

    def _take(self, text: str) -> None:
        received = json.loads(text)
        self._frames += received if isinstance(received, list) else [received]


async def wait_until_delivered() -> None:
    """Waits until the hub has delivered all events that are in the log now."""
    await Hub.current().wait_until_idle()


async def eventually(condition: Callable[[], Any]) -> None:
    """Polls `condition()`, which may be async, until it is true, at most TIMEOUT seconds."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            answer = condition()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(0.01)


def metric(name: str, **labels: str) -> float:
    """Returns a figure of /metrics by its name without `livefeed_`."""
    labels = {"worker": settings.LIVEFEED_WORKER, **labels}
    return REGISTRY.get_sample_value(f"livefeed_{name}", labels) or 0.0


@sync_to_async
def head() -> int:
    return Event.objects.head()


@pytest.fixture
async def hub(transactional_db) -> AsyncIterator[Hub]:
    """The hub of this test's loop, stopped afterwards."""
    hub = Hub.current()
    await hub.wait_until_idle()
    yield hub
    await hub.stop()


@pytest.fixture
async def cast(transactional_db) -> Cast:
    """An author, a follower, and a stranger who must receive nothing."""
    return await sync_to_async(make_cast)()


@pytest.fixture
async def read(hub: Hub) -> AsyncIterator[Callable[..., Any]]:
    """Opens sockets and reads their hello: `await read(user, "view=home")`. They are closed afterwards."""
    readers: list[Reader] = []

    async def open_reader(user: User | None = None, query: str = "", *, hello: bool = True, **options: Any) -> Reader:
        cookie = await sync_to_async(cookie_of)(user) if user else ""
        known = set(hub.subscriptions.connections)
        reader = await Reader(query, cookie, **options).open()
        readers.append(reader)
        if hello:
            await reader.frames("hello")
            await eventually(lambda: hub.subscriptions.connections - known)  # it receives events from now on
        return reader

    yield open_reader
    for reader in readers:
        await reader.close()
