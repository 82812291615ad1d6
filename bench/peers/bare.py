"""Upper limit: asyncio without a framework, which only calls `transport.write` with one prepared frame for each socket.

It implements just enough of HTTP and WebSocket to be measured, and has no protection from malicious clients.
"""

import asyncio
import sys
from base64 import b64encode
from hashlib import sha1
from urllib.parse import parse_qs

BACKLOG = 2_048
BYTES = 1_100
"""About the size of a post as Livefeed sends it."""
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT = 0x81

sockets: set[asyncio.Transport] = set()


class Client(asyncio.Protocol):
    """A connection: HTTP requests that create posts, or a WebSocket."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def connection_lost(self, error: Exception | None) -> None:
        sockets.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with received bytes; those of a WebSocket are ignored."""
        if self.transport in sockets:
            return
        self.received += data
        head, end, body = self.received.partition(b"\r\n\r\n")
        headers = parse_headers(head) if end else {}
        if b"sec-websocket-key" in headers:
            self.upgrade(headers[b"sec-websocket-key"])
        elif end and len(body) >= int(headers.get(b"content-length", 0)):
            self.received = b""
            self.post(body)

    def upgrade(self, key: bytes) -> None:
        accept = b64encode(sha1(key + MAGIC).digest())
        lines = b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"
        self.transport.write(b"\r\n".join([*lines, b"Sec-WebSocket-Accept: " + accept, b"", frame(b"hello")]))
        sockets.add(self.transport)

    def post(self, form: bytes) -> None:
        """Sends a post to all sockets."""
        body = parse_qs(form.decode())["body"][0]
        html = f'<article class="post"><p class="post-body">{body}</p></article>'.encode()
        message = frame(html.ljust(BYTES, b"."))
        for transport in sockets:
            transport.write(message)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(html), html))


def parse_headers(head: bytes) -> dict[bytes, bytes]:
    """Returns the headers of a request, their names in lower case."""
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in lines}


def frame(text: bytes) -> bytes:
    """Returns a server's text frame of less than 64 KB."""
    size = bytes([len(text)]) if len(text) < 126 else b"\x7e" + len(text).to_bytes(2)
    return bytes([TEXT]) + size + text


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Client, "127.0.0.1", port, backlog=BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
