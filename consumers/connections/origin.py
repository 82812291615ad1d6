"""Origin check of browser sockets: a browser sends its cookies along with a WebSocket request of any page."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[Any, Any, Any], Awaitable[None]]
DEFAULT_PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """An origin as RFC 6454 defines it."""

    scheme: str
    host: str
    port: int


class SameOrigin:
    """Denies the handshake of every socket whose Origin header is not this site's own origin, scheme and port included.

    The site's own origins are LIVEFEED_URL and the allowed host that the socket itself was opened to.
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
    origins = [_parse_origin(value) for name, value in headers if name == b"origin"]
    if len(origins) != 1 or origins[0] is None:
        return False
    if origins[0] == _parse_origin(settings.LIVEFEED_URL):
        return True
    host = next((value for name, value in headers if name == b"host"), "")
    if not validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS):
        return False
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    return origins[0] == _parse_origin(f"{scheme}://{host}")


def _parse_origin(url: str) -> Origin | None:
    """Returns the origin of a URL; None if it has none (`null`, or text that no browser sends)."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return Origin(parts.scheme, parts.hostname, port) if parts.hostname else None
