"""Those who send something: over a kept-alive connection, as a browser's page does."""

import time
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import uuid4

PATIENCE = 60
"""Seconds the server has for one answer."""
TEXT = "The kettle is on, and whoever is near is welcome to come by for a cup and a chat."
TOKEN = "b" * 32
"""A CSRF token; any text of this length will do, if cookie and header agree on it."""


class Page:
    """Sends forms; each may be somebody else's."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
            "Origin": f"http://127.0.0.1:{port}",
            "X-CSRFToken": TOKEN,
        }

    def send(self, cookie: str, path: str, **form: str) -> str:
        """Returns the answer. `cookie` is a session's Cookie header; empty where nobody signs in. Raises `RuntimeError`
        if the server does not take it."""
        headers = self._headers | {"Cookie": f"{cookie}; csrftoken={TOKEN}"}
        self._connection.request("POST", path, urlencode(form), headers)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"POST {path} was answered {answer.status}: {text[:500]}")
        return text

    def close(self) -> None:
        self._connection.close()


class Author(Page):
    """The author whom all sockets listen to."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(port)
        self._cookie = cookie

    def post(self) -> str:
        """Posts a text that holds the moment before it is sent, `@@<CLOCK_MONOTONIC in ns>`. Returns the answer."""
        body = f"@@{time.monotonic_ns()} {TEXT}"
        return self.send(self._cookie, "/posts/", key=str(uuid4()), body=body)
