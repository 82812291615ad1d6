"""The browser's socket."""

import json
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer

from consumers import frames
from consumers.connection import SHOWN_MOST, Connection
from consumers.hub import Hub
from consumers.opening import RefusedError, open_for_session

REFUSED = 3504
"""Close code: do not come back with the same request."""


class FeedConsumer(AsyncWebsocketConsumer):
    """A page's socket: HTML fragments in small JSON frames. It only ever listens to which posts the page shows."""

    # Consumers own no channel in the layer: with Redis down, sockets still open and stay open. The hub alone listens.
    channel_layer_alias = "none"
    hub: Hub
    connection: Connection | None = None

    async def __call__(self, *args: Any) -> None:
        """Runs until the socket closes and leaves nothing behind, whatever raised."""
        try:
            await super().__call__(*args)
        finally:
            self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hands a message to its method. Channels would first close old database connections, in another thread, before
        each message; this consumer has none."""
        await getattr(self, get_handler_name(message))(message)

    async def connect(self) -> None:
        """Called when a socket opens: accepts first, since a refusal before that reaches a browser as a bare 1006."""
        await self.accept()
        query = parse_qs(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        try:
            await self._join(query.get("view", [None])[0], query.get("after", [None])[0])
        except RefusedError as refused:
            await self._refuse(refused)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Called for each message: the ids of the posts that the page shows, and nothing else."""
        shown = _shown_ids(text_data)
        if shown is None:
            await self._refuse(RefusedError("bad_message", "Send nothing but {“type”: “showing”, “ids”: [...]}."))
        elif self.connection is not None:
            await self.hub.show(self.connection, shown)

    async def disconnect(self, code: int) -> None:
        """Called when the socket has closed."""
        self._leave()

    async def _join(self, view: str | None, after: str | None) -> None:
        self.hub = Hub.current()
        opened_at = await self.hub.now() if after is None else 0
        opening = await open_for_session(self._cookies(), view)
        self.connection = Connection(opening.view, opening.viewer, self.base_send, opened_at)
        await self.hub.join(self.connection, after)

    async def _refuse(self, refused: RefusedError) -> None:
        self._leave()
        await self.send(frames.error(refused.code, str(refused)))
        await self.close(REFUSED)

    def _leave(self) -> None:
        if self.connection is not None:
            self.hub.leave(self.connection)

    def _cookies(self) -> str:
        return b"; ".join(value for name, value in self.scope["headers"] if name == b"cookie").decode("latin-1")


def _shown_ids(text: str | None) -> list[int] | None:
    """The ids in a `showing` frame; None if it is anything else."""
    try:
        frame = json.loads(text or "")
    except ValueError:
        return None
    if not isinstance(frame, dict) or frame.get("type") != "showing":
        return None
    ids = frame.get("ids")
    if not isinstance(ids, list) or len(ids) > SHOWN_MOST or not all(type(each) is int for each in ids):
        return None
    return ids
