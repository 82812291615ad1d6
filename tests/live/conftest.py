"""Sockets in this process, without a server: Channels' communicator against the whole application."""

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

PATIENCE = 5.0
"""Seconds a frame may take."""


class Reader:
    """A socket and what it was told, frame by frame."""

    def __init__(self, query: str = "", cookie: str = "", origin: str | None = None) -> None:
        headers = [(b"host", b"testserver"), (b"cookie", cookie.encode())]
        if origin != "":
            headers.append((b"origin", (origin or settings.LIVEFEED_URL).encode()))
        self.socket = WebsocketCommunicator(application, f"/ws/feed/?{query}", headers)
        self._frames: list[dict[str, Any]] = []

    async def open(self) -> Self:
        accepted, _ = await self.socket.connect(timeout=PATIENCE)
        assert accepted
        return self

    async def frame(self, *, heartbeats: bool = False) -> dict[str, Any]:
        """The next frame, heartbeats passed over."""
        while True:
            if not self._frames:
                self._take(await self.socket.receive_from(timeout=PATIENCE))
            frame = self._frames.pop(0)
            if heartbeats or frame["type"] != "heartbeat":
                return frame

    async def frames(self, *kinds: str) -> list[dict[str, Any]]:
        """As many next frames as `kinds`, which they must be of."""
        found = [await self.frame() for _ in kinds]
        assert [frame["type"] for frame in found] == list(kinds)
        return found

    async def rest(self) -> list[dict[str, Any]]:
        """Whatever else it is told of what was committed until now, heartbeats left out."""
        await everything_told()
        while not self.socket.output_queue.empty():
            self._take(await self.socket.receive_from())
        told, self._frames = [frame for frame in self._frames if frame["type"] != "heartbeat"], []
        return told

    async def send(self, message: Any) -> None:
        await self.socket.send_to(text_data=message if isinstance(message, str) else json.dumps(message))

    async def shows(self, *ids: int) -> None:
        """Says which posts the page shows, and waits until that was heard."""
        await self.send({"type": "showing", "ids": list(ids)})
        while not self.socket.input_queue.empty():
            await sync_to_async(lambda: None)()

    async def close(self) -> None:
        """Closes the socket; one whose application has already ended (a frame did not come in time) is closed too."""
        with suppress(asyncio.CancelledError):
            await self.socket.disconnect()

    def _take(self, text: str) -> None:
        received = json.loads(text)
        self._frames += received if isinstance(received, list) else [received]


async def everything_told() -> None:
    """Waits until the hub has told everybody what is in the log now."""
    await Hub.current().now()


async def eventually(condition: Callable[[], Any]) -> None:
    """Waits, PATIENCE at most, for what nobody announces: until `condition()`, which may be async, is true."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = condition()
            if await answer if inspect.isawaitable(answer) else answer:
                return
            await asyncio.sleep(0.01)


def metric(name: str, **labels: str) -> float:
    """A figure of /metrics, by its name without `livefeed_`."""
    labels = {"worker": settings.LIVEFEED_WORKER, **labels}
    return REGISTRY.get_sample_value(f"livefeed_{name}", labels) or 0.0


@sync_to_async
def head() -> int:
    return Event.objects.head()


@pytest.fixture
async def hub(transactional_db) -> AsyncIterator[Hub]:
    """The hub of this test's loop, stopped afterwards."""
    hub = Hub.current()
    await hub.now()
    yield hub
    await hub.stop()


@pytest.fixture
async def cast(transactional_db) -> Cast:
    """An author, a follower, and a stranger who must hear nothing."""
    return await sync_to_async(make_cast)()


@pytest.fixture
async def read(hub: Hub) -> AsyncIterator[Callable[..., Any]]:
    """Opens sockets: `await read(user, "view=home")`, past their hello; closed afterwards."""
    readers: list[Reader] = []

    async def open_reader(user: User | None = None, query: str = "", *, hello: bool = True, **options: Any) -> Reader:
        cookie = await sync_to_async(cookie_of)(user) if user else ""
        known = set(hub.subscriptions.connections)
        reader = await Reader(query, cookie, **options).open()
        readers.append(reader)
        if hello:
            await reader.frames("hello")
            await eventually(lambda: hub.subscriptions.connections - known)  # caught up, and routed to from now on
        return reader

    yield open_reader
    for reader in readers:
        await reader.close()
