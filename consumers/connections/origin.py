"""Origin check of browser sockets: a browser sends its cookies along with a WebSocket request of any page."""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.security.websocket import WebsocketDenier

from livefeed.origins import is_own_origin

Application = Callable[[Any, Any, Any], Awaitable[None]]


class SameOrigin:
    """Denies the handshake of every socket whose Origin header is not this site's own origin, scheme and port included.

    `livefeed.origins` says which origins these are.
    """

    # Channels' `OriginValidator` does not fit. It compares with a list that is fixed when the process starts, so it
    # cannot accept the host of each request; of several Origin headers it takes the last, where the handshake must
    # be denied; and a port that is no number raises ValueError. `AllowedHostsOriginValidator` ignores scheme and port.

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        application = self.application if is_same_origin(scope) else WebsocketDenier()
        await application(scope, receive, send)


def is_same_origin(scope: dict[str, Any]) -> bool:
    """True if a WebSocket scope has exactly one Origin header and it names this site."""
    headers = [(name, value.decode("latin-1")) for name, value in scope["headers"]]
    origins = [value for name, value in headers if name == b"origin"]
    if len(origins) != 1:
        return False
    host = next((value for name, value in headers if name == b"host"), "")
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    return is_own_origin(origins[0], scheme, host)
