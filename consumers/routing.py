"""From a scope to what answers it."""

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
from consumers.server.request_threads import Handler, RequestThreads

requests: Any = RequestThreads(Handler(), settings.LIVEFEED_REQUEST_THREADS)
browser: Any = SameOrigin(FeedConsumer.as_asgi())
polls: Any = poll
router = ProtocolTypeRouter(
    {
        "http": URLRouter([path("ws/feed/", polls), re_path("", requests)]),
        "websocket": URLRouter(
            [
                path("ws/feed/", browser),
                path("ws/events/", EventConsumer.as_asgi()),
                re_path("", WebsocketDenier()),
            ]
        ),
    }
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers one connection. The first of any kind starts the hub: daphne tells no application that it starts."""
    Hub.current()
    await router(scope, receive, send)
