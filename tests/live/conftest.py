"""Sockets in this process, without a server: Channels' communicator against the whole application."""

import json
from collections.abc import AsyncIterator
from typing import Any, Self

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings

from asgi import application
from consumers.hub import Hub
from livefeed.models import Event, User
from tests.factories import cookie_of

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

    async def frame(self) -> dict[str, Any]:
        """The next frame, heartbeats passed over."""
        while True:
            if not self._frames:
                received = json.loads(await self.socket.receive_from(timeout=PATIENCE))
                self._frames = received if isinstance(received, list) else [received]
            frame = self._frames.pop(0)
            if frame["type"] != "heartbeat":
                return frame

    async def frames(self, *kinds: str) -> list[dict[str, Any]]:
        """As many next frames as `kinds`, which they must be of."""
        found = [await self.frame() for _ in kinds]
        assert [frame["type"] for frame in found] == list(kinds)
        return found

    async def hears_nothing(self) -> None:
        """Fails if there was anything but heartbeats until everything committed so far has been routed."""
        await everything_routed()
        while not self.socket.output_queue.empty():
            received = json.loads(await self.socket.receive_from())
            self._frames += received if isinstance(received, list) else [received]
        assert [frame for frame in self._frames if frame["type"] != "heartbeat"] == []

    async def send(self, message: Any) -> None:
        await self.socket.send_to(text_data=json.dumps(message))

    async def close(self) -> None:
        await self.socket.disconnect()


async def everything_routed() -> None:
    """Waits until the hub has told everybody what is in the log now."""
    await Hub.current().until_at(await in_thread(Event.objects.head))


@pytest.fixture
async def hub(transactional_db) -> AsyncIterator[Hub]:
    """The hub of this test's loop, stopped afterwards."""
    hub = Hub.current()
    await hub.opened()
    yield hub
    await hub.stop()


@pytest.fixture
async def read(hub: Hub) -> AsyncIterator[Any]:
    """Opens sockets: `await read(user, "view=home")`; closed afterwards."""
    readers: list[Reader] = []

    async def open_reader(user: User | None = None, query: str = "", **options: Any) -> Reader:
        cookie = await in_thread(cookie_of, user) if user else ""
        reader = await Reader(query, cookie, **options).open()
        readers.append(reader)
        return reader

    yield open_reader
    for reader in readers:
        await reader.close()


async def in_thread(function, *args, **kwargs):
    """Runs what touches the database where Django wants it."""
    from asgiref.sync import sync_to_async

    return await sync_to_async(function)(*args, **kwargs)
