"""A daphne socket that is written to at once, and that says when its reader does not keep up.

Twisted's `transport.write` only remembers what is to be sent; the sending is one more turn of the event loop for each
socket. While the transport holds nothing a prepared frame can go to the operating system straight away: 100,000 to
126,000 deliveries a second instead of 68,000. This touches private parts of Twisted (tests/live/test_wire.py holds them
against the installed version), is not for TLS, and is shut off by LIVEFEED_DIRECT_WRITES=0.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from twisted.internet.tcp import Connection


class DirectWriter:
    """Writes frames to an open WebSocket. As its transport's push producer (Twisted's `IPushProducer`) it is asked to
    pause when 64 KB are waiting that the reader's side does not take, and to resume when nothing waits any more."""

    is_full = False
    on_drained: Callable[[], None] | None = None

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._is_direct = False

    def open(self) -> None:
        """Called when the WebSocket is open. Its transport still has the HTTP channel for a producer."""
        transport = self._protocol.transport
        transport.unregisterProducer()
        transport.registerProducer(self, True)
        self._is_direct = settings.LIVEFEED_DIRECT_WRITES and can_write_directly(transport)

    def write(self, data: bytes) -> None:
        """Writes bytes that hold whole frames; nothing if the socket is no longer open."""
        protocol = self._protocol
        if protocol.state != protocol.STATE_OPEN:
            return
        transport = protocol.transport
        if self._is_direct and not (transport.dataBuffer or transport._tempDataBuffer):
            data = data[write_directly(transport, data) :]
        if data:
            transport.write(data)

    def pauseProducing(self) -> None:
        """Called by Twisted when it holds more than it likes."""
        self.is_full = True

    def resumeProducing(self) -> None:
        """Called by Twisted when it holds nothing any more."""
        self.is_full = False
        if self.on_drained is not None:
            self.on_drained()

    def stopProducing(self) -> None:
        """Called by Twisted when the connection is lost."""
        self.on_drained = None


def can_write_directly(transport: Any) -> bool:
    """Whether it is a plain TCP connection with the buffers that `Wire.write` looks at."""
    plain = isinstance(transport, Connection) and not getattr(transport, "TLS", False)
    return plain and hasattr(transport, "dataBuffer") and hasattr(transport, "_tempDataBuffer")


def write_directly(transport: Any, data: bytes) -> int:
    """Hands bytes to the operating system; returns how many it took. A connection that failed is left to Twisted, which
    finds out at its next reading."""
    try:
        taken: int = transport.socket.send(data)
    except OSError:
        return 0
    return taken
