"""A bound on what a request may bring, kept while it comes in: daphne holds a whole body in memory before anybody may
look at it (seen: a POST of 300 MB took 300 MB; daphne#483)."""

import asyncio
from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings

TOO_LARGE = b"That is more than can be sent at once."
ANSWER = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(TOO_LARGE), TOO_LARGE)
)
LISTENED = 2.0
"""Seconds in which what still comes is thrown away, so that the client gets to read the answer."""


class LimitedRequest(WebRequest):
    """A request with a body of LIVEFEED_BODY_BYTES at most; more is answered with 413, and the connection ends."""

    received = 0
    is_refused = False

    def __init__(self, *given: Any, **options: Any) -> None:
        """Twisted would parse every form, too: nobody reads that, and its copy of a file would stay in memory until the
        garbage collector finds the request."""
        super().__init__(*given, parsePOSTFormSubmission=False, **options)

    def gotLength(self, length: int | None) -> None:
        """Called when the headers are there, with the length that they announce."""
        super().gotLength(length)
        self._allow(length or 0)

    def handleContentChunk(self, data: bytes) -> None:
        """Called with each piece of the body."""
        self.received += len(data)
        self._allow(self.received)
        if not self.is_refused:
            super().handleContentChunk(data)

    def process(self) -> Any:
        """Called when all is there."""
        return None if self.is_refused else super().process()

    def _allow(self, length: int) -> None:
        if length > settings.LIVEFEED_BODY_BYTES and not self.is_refused:
            self.is_refused = True
            transport: Any = self.channel.transport
            transport.write(ANSWER)
            transport.loseWriteConnection()
            asyncio.get_event_loop().call_later(LISTENED, transport.abortConnection)
