"""Users of a running site without a browser: they post by HTTP and read by WebSocket."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Self

from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from livefeed.models import User
from tests.factories import cookie_of
from tests.stack.servers import Site

TOKEN = "t" * 32
TIMEOUT = 10.0
"""Seconds within which a frame or an answer must arrive."""


class Person:
    """A signed-in user (None: a visitor) of a site."""

    def __init__(self, site: Site, user: User | None = None) -> None:
        self.site = site
        session = cookie_of(user) if user else ""
        self._cookie = "; ".join(filter(None, [session, f"{settings.CSRF_COOKIE_NAME}={TOKEN}"]))

    def send(self, path: str, **fields: str) -> int:
        """Submits a form by POST as htmx does; returns the status."""
        headers = {"Cookie": self._cookie, "X-CSRFToken": TOKEN, "HX-Request": "true", "Origin": self.site.url}
        request = urllib.request.Request(self.site.url + path, urllib.parse.urlencode(fields).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def get(self, path: str) -> str:
        """Returns the HTML of a page."""
        request = urllib.request.Request(self.site.url + path, headers={"Cookie": self._cookie})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            text: str = answer.read().decode()
        return text

    def listen(self, **query: object) -> "Listener":
        """Opens a socket: `listen(view="home", after=7)`."""
        address = f"{self.site.url.replace('http', 'ws', 1)}/ws/feed/?{urllib.parse.urlencode(query)}"
        headers = {"Cookie": self._cookie}
        return Listener(connect(address, origin=Origin(self.site.url), additional_headers=headers, legacy=True))


class Listener:
    """A socket and its received frames."""

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

    def frame(self, timeout: float = TIMEOUT) -> dict[str, Any]:
        """Returns the next frame but heartbeats. Raises `TimeoutError`, or `ConnectionClosed` if the server closes."""
        while True:
            if not self._frames:
                received = json.loads(self.socket.recv(timeout=timeout))
                self._frames = received if isinstance(received, list) else [received]
            frame = self._frames.pop(0)
            self.cursor = max(self.cursor, frame.get("cursor", 0))
            if frame["type"] != "heartbeat":
                return frame

    def posts_until(self, last: int, timeout: float = TIMEOUT) -> list[int]:
        """Returns the ids of the created posts, up to the post with id `last`."""
        ids: list[int] = []
        while last not in ids:
            frame = self.frame(timeout)
            assert frame["type"] == "post.created"
            ids.append(frame["id"])
        return ids

    def wait_until_closed(self) -> None:
        """Waits until the server closes the socket."""
        while True:
            try:
                self.frame()
            except ConnectionClosed:
                return
