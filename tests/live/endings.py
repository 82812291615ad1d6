"""Assertions on closed sockets and on sockets that still receive frames."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from consumers.hub import hub
from livefeed.live import publishing
from livefeed.models import User
from tests.factories import make_post
from tests.live.conftest import TIMEOUT, Reader

WAKE_UPS = "woken up", "wake-ups lost"


def disable_wake_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables wake-ups: the hub finds committed events by its polling interval."""
    monkeypatch.setattr(publishing, "wake_up", lambda: None)
    monkeypatch.setattr(hub, "POLL_INTERVAL", 0.05)


def cookie_header(reader: Reader) -> str:
    """Returns the Cookie header with which a socket was opened."""
    return dict(reader.socket.scope["headers"])[b"cookie"].decode()


def session_key(reader: Reader) -> str:
    """Returns the key of the session with which a socket was opened."""
    return SimpleCookie(cookie_header(reader))[settings.SESSION_COOKIE_NAME].value


def browser_of(reader: Reader) -> Client:
    """Returns a Django test client in the session of a socket."""
    client = Client()
    client.cookies.load(cookie_header(reader))
    return client


@asynccontextmanager
async def another_tab(reader: Reader, query: str = "") -> AsyncIterator[Reader]:
    """Opens another socket of the same session."""
    tab = await Reader(query, cookie_header(reader)).open()
    try:
        await tab.frames("hello")
        yield tab
    finally:
        await tab.close()


async def end_of(reader: Reader) -> tuple[str, int]:
    """Returns the error code and the close code of a socket, which must receive nothing else before."""
    (frame,) = await reader.frames("error")
    end = await reader.socket.receive_output(TIMEOUT)
    assert end["type"] == "websocket.close"
    return frame["code"], end["code"]


async def assert_receives_next(reader: Reader, author: User) -> None:
    """Asserts that the author's next post is the first frame that a socket receives."""
    post = await sync_to_async(make_post)(author, "Still here.")
    (frame,) = await reader.frames("post.created")
    assert frame["id"] == post.pk
