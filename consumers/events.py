"""The program's socket."""

from consumers.base import LiveConsumer, Query, header_of
from consumers.connections.authentication import Handshake
from consumers.connections.authorization import bad_token


class EventConsumer(LiveConsumer):
    """A program's socket: the same events with posts as JSON, for whoever the token belongs to. A browser never sends a
    token by itself, so any origin will do."""

    kind = "program"

    def handshake(self, query: Query) -> Handshake:
        scheme, _, token = header_of(self.scope, b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise bad_token()
        return Handshake(query.get("view"), token=token.strip())
