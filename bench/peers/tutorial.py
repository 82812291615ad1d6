"""A consumer as in Channels' tutorial: it joins a group, and each post is sent to the group as HTML.

It has less to do than a real site: there are no sign-ins, nothing is saved or rendered from a template, and the layer
has capacity and time enough to drop nothing.
"""

from typing import Any

import django
from django.conf import settings

LAYER = {
    "BACKEND": "channels.layers.InMemoryChannelLayer",
    "CONFIG": {"capacity": 100_000, "expiry": 3_600},  # defaults: 100 and 60 s; messages beyond them are lost
}

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"], CHANNEL_LAYERS={"default": LAYER}, ROOT_URLCONF=__name__, SECRET_KEY="tutorial"
    )
    django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402  # after django.setup()
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

GROUP = "feed"
BYTES = 1_100
"""About the size of a post as Livefeed sends it."""


class FeedConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels comes without types
    """A socket in the group."""

    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()
        await self.send("hello")

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def post_created(self, event: dict[str, Any]) -> None:
        """Called for each message of the group."""
        await self.send(event["html"])


async def posts(request: HttpRequest) -> HttpResponse:
    """Sends a post to all sockets."""
    html = f'<article class="post"><p class="post-body">{request.POST["body"]}</p></article>'
    await get_channel_layer().group_send(GROUP, {"type": "post.created", "html": html.ljust(BYTES, ".")})
    return HttpResponse(html)


urlpatterns = [path("posts/", posts)]
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("ws/feed/", FeedConsumer.as_asgi())])}
)
