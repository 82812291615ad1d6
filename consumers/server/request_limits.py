"""Limits of HTTP requests: size of bodies, and time for clients that send too slowly.

daphne holds a whole body in memory before the application sees it: a POST of 300 MB took 300 MB (daphne#483). And it
waits without limit for a client that sends a byte now and then.
"""

import asyncio
import time
from collections import Counter
from functools import partial
from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings
from twisted.web.http import HTTPChannel

from consumers.connections.client_ip import client_ip

TOO_LARGE = "413 Content Too Large", "That is more than can be sent at once."
TOO_MANY = "429 Too Many Requests", "You are sending too much at the same time. Try again in a moment."
LARGE_BODY_BYTES = 1024 * 1024
"""Size from which a body counts as large."""
MAX_LARGE_BODIES = 8
"""Large bodies that the clients of one network address may send at the same time: each takes memory."""
LINGER_TIMEOUT = 2.0
"""Seconds for which the rest of a refused body is discarded, so that the client can read the answer."""
IDLE_TIMEOUT = 60
"""Seconds for which a connection may be idle before the first line of its next request has arrived."""
MIN_BODY_BYTES = 20 * 1024
"""Bytes of a body that must arrive in every LIVEFEED_REQUEST_SECONDS."""

large_bodies: Counter[str] = Counter()
"""Number of large bodies that are being sent or answered, by network address."""


class LimitedChannel(HTTPChannel):
    """A connection whose requests must arrive in time."""

    def resetTimeout(self) -> None:
        """Called with all received data: a body may take longer than IDLE_TIMEOUT, the start of a request may not."""
        if not self.line_mode:
            super().resetTimeout()  # type: ignore[no-untyped-call]


class LimitedRequest(WebRequest):
    """A request whose body has at most LIVEFEED_BODY_BYTES; a larger one is answered with 413 and disconnected.

    The clients of one address may send MAX_LARGE_BODIES at a time; further ones are answered with 429.
    A client is disconnected if it takes longer than LIVEFEED_REQUEST_SECONDS for the headers, or sends less than
    MIN_BODY_BYTES of a body in that time.
    """

    channel: Any = None
    """The connection. Twisted deletes the attribute of a finished request, whose limits are still checked."""
    received = 0
    is_refused = False
    has_head = False
    has_body = False
    _is_large = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Turns off Twisted's parsing of forms.

        Its result is not used, and its copy of a file would stay in memory until the garbage collector finds it.
        """
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)
        self._progress_at = time.monotonic()
        self._received_before = 0

    def gotLength(self, length: int | None) -> None:
        """Called after the headers, with the Content-Length."""
        self.has_head = True
        self._progress_at = time.monotonic()
        super().gotLength(length)
        self._check_length(length or 0)

    def handleContentChunk(self, data: bytes) -> None:
        """Called with each chunk of the body."""
        self.received += len(data)
        self._check_length(self.received)
        if not self.is_refused:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Called when the request is complete."""
        self.has_body = True
        return None if self.is_refused else super().process()

    def handle_exception(self, exception: BaseException) -> None:
        """Called when the application has failed. A response that has begun cannot become an error page any more."""
        if not self._response_started:
            super().handle_exception(exception)
        elif self.channel is not None:
            self.channel.transport.abortConnection()

    def check_timeouts(self) -> None:
        """Called every two seconds. Disconnects a client that does not keep up."""
        super().check_timeouts()
        channel = self.channel
        if channel is not None and self._is_too_slow(time.monotonic()):
            channel.transport.abortConnection()

    def _is_too_slow(self, now: float) -> bool:
        """True if the headers, or MIN_BODY_BYTES of the body, have not arrived in LIVEFEED_REQUEST_SECONDS."""
        if self.has_body or now < self._progress_at + settings.LIVEFEED_REQUEST_SECONDS:
            return False
        too_slow = not self.has_head or self.received < self._received_before + MIN_BODY_BYTES
        self._received_before = self.received
        self._progress_at = now
        return too_slow

    def _check_length(self, length: int) -> None:
        if self.is_refused:
            return
        if length > settings.LIVEFEED_BODY_BYTES:
            self._refuse(*TOO_LARGE)
        elif length > LARGE_BODY_BYTES and not self._is_large:
            self._begin_large_body()

    def _begin_large_body(self) -> None:
        """Counts a large body until its request has ended, or refuses it."""
        address = self._client_ip()
        if large_bodies[address] >= MAX_LARGE_BODIES:
            self._refuse(*TOO_MANY)
            return
        self._is_large = True
        large_bodies[address] += 1
        self.notifyFinish().addBoth(partial(_end_large_body, address))

    def _client_ip(self) -> str:
        forwarded = self.requestHeaders.getRawHeaders(b"x-forwarded-for", [])
        headers = [(b"x-forwarded-for", value) for value in forwarded]
        peer = self.client
        return client_ip({"client": (peer.host, peer.port) if hasattr(peer, "host") else None, "headers": headers})

    def _refuse(self, status: str, message: str) -> None:
        """Answers and disconnects; what the client goes on sending is discarded meanwhile."""
        self.is_refused = True
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: {len(message)}"
        transport: Any = self.channel.transport
        transport.write(f"{head}\r\n\r\n{message}".encode())
        transport.loseWriteConnection()
        asyncio.get_event_loop().call_later(LINGER_TIMEOUT, transport.abortConnection)


def _end_large_body(address: str, _: Any) -> None:
    large_bodies[address] -= 1
    if not large_bodies[address]:
        del large_bodies[address]
