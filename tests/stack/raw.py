"""A WebSocket at the level of bytes: for clients that freeze, read slowly, send garbage, or open by the thousand."""

import asyncio
import json
import os
import socket
from typing import Any, Self

from tests.stack.servers import Site

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
TIMEOUT = 30.0
"""Seconds that a handshake or a message may take."""
HANDSHAKE = (
    "GET /ws/feed/?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class RawSocket:
    """An open socket that reads only when asked to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, site: Site, cookie: str = "", query: str = "view=public", receive_buffer: int = 0) -> Self:
        """Opens a socket; a small `receive_buffer` (bytes) fills soon. Raises `ConnectionError` if refused."""
        plain = socket.socket()
        plain.setblocking(False)
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        async with asyncio.timeout(TIMEOUT):
            await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", site.port))
            streams = await asyncio.open_connection(sock=plain, limit=max(receive_buffer, 2**16))
            raw = cls(*streams)
            request = HANDSHAKE.format(query=query, port=site.port, origin=site.url, cookie=cookie)
            raw._writer.write(request.encode())
            answer = await raw._reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(answer.split(b"\r\n")[0].decode())
        return raw

    async def message(self) -> tuple[int, bytes]:
        """Returns opcode and payload of the next message. Raises `EOFError` at the end, `OSError` if cut off."""
        async with asyncio.timeout(TIMEOUT):
            first, length = await self._reader.readexactly(2)
            if length >= 126:
                length = int.from_bytes(await self._reader.readexactly(2 if length == 126 else 8), "big")
            return first & 15, await self._reader.readexactly(length)

    async def frames(self) -> list[dict[str, Any]]:
        """Returns the frames of the next text message, and answers pings meanwhile. Raises as `message` does."""
        while True:
            opcode, payload = await self.message()
            if opcode == TEXT:
                found = json.loads(payload)
                return found if isinstance(found, list) else [found]
            if opcode == PING:
                self.send(PONG, payload)
            elif opcode == CLOSE:
                raise EOFError(f"closed with {int.from_bytes(payload[:2], 'big')}")

    async def close_code(self) -> int:
        """Reads to the end; returns the close code of the server, 1006 without one."""
        try:
            while True:
                opcode, payload = await self.message()
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big")
        except (EOFError, OSError):
            return 1006

    async def read_some(self, count: int = 2) -> bytes:
        """Reads at most `count` bytes; returns none at the end."""
        try:
            return await self._reader.read(count)
        except OSError:
            return b""

    def send(self, opcode: int, payload: bytes) -> None:
        """Sends one frame."""
        length = len(payload)
        more = 0 if length < 126 else 2 if length < 1 << 16 else 8
        size = {0: length, 2: 126, 8: 127}[more]
        head = bytes([0x80 | opcode, 0x80 | size]) + (length.to_bytes(more, "big") if more else b"")
        mask = os.urandom(4)
        body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
        self._writer.write(head + mask + body)

    def abort(self) -> None:
        """Aborts the connection without a close frame."""
        self._writer.transport.abort()

    async def close(self) -> None:
        """Closes the socket with a close frame."""
        self.send(CLOSE, (1000).to_bytes(2, "big"))
        await self.close_code()
        self._writer.close()
