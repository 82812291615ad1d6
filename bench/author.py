"""The author whom all sockets listen to: posts over one kept-alive connection, as a browser's page does."""

import time
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import uuid4

PATIENCE = 60
"""Seconds the server has for one answer."""
TEXT = "The kettle is on, and whoever is near is welcome to come by for a cup and a chat."
TOKEN = "b" * 32
"""A CSRF token; any text of this length will do, if cookie and header agree on it."""


class Author:
    """Sends `POST /posts/`. `cookie` is a session's Cookie header; empty where nobody signs in."""

    def __init__(self, port: int, cookie: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Cookie": f"{cookie}; csrftoken={TOKEN}",
            "HX-Request": "true",
            "Origin": f"http://127.0.0.1:{port}",
            "X-CSRFToken": TOKEN,
        }

    def post(self) -> None:
        """Posts a text that holds the moment before it is sent, `@@<CLOCK_MONOTONIC in ns>`. Raises `RuntimeError` if
        the server does not take it."""
        key = str(uuid4())
        body = f"@@{time.monotonic_ns()} {TEXT}"
        self._connection.request("POST", "/posts/", urlencode({"key": key, "body": body}), self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"POST /posts/ was answered {answer.status}: {text[:500].decode(errors='replace')}")

    def close(self) -> None:
        self._connection.close()
