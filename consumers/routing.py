"""From a scope to what answers it."""

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.core.asgi import get_asgi_application
from django.urls import path, re_path

from consumers.feed import FeedConsumer
from consumers.hub import Hub
from consumers.origin import SameOrigin

router = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": SameOrigin(URLRouter([path("ws/feed/", FeedConsumer.as_asgi()), re_path("", WebsocketDenier())])),
    }
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers one connection. The first of any kind starts the hub: daphne tells no application that it starts."""
    Hub.current()
    await router(scope, receive, send)
