"""Sockets and polls in the test's own process, without a server: Channels' communicators with the whole application."""

import asyncio
import inspect
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self

from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator, WebsocketCommunicator
from django.conf import settings

from asgi import application
from consumers.hub.hub import Hub

TIMEOUT = 5.0
"""Seconds within which a frame must arrive."""

Frame = dict[str, Any]


class SocketReader:
    """A socket and its received frames: a page's or, with `token`, a program's."""

    def __init__(self, query: str = "", cookie: str = "", origin: str | None = None, *, token: str = "") -> None:
        headers = [(b"host", b"testserver"), (b"cookie", cookie.encode())]
        if token:
            headers = [(b"host", b"testserver"), (b"authorization", f"Bearer {token}".encode())]
        elif origin != "":
            headers.append((b"origin", (origin or settings.LIVEFEED_URL).encode()))
        self.socket = WebsocketCommunicator(application, f"/ws/{'events' if token else 'feed'}/?{query}", headers)
        self.close_code: int | None = None
        """Set when `rest` finds that the server has closed the socket."""
        self._frames: list[Frame] = []

    async def open(self) -> Self:
        accepted, _ = await self.socket.connect(timeout=TIMEOUT)
        assert accepted
        return self

    async def frame(self, *, heartbeats: bool = False) -> Frame:
        """Returns the next frame, without heartbeats unless `heartbeats`."""
        while True:
            if not self._frames:
                self._take(await self.socket.receive_from(timeout=TIMEOUT))
            frame = self._frames.pop(0)
            if heartbeats or frame["type"] != "heartbeat":
                return frame

    async def frames(self, *kinds: str) -> list[Frame]:
        """Returns the next frames, which must be of these kinds."""
        found = [await self.frame() for _ in kinds]
        assert [frame["type"] for frame in found] == list(kinds)
        return found

    async def rest(self) -> list[Frame]:
        """Returns all further frames of events committed until now, without heartbeats."""
        await wait_until_delivered()
        while not self.socket.output_queue.empty():
            output = await self.socket.receive_output()
            if output["type"] == "websocket.close":
                self.close_code = output["code"]
            else:
                self._take(output["text"])
        rest = [frame for frame in self._frames if frame["type"] != "heartbeat"]
        self._frames = []
        return rest

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


async def poll(query: str, cookie: str = "") -> list[Frame]:
    """Returns the frames of the answer to a poll that does not wait for events, without hello and heartbeats."""
    headers = [(b"host", b"testserver"), (b"cookie", cookie.encode())]
    request = HttpCommunicator(application, "GET", f"/ws/feed/?{query}&wait=0", headers=headers)
    answer = await request.get_response(TIMEOUT)
    return [frame for frame in json.loads(answer["body"]) if frame["type"] not in ("hello", "heartbeat")]


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
