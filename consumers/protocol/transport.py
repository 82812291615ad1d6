"""Senders: the way from the hub to one client."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from consumers.protocol.message import Message

Send = Callable[[dict[str, Any]], Awaitable[None]]
EXTENSION = "livefeed.wire"
"""Key of the scope's extensions under which a server offers a `Writer` for the socket."""


class Writer(Protocol):
    """A socket that can be written to immediately and reports back pressure (see direct_writer.py)."""

    is_full: bool
    on_drained: Callable[[], None] | None

    def write_at_once(self, data: bytes) -> bool: ...

    def write(self, data: bytes) -> None: ...


class Sender:
    """Sender through ASGI, for any server. Such a server accepts and buffers everything."""

    is_full = False
    """True if the client does not read what was written. Nothing more should be written then."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def write_at_once(self, message: Message) -> bool:
        """Writes a message if that is possible without waiting for others; returns True if it is written."""
        return False

    def write(self, message: Message) -> Awaitable[None] | None:
        """Writes a message. A returned awaitable must be awaited."""
        return self._send({"type": "websocket.send", "text": message.text})

    def when_drained(self, call: Callable[[], None]) -> None:
        """Registers `call`, to be called each time the sender was full and its buffer has become empty."""

    async def close(self, code: int) -> None:
        """Closes the socket."""
        await self._send({"type": "websocket.close", "code": code})


class DirectSender(Sender):
    """Sender to a `Writer`."""

    def __init__(self, send: Send, writer: Writer) -> None:
        super().__init__(send)
        self._writer = writer

    @property
    def is_full(self) -> bool:  # type: ignore[override]  # a constant in the base class
        return self._writer.is_full

    def write_at_once(self, message: Message) -> bool:
        return self._writer.write_at_once(message.encoded)

    def write(self, message: Message) -> None:
        self._writer.write(message.encoded)

    def when_drained(self, call: Callable[[], None]) -> None:
        self._writer.on_drained = call


def sender_for(scope: dict[str, Any], send: Send) -> Sender:
    """Returns a `DirectSender` if the server of a WebSocket scope offers a `Writer`, else a `Sender`."""
    writer = scope.get("extensions", {}).get(EXTENSION)
    return DirectSender(send, writer) if writer else Sender(send)
