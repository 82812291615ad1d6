"""An open page of a running site, which does what static/js/live.js and feed.js do, without a browser."""

import asyncio
import json
import random
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPException
from itertools import cycle
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Origin

from tests.stack.page import PostList, has_list
from tests.stack.servers import Site

MAX_SHOWN_POSTS = 300
REFUSED = range(3500, 4000)
RECONNECT_DELAY = 0.1
"""Seconds before the first reconnection at most, doubled with each attempt; a browser takes one second."""
MAX_RECONNECT_DELAY = 2.0
TIMEOUT = 10.0
"""Seconds that one answer or condition may take."""
DISCONNECTED = (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError)
"""Exceptions if the server is unreachable or closes the connection."""


class Reader:
    """An open page. With several sites it connects to the next one whenever its socket closes."""

    def __init__(self, sites: Sequence[Site], path: str, cookie: str) -> None:
        self.posts = PostList()
        self.cursor = 0
        self.received: list[tuple[str, int]] = []
        """Kind and post of all frames but hellos and heartbeats."""
        self.duplicates = 0
        """Number of frames for posts whose version the page already had."""
        self.out_of_order = 0
        """Number of new posts whose cursor was not greater than that of the previous one."""
        self.is_live = False
        self.forged_cursor: str | None = None
        """Cursor that the next socket sends instead of the real one."""
        self.leaves_after_hello = False
        """True if the next socket closes after its first message."""
        self._sites = cycle(sites)
        self._site = next(self._sites)
        self._path = path
        self._headers = {"Cookie": cookie} if cookie else {}
        self._attempts = 0
        self._newest_cursor = 0
        self._shown: list[int] = []
        self._waiting: list[dict[str, Any]] | None = None
        self._socket: ClientConnection | None = None
        self._running: asyncio.Task[None] | None = None
        self._refetching: asyncio.Task[None] | None = None
        self._reporting: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    # --- Actions of the user ---

    async def load(self) -> None:
        """Loads the page without opening its socket."""
        self.cursor = self.posts.replace(await self._get(self._path))
        self._shown = self.posts.ids[:MAX_SHOWN_POSTS]

    async def go_live(self) -> None:
        """Opens the page's socket, and reopens it whenever it closes."""
        self._running = asyncio.create_task(self._stay_connected())
        await self.until(lambda: self.is_live)

    async def go_offline(self) -> None:
        """Closes the socket without reconnecting."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        self.is_live = False

    async def close(self) -> None:
        """Closes the page."""
        await self.go_offline()
        if self._refetching is not None:
            self._refetching.cancel()
            await asyncio.wait([self._refetching])

    async def read_on(self) -> None:
        """Loads older posts until there are none, as scrolling down does."""
        while self.posts.older:
            part = await self._get(urllib.parse.urljoin(self._path, self.posts.older), "a")
            self.posts.append(part)
            self._show()

    async def until(self, condition: Callable[[], bool], within: float = TIMEOUT) -> None:
        """Waits for `condition()`. Raises `AssertionError` after `within` seconds, or the exception of the page."""
        try:
            async with asyncio.timeout(within):
                while not condition():
                    self._raise_failure()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(f"not within {within:.0f} s: {self!r}") from None

    @property
    def resets(self) -> int:
        return sum(kind == "reset" for kind, _ in self.received)

    @property
    def is_refetching(self) -> bool:
        return self._waiting is not None

    def __repr__(self) -> str:
        last = ", ".join(f"{kind} {post}" for kind, post in self.received[-5:])
        state = "live" if self.is_live else "offline"
        return (
            f"{self._path} {state} at {self.cursor}, {len(self.posts.shown)} posts, {self.resets} resets, last {last}"
        )

    # --- The socket, as in live.js ---

    async def _stay_connected(self) -> None:
        try:
            while True:
                code = await self._listen()
                self.is_live = False
                if code in REFUSED:
                    raise ConnectionRefusedError(f"closed with {code}")
                await self._wait_to_reconnect()
        finally:
            self._changed.set()

    async def _listen(self) -> int:
        """Opens a socket and reads it until it closes; returns its close code."""
        try:
            async with connect(self._address(), **self._options()) as socket:
                self._socket = socket
                async for message in socket:
                    self._receive(json.loads(message))
                    if self.leaves_after_hello:
                        self.leaves_after_hello = False
                        break
                return socket.close_code or 0
        except DISCONNECTED:
            return 0

    def _address(self) -> str:
        after = self.cursor if self.forged_cursor is None else self.forged_cursor
        self.forged_cursor = None
        query = urllib.parse.urlencode({"view": self.posts.view, "after": after})
        return f"{self._site.url.replace('http', 'ws', 1)}/ws/feed/?{query}"

    def _options(self) -> dict[str, Any]:
        """Returns options like a browser's: no pings of its own, and no size limit."""
        options = {"ping_interval": None, "max_size": None, "close_timeout": 1, "compression": None, "proxy": None}
        return {"origin": Origin(self._site.url), "additional_headers": self._headers, **options}

    async def _wait_to_reconnect(self) -> None:
        """Waits before the next attempt, and selects the next site."""
        longest = min(MAX_RECONNECT_DELAY, RECONNECT_DELAY * 2**self._attempts)
        self._attempts += 1
        self._site = next(self._sites)
        await asyncio.sleep(longest * random.uniform(0.25, 1))

    def _receive(self, received: Any) -> None:
        for frame in received if isinstance(received, list) else [received]:
            self._take(frame)
            if frame.get("cursor", 0) > self.cursor or frame["type"] == "reset":
                self.cursor = frame["cursor"]
        self._changed.set()

    def _take(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind not in ("hello", "heartbeat"):
            self.received.append((kind, frame.get("id", 0)))
        if kind == "hello":
            self._on_hello()
        elif kind == "reset":
            self._refetch()
        elif self._waiting is not None:
            self._waiting.append(frame)
        elif kind.startswith("post."):
            self._apply(frame)

    def _on_hello(self) -> None:
        self._attempts = 0
        self.is_live = True
        self._report_shown()

    def _report_shown(self) -> None:
        if self._socket is not None and self.is_live:
            message = json.dumps({"type": "showing", "ids": self._shown})
            self._reporting = asyncio.create_task(self._send(self._socket, message))

    @staticmethod
    async def _send(socket: ClientConnection, message: str) -> None:
        with suppress(ConnectionClosed):
            await socket.send(message)

    # --- The list, as in feed.js ---

    def _apply(self, frame: dict[str, Any]) -> None:
        is_deletion = frame["type"] == "post.deleted"
        is_new = self.posts.remove(frame["id"]) if is_deletion else self.posts.put(frame)
        self.duplicates += not is_new
        if is_new and frame["type"] == "post.created":
            self.out_of_order += frame["cursor"] <= self._newest_cursor
            self._newest_cursor = frame["cursor"]

    def _refetch(self) -> None:
        """Refetches the list at once: the random delay of a browser matters only for a crowd."""
        if self._waiting is None:
            self._waiting = []
            self._refetching = asyncio.create_task(self._fetch_list())

    async def _fetch_list(self) -> None:
        while not await self._fetched():
            await self._wait_to_reconnect()
        due = self._waiting or []
        self._waiting = None
        self._show()
        for frame in due:
            self._take(frame)
        self._changed.set()

    async def _fetched(self) -> bool:
        """Tries once; clears a page that is gone or forbidden. Reloads the page after an answer without the list."""
        self._waiting = []  # frames before the request are older than its answer
        try:
            answer = await self._get(self._path, "div#posts")
            self.posts.replace(answer if has_list(answer) else await self._get(self._path))
        except urllib.error.HTTPError as error:
            if error.code in (403, 404):
                self.posts.clear()
            return error.code < 500
        except OSError:
            return False
        return True

    def _show(self) -> None:
        self._shown = self.posts.ids[:MAX_SHOWN_POSTS]
        self._report_shown()

    async def _get(self, path: str, source: str = "") -> str:
        """Returns an answer of the site, or the part of it for htmx's `source`. Raises `OSError` without an answer."""
        part = {"HX-Request": "true", "HX-Source": source} if source else {}
        request = urllib.request.Request(self._site.url + path, headers=self._headers | part)

        return await asyncio.to_thread(read, request)

    def _raise_failure(self) -> None:
        for task in filter(None, (self._running, self._refetching)):
            if task.done() and not task.cancelled() and (failure := task.exception()):
                raise failure


def read(request: urllib.request.Request) -> str:
    """Returns the answer. Raises `OSError` if there is none or it is incomplete."""
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            text: str = answer.read().decode()
            return text
    except HTTPException as error:
        raise ConnectionError("the answer is incomplete") from error
