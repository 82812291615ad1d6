"""Immediate writes to a daphne socket, with notification when the client does not keep up.

Twisted's `transport.write` only queues the data; sending it takes one more turn of the event loop for each socket.
While the transport has nothing to send, a prepared frame can be passed to the operating system immediately: 100,000 to
126,000 deliveries a second instead of 68,000. tests/live/test_direct_writer.py checks against the installed version of
Twisted that the transport starts and stops writing as is assumed here. Direct writes are not used with TLS, and
LIVEFEED_DIRECT_WRITES=0 disables them.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from twisted.internet.tcp import Server


class DirectTransport(Server):
    """TCP connection that keeps its `DirectWriter` informed whether data is waiting to be sent."""

    is_writing = False
    """True while data is waiting in Twisted's buffers."""
    writer: "DirectWriter | None" = None

    def startWriting(self) -> None:
        """Called by Twisted when data is put into an empty buffer."""
        super().startWriting()  # type: ignore[no-untyped-call]  # Twisted leaves it untyped
        self._set_writing(True)

    def stopWriting(self) -> None:
        """Called by Twisted when all data has been sent, or the connection is lost."""
        super().stopWriting()  # type: ignore[no-untyped-call]
        self._set_writing(False)

    def _set_writing(self, is_writing: bool) -> None:
        self.is_writing = is_writing
        if self.writer is not None:
            self.writer.must_wait = is_writing


class DirectWriter:
    """Writer of frames to an open WebSocket.

    It is registered as the transport's push producer (Twisted's `IPushProducer`): Twisted calls `pauseProducing` when
    more than 64 KB are buffered for a slow client, and `resumeProducing` when the buffer is empty.

    It holds all that a write needs. The dictionaries of protocol and transport are too large to stay in the processor's
    cache: with look-ups in them, the last of 1,000 sockets has a post 2 ms later.
    """

    __slots__ = ("_socket", "_transport", "is_full", "is_open", "must_wait", "on_drained")

    def __init__(self) -> None:
        self.is_open = False
        self.is_full = False
        """True from `pauseProducing` until `resumeProducing`."""
        self.must_wait = True
        """True if frames must go through Twisted's buffers: data waits there, or direct writes are not possible."""
        self.on_drained: Callable[[], None] | None = None
        self._transport: Any = None
        self._socket: Any = None

    def open(self, transport: Any) -> None:
        """Called when the WebSocket is open. Replaces the HTTP channel, which is still the transport's producer."""
        self._transport = transport
        self._socket = transport.socket
        if settings.LIVEFEED_DIRECT_WRITES and isinstance(transport, DirectTransport) and not transport.TLS:
            transport.writer = self
            self.must_wait = transport.is_writing
        self.is_open = True
        transport.unregisterProducer()
        transport.registerProducer(self, True)  # calls `stopProducing` if the connection is lost already

    def close(self) -> None:
        """Called when the WebSocket begins to close: no frame may follow its close frame."""
        self.is_open = False

    def write_at_once(self, data: bytes) -> bool:
        """Writes bytes that consist of complete frames, unless other data waits or the socket is no longer open.
        Returns True if they are written. What the operating system does not accept is buffered."""
        if self.must_wait or not self.is_open:
            return False
        try:
            accepted = self._socket.send(data)
        except OSError:  # Twisted detects a failed connection at its next read
            accepted = 0
        if accepted < len(data):
            self._transport.write(data[accepted:])
        return True

    def write(self, data: bytes) -> None:
        """Writes bytes that consist of complete frames. Does nothing if the socket is no longer open."""
        if self.is_open and not self.write_at_once(data):
            self._transport.write(data)

    def pauseProducing(self) -> None:
        """Called by Twisted when its buffer exceeds 64 KB."""
        self.is_full = True

    def resumeProducing(self) -> None:
        """Called by Twisted when its buffer is empty again."""
        self.is_full = False
        if self.on_drained is not None:
            self.on_drained()

    def stopProducing(self) -> None:
        """Called by Twisted when the connection is lost. Drops all references, so that the memory is freed without the
        garbage collector: transport and writer refer to each other."""
        self.close()
        self.on_drained = None
        self._transport.writer = None
        self._transport = None
        self._socket = None
