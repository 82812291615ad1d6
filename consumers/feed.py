"""WebSocket of browsers."""

from consumers.base import LiveConsumer, Query, header_of
from consumers.connections.authentication import Handshake, session_key_of


class FeedConsumer(LiveConsumer):
    """A page's socket: events with posts as HTML fragments, for the user of the session cookie or a visitor."""

    kind = "browser"

    def handshake(self, query: Query) -> Handshake:
        return Handshake(query.get("view"), session_key=session_key_of(header_of(self.scope, b"cookie")))
