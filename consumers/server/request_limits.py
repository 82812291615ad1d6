"""Size limit of request bodies, enforced while they arrive.

daphne holds a whole body in memory before the application sees it: a POST of 300 MB took 300 MB (daphne#483).
"""

import asyncio
from typing import Any

from daphne.http_protocol import WebRequest
from django.conf import settings

TOO_LARGE = b"That is more than can be sent at once."
ANSWER = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(TOO_LARGE), TOO_LARGE)
)
LINGER_TIMEOUT = 2.0
"""Seconds for which the rest of a refused body is discarded, so that the client can read the answer."""


class LimitedRequest(WebRequest):
    """A request whose body has at most LIVEFEED_BODY_BYTES; a larger one is answered with 413 and disconnected."""

    received = 0
    is_refused = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Turns off Twisted's parsing of forms.

        Its result is not used, and its copy of a file would stay in memory until the garbage collector finds it.
        """
        super().__init__(*args, parsePOSTFormSubmission=False, **kwargs)

    def gotLength(self, length: int | None) -> None:
        """Called after the headers, with the Content-Length."""
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
        return None if self.is_refused else super().process()

    def _check_length(self, length: int) -> None:
        if length > settings.LIVEFEED_BODY_BYTES and not self.is_refused:
            self.is_refused = True
            transport: Any = self.channel.transport
            transport.write(ANSWER)
            transport.loseWriteConnection()
            asyncio.get_event_loop().call_later(LINGER_TIMEOUT, transport.abortConnection)
