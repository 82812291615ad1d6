"""The way out to one reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from consumers.protocol.message import Message

Send = Callable[[dict[str, Any]], Awaitable[None]]
EXTENSION = "livefeed.wire"
"""Where a server that has a `Writer` for a socket puts it among the scope's extensions."""


class Writer(Protocol):
    """A socket that can be written to at once and says when its reader does not keep up (see server.py)."""

    is_full: bool
    on_drained: Callable[[], None] | None

    def write(self, data: bytes) -> None: ...


class Sender:
    """Writes through ASGI, as any server offers it. Such a server takes everything at once and keeps it."""

    is_full = False
    """Whether the reader does not take what was written; then nothing more should be."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def write(self, message: Message) -> Awaitable[None] | None:
        """Writes a message; what it returns, if anything, must be awaited."""
        return self._send({"type": "websocket.send", "text": message.text})

    def when_drained(self, call: Callable[[], None]) -> None:
        """Lets `call` be called whenever the sender was full and has become empty."""

    async def close(self, code: int) -> None:
        """Ends the socket."""
        await self._send({"type": "websocket.close", "code": code})


class DirectSender(Sender):
    """Writes to a `Writer`."""

    def __init__(self, send: Send, wire: Writer) -> None:
        super().__init__(send)
        self._writer = wire

    @property
    def is_full(self) -> bool:  # type: ignore[override]  # here it changes
        return self._writer.is_full

    def write(self, message: Message) -> None:
        self._writer.write(message.encoded)

    def when_drained(self, call: Callable[[], None]) -> None:
        self._writer.on_drained = call


def sender_for(scope: dict[str, Any], send: Send) -> Sender:
    """The best way out that the server of a WebSocket scope offers."""
    wire = scope.get("extensions", {}).get(EXTENSION)
    return DirectSender(send, wire) if wire else Sender(send)
