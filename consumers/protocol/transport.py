"""The way out to one reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from consumers.protocol.message import Message

Send = Callable[[dict[str, Any]], Awaitable[None]]
EXTENSION = "livefeed.wire"
"""Where a server that has a `Wire` for a socket puts it among the scope's extensions."""


class Wire(Protocol):
    """A socket that can be written to at once and says when its reader does not keep up (see server.py)."""

    is_full: bool
    on_drained: Callable[[], None] | None

    def write(self, data: bytes) -> None: ...


class Outlet:
    """Writes through ASGI, as any server offers it. Such a server takes everything at once and keeps it."""

    is_full = False
    """Whether the reader does not take what was written; then nothing more should be."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def write(self, message: Message) -> Awaitable[None] | None:
        """Writes a message; what it returns, if anything, must be awaited."""
        return self._send({"type": "websocket.send", "text": message.text})

    def when_drained(self, call: Callable[[], None]) -> None:
        """Lets `call` be called whenever the outlet was full and has become empty."""

    async def close(self, code: int) -> None:
        """Ends the socket."""
        await self._send({"type": "websocket.close", "code": code})


class DirectOutlet(Outlet):
    """Writes to a `Wire`."""

    def __init__(self, send: Send, wire: Wire) -> None:
        super().__init__(send)
        self._wire = wire

    @property
    def is_full(self) -> bool:  # type: ignore[override]  # here it changes
        return self._wire.is_full

    def write(self, message: Message) -> None:
        self._wire.write(message.encoded)

    def when_drained(self, call: Callable[[], None]) -> None:
        self._wire.on_drained = call


def outlet_of(scope: dict[str, Any], send: Send) -> Outlet:
    """The best way out that the server of a WebSocket scope offers."""
    wire = scope.get("extensions", {}).get(EXTENSION)
    return DirectOutlet(send, wire) if wire else Outlet(send)
