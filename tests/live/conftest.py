"""Sockets in the test process, without a server: Channels' communicator with the whole application."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from prometheus_client import REGISTRY

from consumers.hub.hub import Hub
from livefeed.models import Event, User
from livefeed.testing.sockets import TIMEOUT, eventually, wait_until_delivered
from livefeed.testing.sockets import SocketReader as Reader
from tests.factories import Cast, cookie_of, make_cast

__all__ = ["TIMEOUT", "Reader", "eventually", "wait_until_delivered"]


def metric(name: str, **labels: str) -> float:
    """Returns a figure of /metrics by its name without `livefeed_`."""
    labels = {"worker": settings.LIVEFEED_WORKER, **labels}
    return REGISTRY.get_sample_value(f"livefeed_{name}", labels) or 0.0


@sync_to_async
def head() -> int:
    return Event.objects.head()


@pytest.fixture
async def hub(transactional_db) -> AsyncIterator[Hub]:
    """The hub of this test's loop, stopped afterwards."""
    hub = Hub.current()
    await hub.wait_until_idle()
    yield hub
    await hub.stop()


@pytest.fixture
async def cast(transactional_db) -> Cast:
    """An author, a follower, and a stranger who must receive nothing."""
    return await sync_to_async(make_cast)()


@pytest.fixture
async def read(hub: Hub) -> AsyncIterator[Callable[..., Any]]:
    """Opens sockets and reads their hello: `await read(user, "view=home")`. They are closed afterwards."""
    readers: list[Reader] = []

    async def open_reader(user: User | None = None, query: str = "", *, hello: bool = True, **options: Any) -> Reader:
        cookie = await sync_to_async(cookie_of)(user) if user else ""
        known = set(hub.subscriptions.connections)
        reader = await Reader(query, cookie, **options).open()
        readers.append(reader)
        if hello:
            await reader.frames("hello")
            await eventually(lambda: hub.subscriptions.connections - known)  # it receives events from now on
        return reader

    yield open_reader
    for reader in readers:
        await reader.close()
