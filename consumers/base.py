"""Base of the WebSocket consumers."""

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
from consumers.connections.client_ip import client_ip
from consumers.connections.client_messages import Showing, UnwatchView, WatchView, parse
from consumers.connections.connection import ClientKind, Connection
from consumers.connections.rate_limit import TokenBucket
from consumers.hub.hub import Hub
from consumers.protocol import frames
from consumers.protocol.transport import Send, sender_for

Query = dict[str, str]
BAD_MESSAGE = "Send only messages of the types “showing”, “watch” and “unwatch”, as documented."


class LiveConsumer(AsyncWebsocketConsumer):
    """A socket that receives the events of its views and reports which posts its page shows."""

    # Only the hub uses the channel layer. Consumers have none: with Redis down, sockets still open and stay open.
    channel_layer_alias = "none"
    kind: ClassVar[ClientKind]
    connection: Connection | None = None
    connections: ConnectionManager

    def handshake(self, query: Query) -> Handshake:
        """Returns the credential and view that the client sent. Raises `RefusedError`."""
        raise NotImplementedError

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        """Runs until the socket closes, and removes the connection even if an exception ends it.

        Channels would run a task for each message, to wait for the channel layer at the same time. This consumer has no
        channel.
        """
        self.scope = scope
        self.base_send = send
        try:
            while True:
                await self.dispatch(await receive())
        except StopConsumer:
            pass
        finally:
            if self.connection is not None:
                self.connections.remove(self.connection)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Calls the handler of a message.

        Channels would first close old database connections, in another thread, before each message. This consumer has
        no database connection.
        """
        await getattr(self, get_handler_name(message))(message)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        """Called when the socket has closed."""
        raise StopConsumer

    async def connect(self) -> None:
        """Called when a socket opens. Accepts first: a browser sees a refusal before that as a bare 1006."""
        await self.accept()
        query = query_of(self.scope)
        self.connections = Hub.current().connections
        self.inbound = TokenBucket(settings.LIVEFEED_INBOUND_RATE, settings.LIVEFEED_INBOUND_BURST)
        try:
            sender = sender_for(self.scope, self.base_send)
            handshake = self.handshake(query)
            address = client_ip(self.scope)
            self.connection = await self.connections.admit(handshake, query.get("after"), sender, self.kind, address)
        except RefusedError as refused:
            metrics.refused.inc()
            await self._refuse(refused)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Called for each message. One that is not in `client_messages` closes the socket, as do too many."""
        if not self.inbound.take():
            await self._refuse(RefusedError("too_fast", "That was too much at once. Send messages less often."))
            return
        if self.connection is None:
            return
        match parse(text_data):
            case Showing(ids):
                await self.connections.update_shown(self.connection, ids)
            case WatchView(name, after):
                await self.connections.watch(self.connection, name, after)
            case UnwatchView(name):
                await self.connections.unwatch(self.connection, name)
            case None:
                await self._refuse(RefusedError("bad_message", BAD_MESSAGE))

    async def _refuse(self, reason: RefusedError) -> None:
        if self.connection is not None:
            await self.connections.close(self.connection, reason)
        else:
            await self.send(frames.error(reason.code, str(reason)))
            await self.close(reason.close_code)


def query_of(scope: dict[str, Any]) -> Query:
    """Returns the first value of each parameter in a scope's query string."""
    parameters = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return {name: values[0] for name, values in parameters.items()}


def header_of(scope: dict[str, Any], wanted: bytes) -> str:
    """Returns all values of a header, joined by "; " as cookies are."""
    return b"; ".join(value for name, value in scope["headers"] if name == wanted).decode("latin-1")
