"""What every live socket does: opens with a view and a cursor, says what it shows, is told the rest."""

import json
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from consumers import metrics
from consumers.connections.admission import ConnectionManager
from consumers.connections.authentication import Handshake
from consumers.connections.authorization import RefusedError
from consumers.connections.connection import SHOWN_MOST, Connection, ReaderKind
from consumers.connections.rate_limit import TokenBucket, client_ip
from consumers.hub.hub import Hub
from consumers.protocol import frames
from consumers.protocol.transport import Send, sender_for

Query = dict[str, str]


class LiveConsumer(AsyncWebsocketConsumer):
    """A socket of a page or of a program. It listens to nothing but which posts are shown."""

    # Consumers own no channel in the layer: with Redis down, sockets still open and stay open. The hub alone listens.
    channel_layer_alias = "none"
    kind: ClassVar[ReaderKind]
    connection: Connection | None = None
    connections: ConnectionManager

    def handshake(self, query: Query) -> Handshake:
        """What the socket comes with. Raises `RefusedError`."""
        raise NotImplementedError

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Runs until the socket closes and leaves nothing behind, whatever raised. Channels would run a task for each
        message, to wait for its layer at the same time; this consumer has no channel there."""
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            if self.connection is not None:
                self.connections.remove(self.connection)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hands a message to its method. Channels would first close old database connections, in another thread, before
        each message; this consumer has none."""
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Called when the socket has closed."""
        raise StopConsumer

    async def connect(self) -> None:
        """Called when a socket opens: accepts first, since a refusal before that reaches a browser as a bare 1006."""
        await self.accept()
        query = query_of(self.scope)
        self.connections = Hub.current().connections
        self.inbound = TokenBucket(settings.LIVEFEED_INBOUND_RATE, settings.LIVEFEED_INBOUND_BURST)
        try:
            sender = sender_for(self.scope, self.base_send)
            handshake, address = self.handshake(query), client_ip(self.scope)
            self.connection = await self.connections.admit(handshake, query.get("after"), sender, self.kind, address)
        except RefusedError as refused:
            metrics.refused.inc()
            await self._refuse(refused)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Called for each message: the ids of the posts that the page shows, and nothing else."""
        shown = _shown_ids(text_data)
        if not self.inbound.take():
            await self._refuse(RefusedError("too_fast", "That was too much at once. Say less often what you show."))
        elif shown is None:
            await self._refuse(RefusedError("bad_message", "Send nothing but {“type”: “showing”, “ids”: [...]}."))
        elif self.connection is not None:
            await self.connections.update_shown(self.connection, shown)

    async def _refuse(self, why: RefusedError) -> None:
        if self.connection is not None:
            await self.connections.close(self.connection, why)
        else:
            await self.send(frames.error(why.code, str(why)))
            await self.close(why.close_code)


def query_of(scope: dict[str, Any]) -> Query:
    """The first value of each field in a scope's query string."""
    fields = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return {name: values[0] for name, values in fields.items()}


def header_of(scope: dict[str, Any], wanted: bytes) -> str:
    """A header's values, joined as cookies are."""
    return b"; ".join(value for name, value in scope["headers"] if name == wanted).decode("latin-1")


def _shown_ids(text: str | None) -> list[int] | None:
    """The ids in a `showing` frame; None if it is anything else."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or frame.get("type") != "showing":
        return None
    ids = frame.get("ids")
    if not isinstance(ids, list) or len(ids) > SHOWN_MOST or not all(type(each) is int for each in ids):
        return None
    return ids
