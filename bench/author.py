"""HTTP clients that submit forms over a kept-alive connection, as a browser's page does."""

import time
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import uuid4

REQUEST_TIMEOUT = 60
"""Seconds within which the server must answer."""
TEXT = "The kettle is on, and all who are near are welcome to come by for a cup and a chat."
TOKEN = "b" * 32
"""A CSRF token: any text of this length, the same in cookie and header."""
CSRF_COOKIE = f"csrftoken={TOKEN}"
"""The cookie under its name on a site without https."""


class Page:
    """Submits forms; each may belong to another user."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=REQUEST_TIMEOUT)
        self._headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
            "Origin": f"http://127.0.0.1:{port}",
            "X-CSRFToken": TOKEN,
        }

    def send(self, cookie: str, path: str, **form: str) -> str:
        """Submits a form; returns the answer.

        `cookie` is a session's Cookie header; empty for peers without users. Raises `RuntimeError` if the status is not
        2xx.
        """
        headers = self._headers | {"Cookie": f"{cookie}; {CSRF_COOKIE}"}
        self._connection.request("POST", path, urlencode(form), headers)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"POST {path} was answered {answer.status}: {text[:500]}")
        return text

    def close(self) -> None:
        self._connection.close()


class Author(Page):
    """The author whose posts all sockets receive."""

    def __init__(self, port: int, cookie: str) -> None:
        super().__init__(port)
        self._cookie = cookie

    def post(self) -> str:
        """Creates a post with its time of sending, `@@<CLOCK_MONOTONIC in ns>`. Returns the answer."""
        body = f"@@{time.monotonic_ns()} {TEXT}"
        return self.send(self._cookie, "/posts/", key=str(uuid4()), body=body)
