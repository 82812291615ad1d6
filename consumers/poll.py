"""Long poll: delivers the socket's frames over plain HTTP, for pages whose network blocks WebSockets."""

import asyncio
from typing import Any

from consumers import metrics
from consumers.base import header_of, query_of
from consumers.connections.admission import ConnectionManager
from consumers.connections.authentication import Handshake, session_key_of
from consumers.connections.authorization import RefusedError
from consumers.connections.client_ip import client_ip
from consumers.connections.close_codes import REFUSED, SIGNED_OUT
from consumers.connections.connection import Connection
from consumers.hub.hub import POLL_INTERVAL, Hub
from consumers.protocol import frames
from consumers.protocol.message import Message
from consumers.protocol.transport import Send, Sender

POLL_TIMEOUT = frames.HEARTBEAT_INTERVAL + 2 * POLL_INTERVAL
"""Seconds after which a poll is answered even if nothing was delivered; a heartbeat arrives before that."""
HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class BufferedSender(Sender):
    """Collects the messages for the answer to one poll."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.is_answerable = asyncio.Event()
        self.close_code: int | None = None

    def write(self, message: Message) -> None:
        """Adds a message. The hello, which is always first, is no reason to answer if it is alone."""
        if self.messages or message.count > 1:
            self.is_answerable.set()
        self.messages.append(message)

    async def close(self, code: int) -> None:
        self.close_code = code
        self.is_answerable.set()

    @property
    def status(self) -> int:
        """HTTP status of the answer. 403: do not repeat the request. 503: repeat it later."""
        if self.close_code is None:
            return 200
        return 403 if SIGNED_OUT <= self.close_code <= REFUSED else 503

    @property
    def body(self) -> bytes:
        """JSON array of all frames. A message holds one frame, or an array of several."""
        texts = [message.text.removeprefix("[").removesuffix("]") for message in self.messages]
        return f"[{','.join(texts)}]".encode()


async def poll(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """Answers `GET /ws/feed/?view=&after=` without an upgrade: the frames after the cursor, as a JSON array.

    Waits for the next event or heartbeat unless the query has `wait=0`.
    """
    sender = BufferedSender()
    await _collect(sender, Hub.current().connections, scope, receive)
    await send({"type": "http.response.start", "status": sender.status, "headers": HEADERS})
    await send({"type": "http.response.body", "body": sender.body})


async def _collect(sender: BufferedSender, connections: ConnectionManager, scope: dict[str, Any], receive: Any) -> None:
    """Holds a connection open until the poll can be answered."""
    connection: Connection | None = None
    query = query_of(scope)
    try:
        handshake = Handshake(query.get("view"), session_key=session_key_of(header_of(scope, b"cookie")))
        connection = await connections.admit(handshake, query.get("after"), sender, "poll", client_ip(scope))
        if query.get("wait") != "0":
            await _wait(sender, receive)
    except RefusedError as refused:
        metrics.refused.inc()
        sender.write(Message(frames.error(refused.code, str(refused))))
        await sender.close(refused.close_code)
    finally:
        if connection is not None:
            connections.remove(connection)


async def _wait(sender: BufferedSender, receive: Any) -> None:
    """Waits until the poll can be answered, the client disconnects, or POLL_TIMEOUT has passed."""
    answerable = asyncio.ensure_future(sender.is_answerable.wait())
    disconnected = asyncio.ensure_future(_until_disconnected(receive))
    try:
        await asyncio.wait({answerable, disconnected}, timeout=POLL_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (answerable, disconnected):
            task.cancel()


async def _until_disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
