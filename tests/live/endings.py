"""How a socket ends, and who goes on being told."""

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
from tests.live.conftest import PATIENCE, Reader

RINGS = "rung", "rings lost"


def lose_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rings any more; what is committed is found by the tick."""
    monkeypatch.setattr(publishing, "wake_up", lambda: None)
    monkeypatch.setattr(hub, "TICK", 0.05)


def cookie_header(reader: Reader) -> str:
    """The Cookie header that a socket was opened with."""
    return dict(reader.socket.scope["headers"])[b"cookie"].decode()


def session_key(reader: Reader) -> str:
    """The key of the session that a socket was opened with."""
    return SimpleCookie(cookie_header(reader))[settings.SESSION_COOKIE_NAME].value


def browser_of(reader: Reader) -> Client:
    """Django's test client in the same session as a socket."""
    client = Client()
    client.cookies.load(cookie_header(reader))
    return client


@asynccontextmanager
async def another_tab(reader: Reader, query: str = "") -> AsyncIterator[Reader]:
    """One more socket of the same session."""
    tab = await Reader(query, cookie_header(reader)).open()
    try:
        await tab.frames("hello")
        yield tab
    finally:
        await tab.close()


async def end_of(reader: Reader) -> tuple[str, int]:
    """The reason and the close code of a socket that ends next, having been told nothing else."""
    (frame,) = await reader.frames("error")
    end = await reader.socket.receive_output(PATIENCE)
    assert end["type"] == "websocket.close"
    return frame["code"], end["code"]


async def hears_next(reader: Reader, author: User) -> None:
    """A socket that has heard nothing yet is told of the author's next post."""
    post = await sync_to_async(make_post)(author, "Still here.")
    (frame,) = await reader.frames("post.created")
    assert frame["id"] == post.pk
