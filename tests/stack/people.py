"""Somebody who uses a running site without a browser: posts by HTTP, listens by WebSocket."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Self

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from livefeed.models import User
from tests.factories import cookie_of
from tests.stack.servers import Site

TOKEN = "t" * 32
PATIENCE = 10.0
"""Seconds a frame may take."""


class Person:
    """A signed-in person (None: a visitor) at a site."""

    def __init__(self, site: Site, user: User | None = None) -> None:
        self.site = site
        session = cookie_of(user) if user else ""
        self._cookie = "; ".join(filter(None, [session, f"csrftoken={TOKEN}"]))

    def send(self, path: str, **fields: str) -> int:
        """Sends a form by POST as htmx does; returns the status."""
        headers = {"Cookie": self._cookie, "X-CSRFToken": TOKEN, "HX-Request": "true", "Origin": self.site.url}
        request = urllib.request.Request(self.site.url + path, urllib.parse.urlencode(fields).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def get(self, path: str) -> str:
        """Reads a page."""
        request = urllib.request.Request(self.site.url + path, headers={"Cookie": self._cookie})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text: str = answer.read().decode()
        return text

    def listen(self, **query: object) -> "Listener":
        """Opens a socket: `listen(view="home", after=7)`."""
        address = f"{self.site.url.replace('http', 'ws', 1)}/ws/feed/?{urllib.parse.urlencode(query)}"
        headers = {"Cookie": self._cookie}
        return Listener(connect(address, origin=Origin(self.site.url), additional_headers=headers, legacy=True))


class Listener:
    """A socket and the frames that came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._frames: list[dict[str, Any]] = []
        self.cursor = 0

    def __enter__(self) -> Self:
        frame = self.frame()
        assert frame["type"] == "hello", frame
        return self

    def __exit__(self, *exception: object) -> None:
        self.socket.close()

    def frame(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The next frame, heartbeats passed over. Raises `TimeoutError`, or `ConnectionClosed` when the server went."""
        while True:
            if not self._frames:
                received = json.loads(self.socket.recv(timeout=patience))
                self._frames = received if isinstance(received, list) else [received]
            frame = self._frames.pop(0)
            self.cursor = max(self.cursor, frame.get("cursor", 0))
            if frame["type"] != "heartbeat":
                return frame

    def posts_until(self, last: int, patience: float = PATIENCE) -> list[int]:
        """The ids of the created posts that came, up to the post with id `last`."""
        ids: list[int] = []
        while last not in ids:
            frame = self.frame(patience)
            assert frame["type"] == "post.created"
            ids.append(frame["id"])
        return ids

    def wait_for_the_end(self) -> None:
        """Waits until the server has gone."""
        while True:
            try:
                self.frame()
            except ConnectionClosed:
                return
