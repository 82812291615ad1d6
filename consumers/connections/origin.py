"""Which pages may open a socket: a browser sends its cookies along whichever page asks."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host

Application = Callable[[Any, Any, Any], Awaitable[None]]
DEFAULT_PORTS = {"http": 80, "https": 443}


class SameOrigin:
    """Refuses, before accepting, every socket whose Origin is not this site's own, scheme and port included.

    The site's own origin is LIVEFEED_URL, or the allowed host that the socket itself was opened to. Channels'
    `AllowedHostsOriginValidator` would take http for https and any port.
    """

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        allowed = self.application if is_same_origin(scope) else WebsocketDenier()
        await allowed(scope, receive, send)


def is_same_origin(scope: dict[str, Any]) -> bool:
    """Whether a WebSocket scope has exactly one Origin and it is this site's."""
    headers = [(name, value.decode("latin-1")) for name, value in scope["headers"]]
    origins = [_origin(value) for name, value in headers if name == b"origin"]
    if len(origins) != 1 or origins[0] is None:
        return False
    if origins[0] == _origin(settings.LIVEFEED_URL):
        return True
    host = next((value for name, value in headers if name == b"host"), "")
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    known = validate_host(split_domain_port(host)[0], settings.ALLOWED_HOSTS)
    return known and origins[0] == _origin(f"{scheme}://{host}")


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an origin; None if it is none (`null`, or no text a browser sends)."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
