"""The same events by plain HTTP, for pages whose network lets no WebSocket through."""

import asyncio
from typing import Any

from consumers import metrics
from consumers.base import header_of, query_of
from consumers.connections.admission import ConnectionManager
from consumers.connections.authentication import Handshake, session_key_of
from consumers.connections.authorization import REFUSED, SIGNED_OUT, RefusedError
from consumers.connections.connection import Connection
from consumers.connections.rate_limit import client_ip
from consumers.hub.hub import TICK, Hub
from consumers.protocol import frames
from consumers.protocol.message import Message
from consumers.protocol.transport import Send, Sender

WAIT = frames.HEARTBEAT + 2 * TICK
"""Seconds an answer may take: a heartbeat comes before."""
HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


class Basket(Sender):
    """Keeps what is told until it is taken."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.has_news = asyncio.Event()
        self.close_code: int | None = None

    def write(self, message: Message) -> None:
        """The first one is the hello, which alone is no news."""
        if self.messages or message.count > 1:
            self.has_news.set()
        self.messages.append(message)

    async def close(self, code: int) -> None:
        self.close_code = code
        self.has_news.set()

    @property
    def status(self) -> int:
        """403: do not come back with the same; 503: come back after a while."""
        if self.close_code is None:
            return 200
        return 403 if SIGNED_OUT <= self.close_code <= REFUSED else 503


async def poll(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """Answers `GET /ws/feed/?view=&after=` without an upgrade: what came after the cursor, as a JSON array of the
    socket's frames. Waits for the next event or heartbeat, but not with `wait=0`; an answer holds all that is due."""
    basket, manager = Basket(), Hub.current().connections
    await _fill(basket, manager, scope, receive)
    texts = ",".join(message.text.removeprefix("[").removesuffix("]") for message in basket.messages)
    await send({"type": "http.response.start", "status": basket.status, "headers": HEADERS})
    await send({"type": "http.response.body", "body": f"[{texts}]".encode()})


async def _fill(basket: Basket, manager: ConnectionManager, scope: dict[str, Any], receive: Any) -> None:
    connection: Connection | None = None
    query = query_of(scope)
    try:
        handshake = Handshake(query.get("view"), session_key=session_key_of(header_of(scope, b"cookie")))
        connection = await manager.admit(handshake, query.get("after"), basket, "poll", client_ip(scope))
        if query.get("wait") != "0":
            await _wait(basket, receive)
    except RefusedError as refused:
        metrics.refused.inc()
        basket.write(Message(frames.error(refused.code, str(refused))))
        await basket.close(refused.close_code)
    finally:
        if connection is not None:
            manager.remove(connection)


async def _wait(basket: Basket, receive: Any) -> None:
    """Waits for news, or for the reader to go."""
    news, gone = asyncio.ensure_future(basket.has_news.wait()), asyncio.ensure_future(_until_gone(receive))
    try:
        await asyncio.wait({news, gone}, timeout=WAIT, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (news, gone):
            task.cancel()


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
