"""ASGI routing: maps scopes to consumers, the long poll and Django's request handler."""

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.urls import path, re_path

from consumers.connections.origin import SameOrigin
from consumers.events import EventConsumer
from consumers.feed import FeedConsumer
from consumers.hub.hub import Hub
from consumers.poll import poll
from consumers.server.request_handler import Handler

# Django's types allow only views in `path()`; Channels takes ASGI applications.
requests: Any = Handler(settings.LIVEFEED_REQUEST_THREADS)
browser_sockets: Any = SameOrigin(FeedConsumer.as_asgi())
program_sockets: Any = EventConsumer.as_asgi()
polls: Any = poll

router = ProtocolTypeRouter(
    {
        "http": URLRouter([path("ws/feed/", polls), re_path("", requests)]),
        "websocket": URLRouter(
            [
                path("ws/feed/", browser_sockets),
                path("ws/events/", program_sockets),
                re_path("", WebsocketDenier()),
            ]
        ),
    }
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Serves one request or socket. The first one starts the hub: daphne has no startup event (ASGI lifespan)."""
    Hub.current()
    await router(scope, receive, send)
