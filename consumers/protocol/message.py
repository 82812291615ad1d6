"""What is written to sockets, prepared once however many get it."""

from __future__ import annotations

from functools import cached_property

TEXT = 0x81
"""The first byte of a whole text frame (RFC 6455, 5.2). Servers do not mask."""


class Message:
    """Some frames in the order they are told: one alone as it is, several in a JSON array.

    `and_then` gives the same object to all who were told the same before, so a burst of posts is joined and encoded
    once for each group of readers and not once for each reader.
    """

    def __init__(self, *frames: str) -> None:
        self.count = len(frames)
        self._frames = frames
        self._next: dict[tuple[int, ...], Message] = {}

    def and_then(self, *frames: str) -> Message:
        """These frames and more. Frames are told apart by identity: equal ones should be the same object."""
        key = tuple(map(id, frames))
        longer = self._next.get(key)
        if longer is None:
            longer = self._next[key] = Message(*self._frames, *frames)
        return longer

    @cached_property
    def text(self) -> str:
        """As the socket's reader gets it."""
        return self._frames[0] if self.count == 1 else f"[{','.join(self._frames)}]"

    @cached_property
    def encoded(self) -> bytes:
        """The same as a WebSocket frame, bytes as they go over the wire."""
        payload = self.text.encode()
        return _header(len(payload)) + payload


def _header(length: int) -> bytes:
    if length < 126:
        return bytes((TEXT, length))
    if length < 1 << 16:
        return bytes((TEXT, 126)) + length.to_bytes(2, "big")
    return bytes((TEXT, 127)) + length.to_bytes(8, "big")
