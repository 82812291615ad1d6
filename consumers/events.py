"""WebSocket of programs."""

from consumers.base import LiveConsumer, Query, header_of
from consumers.connections.authentication import Handshake
from consumers.connections.authorization import bad_token


class EventConsumer(LiveConsumer):
    """A program's socket: events with posts as JSON, for the user to whom the token belongs.

    Any origin is accepted: a browser never sends a token by itself.
    """

    kind = "program"

    def handshake(self, query: Query) -> Handshake:
        scheme, _, token = header_of(self.scope, b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise bad_token()
        return Handshake(query.get("view"), token=token.strip())
