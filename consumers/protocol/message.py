"""Messages: frames joined and encoded once, however many connections receive them."""

from __future__ import annotations

from functools import cached_property

TEXT_FRAME = 0x81
"""First byte of a complete text frame (RFC 6455, 5.2). Frames sent by servers are not masked."""


class Message:
    """Frames in the order of delivery, written to a socket together: a single frame as it is, several as a JSON array.

    Messages are compared by identity. `and_then` returns the same object for the same frames, so a burst of posts is
    joined and encoded once for each group of connections that receives the same, not once for each connection.
    """

    def __init__(self, *frames: str) -> None:
        self.count = len(frames)
        self._frames = frames
        self._extended: dict[tuple[str, ...], Message] = {}

    def and_then(self, *frames: str) -> Message:
        """Returns the message that has these frames in addition; the same object each time."""
        extended = self._extended.get(frames)
        if extended is None:
            extended = self._extended[frames] = Message(*self._frames, *frames)
        return extended

    @cached_property
    def text(self) -> str:
        """Payload as clients receive it."""
        return self._frames[0] if self.count == 1 else f"[{','.join(self._frames)}]"

    @cached_property
    def encoded(self) -> bytes:
        """The payload as a WebSocket frame, in bytes as sent over the network."""
        payload = self.text.encode()
        return _header(len(payload)) + payload


def _header(length: int) -> bytes:
    """Returns the header of a text frame whose payload has `length` bytes. The length takes 1, 3 or 9 bytes."""
    if length < 126:
        return bytes((TEXT_FRAME, length))
    if length < 1 << 16:
        return bytes((TEXT_FRAME, 126)) + length.to_bytes(2, "big")
    return bytes((TEXT_FRAME, 127)) + length.to_bytes(8, "big")
