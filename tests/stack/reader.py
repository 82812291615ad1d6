"""Somebody who keeps a page of a running site open, without a browser: what static/js/live.js and feed.js do."""

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

SHOWN_MOST = 300
REFUSED = range(3500, 4000)
PAUSE = 0.1
"""Seconds at most before the first new attempt, doubled with each; a browser takes one second."""
LONGEST_PAUSE = 2.0
PATIENCE = 10.0
"""Seconds that one answer may take."""
AWAY = (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError)
"""What is raised when the server is not there, or goes."""


class Reader:
    """An open page. With several sites it goes on to the next one whenever its socket ends."""

    def __init__(self, sites: Sequence[Site], path: str, cookie: str) -> None:
        self.posts = PostList()
        self.cursor = 0
        self.told: list[tuple[str, int]] = []
        """Everything that was told, heartbeats left out: kind and post."""
        self.repeats = 0
        """How often something was told that the page showed already."""
        self.disordered = 0
        """How often a new post came with a cursor that was not beyond that of the one before."""
        self.is_live = False
        self.forged: str | None = None
        """What the next socket says instead of the cursor."""
        self.leaves_after_hello = False
        """Whether the next socket closes after its first message."""
        self._sites = cycle(sites)
        self._site = next(self._sites)
        self._path = path
        self._headers = {"Cookie": cookie} if cookie else {}
        self._attempts = 0
        self._newest_cursor = 0
        self._shown: list[int] = []
        self._waiting: list[dict[str, Any]] | None = None
        self._socket: ClientConnection | None = None
        self._living: asyncio.Task[None] | None = None
        self._rereading: asyncio.Task[None] | None = None
        self._saying: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    # --- What a person does ---

    async def load(self) -> None:
        """Loads the page; its socket is not opened yet."""
        self.cursor = self.posts.take_over(await self._get(self._path))
        self._shown = self.posts.ids[:SHOWN_MOST]

    async def go_live(self) -> None:
        """Opens the page's socket and keeps it open."""
        self._living = asyncio.create_task(self._live())
        await self.until(lambda: self.is_live)

    async def go_offline(self) -> None:
        """Loses its socket and opens no other."""
        if self._living is not None:
            self._living.cancel()
            await asyncio.wait([self._living])
        self.is_live = False

    async def close(self) -> None:
        """Leaves the page."""
        await self.go_offline()
        if self._rereading is not None:
            self._rereading.cancel()
            await asyncio.wait([self._rereading])

    async def read_on(self) -> None:
        """Asks for older posts until there are none, as somebody does who scrolls down."""
        while self.posts.older:
            part = await self._get(urllib.parse.urljoin(self._path, self.posts.older), "a")
            self.posts.append(part)
            self._show()

    async def until(self, condition: Callable[[], bool], within: float = PATIENCE) -> None:
        """Waits for `condition()`. Raises `AssertionError` after `within` seconds, or what ended the page's life."""
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
        return sum(kind == "reset" for kind, _ in self.told)

    @property
    def is_rereading(self) -> bool:
        return self._waiting is not None

    def __repr__(self) -> str:
        last = ", ".join(f"{kind} {post}" for kind, post in self.told[-5:])
        state = "live" if self.is_live else "offline"
        return (
            f"{self._path} {state} at {self.cursor}, {len(self.posts.shown)} posts, {self.resets} resets, last {last}"
        )

    # --- The socket, as live.js has it ---

    async def _live(self) -> None:
        try:
            while True:
                code = await self._listen()
                self.is_live = False
                if code in REFUSED:
                    raise ConnectionRefusedError(f"closed with {code}")
                await self._pause()
        finally:
            self._changed.set()

    async def _listen(self) -> int:
        """Opens a socket and hears it to its end; returns its close code."""
        try:
            async with connect(self._address(), **self._options()) as socket:
                self._socket = socket
                async for message in socket:
                    self._hear(json.loads(message))
                    if self.leaves_after_hello:
                        self.leaves_after_hello = False
                        break
                return socket.close_code or 0
        except AWAY:
            return 0

    def _address(self) -> str:
        after, self.forged = self.cursor if self.forged is None else self.forged, None
        query = urllib.parse.urlencode({"view": self.posts.view, "after": after})
        return f"{self._site.url.replace('http', 'ws', 1)}/ws/feed/?{query}"

    def _options(self) -> dict[str, Any]:
        """A browser sends no pings of its own and takes whatever comes."""
        quiet = {"ping_interval": None, "max_size": None, "close_timeout": 1, "compression": None, "proxy": None}
        return {"origin": Origin(self._site.url), "additional_headers": self._headers, **quiet}

    async def _pause(self) -> None:
        """Waits before the next attempt, at the next site."""
        longest = min(LONGEST_PAUSE, PAUSE * 2**self._attempts)
        self._attempts += 1
        self._site = next(self._sites)
        await asyncio.sleep(longest * random.uniform(0.25, 1))

    def _hear(self, received: Any) -> None:
        for frame in received if isinstance(received, list) else [received]:
            self._take(frame)
            if frame.get("cursor", 0) > self.cursor or frame["type"] == "reset":
                self.cursor = frame["cursor"]
        self._changed.set()

    def _take(self, frame: dict[str, Any]) -> None:
        kind = frame["type"]
        if kind not in ("hello", "heartbeat"):
            self.told.append((kind, frame.get("id", 0)))
        if kind == "hello":
            self._welcomed()
        elif kind == "reset":
            self._read_anew()
        elif self._waiting is not None:
            self._waiting.append(frame)
        elif kind.startswith("post."):
            self._apply(frame)

    def _welcomed(self) -> None:
        self._attempts = 0
        self.is_live = True
        self._say_what_is_shown()

    def _say_what_is_shown(self) -> None:
        if self._socket is not None and self.is_live:
            message = json.dumps({"type": "showing", "ids": self._shown})
            self._saying = asyncio.create_task(self._send(self._socket, message))

    @staticmethod
    async def _send(socket: ClientConnection, message: str) -> None:
        with suppress(ConnectionClosed):
            await socket.send(message)

    # --- The list, as feed.js has it ---

    def _apply(self, frame: dict[str, Any]) -> None:
        is_gone = frame["type"] == "post.deleted"
        is_news = self.posts.remove(frame["id"]) if is_gone else self.posts.put(frame)
        self.repeats += not is_news
        if is_news and frame["type"] == "post.created":
            self.disordered += frame["cursor"] <= self._newest_cursor
            self._newest_cursor = frame["cursor"]

    def _read_anew(self) -> None:
        """Reads the list again, at once: the random moment that a browser waits is only for a crowd."""
        if self._waiting is None:
            self._waiting = []
            self._rereading = asyncio.create_task(self._fetch_list())

    async def _fetch_list(self) -> None:
        while not await self._fetched():
            await self._pause()
        due, self._waiting = self._waiting or [], None
        self._show()
        for frame in due:
            self._take(frame)
        self._changed.set()

    async def _fetched(self) -> bool:
        """Tries once; a page that is gone or forbidden is left. An answer without the list reloads the page."""
        self._waiting = []  # older than the answer that is about to be asked for
        try:
            answer = await self._get(self._path, "div#posts")
            self.posts.take_over(answer if has_list(answer) else await self._get(self._path))
        except urllib.error.HTTPError as error:
            if error.code in (403, 404):
                self.posts.clear()
            return error.code < 500
        except OSError:
            return False
        return True

    def _show(self) -> None:
        self._shown = self.posts.ids[:SHOWN_MOST]
        self._say_what_is_shown()

    async def _get(self, path: str, source: str = "") -> str:
        """An answer of the site, or the part of it that `source` asks for. Raises `OSError` if there is none."""
        part = {"HX-Request": "true", "HX-Source": source} if source else {}
        request = urllib.request.Request(self._site.url + path, headers=self._headers | part)

        return await asyncio.to_thread(read, request)

    def _raise_failure(self) -> None:
        for task in filter(None, (self._living, self._rereading)):
            if task.done() and not task.cancelled() and (failure := task.exception()):
                raise failure


def read(request: urllib.request.Request) -> str:
    """What is answered. Raises `OSError` if nothing is, or not all of it."""
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text: str = answer.read().decode()
            return text
    except HTTPException as error:
        raise ConnectionError("the answer was cut off") from error
