"""Slow clients: they receive nothing while their buffer is full, and exactly what they missed once it is empty."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection as database

from consumers.connections.authentication import Handshake
from consumers.connections.close_codes import RESTARTING, SIGNED_OUT, TOO_SLOW
from consumers.connections.connection import Connection
from consumers.hub import delivery
from consumers.hub.hub import Hub
from consumers.hub.replay import replay
from consumers.protocol.message import Message
from consumers.protocol.transport import Sender
from livefeed.models import User
from tests.factories import make_post, signed_in
from tests.live.conftest import eventually, head, metric

post_it = sync_to_async(make_post)


class LimitedSender(Sender):
    """Sender whose buffer holds `room` messages until it is drained; None: any number."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.messages: list[Message] = []
        self.close_code: int | None = None
        self._on_drained: Callable[[], None] = lambda: None

    @property
    def is_full(self) -> bool:  # type: ignore[override]  # a constant in the base class
        return self.room == 0

    def write(self, message: Message) -> None:
        assert not self.is_full
        self.messages.append(message)
        if self.room is not None:
            self.room -= 1

    def when_drained(self, call: Callable[[], None]) -> None:
        self._on_drained = call

    async def close(self, code: int) -> None:
        self.close_code = code

    def fill(self) -> None:
        self.room = 0

    def drain(self, room: int | None = None) -> None:
        self.room = room
        self._on_drained()

    def received(self) -> list[dict[str, Any]]:
        """Returns all frames so far, without hello and heartbeats."""
        frames = [json.loads(f"[{message.text.removeprefix('[').removesuffix(']')}]") for message in self.messages]
        return [frame for group in frames for frame in group if frame["type"] not in ("hello", "heartbeat")]

    @property
    def ids(self) -> list[int]:
        return [frame["id"] for frame in self.received()]


@sync_to_async
def session_of(user: User) -> str:
    key = signed_in(user).session.session_key
    assert key
    return key


@pytest.fixture
async def join(hub: Hub):
    """Opens a user's home feed through a `LimitedSender`; returns the connection and the sender."""

    async def join_as(
        user: User, after: int | None = None, room: int | None = None
    ) -> tuple[Connection, LimitedSender]:
        sender = LimitedSender()
        sender.room = room
        handshake = Handshake("home", session_key=await session_of(user))
        return await hub.connections.admit(handshake, None if after is None else str(after), sender), sender

    return join_as


async def make_posts(author: User, number: int) -> list[int]:
    return [(await post_it(author, f"Number {index}.")).pk for index in range(number)]


async def test_a_slow_client_receives_nothing_and_delays_no_other(hub, join, read, cast):
    _, slow = await join(cast.follower)
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)
    slow.fill()

    ids = await make_posts(cast.author, 3)

    assert [frame["id"] for frame in await reader.rest()] == ids
    assert slow.received() == []
    assert metric("slow_readers") == 1
    assert await stranger.rest() == []


async def test_a_drained_client_receives_what_it_missed_and_then_live_events(hub, join, cast):
    connection, slow = await join(cast.follower)
    ids = await make_posts(cast.author, 2)
    await hub.wait_until_idle()
    slow.fill()
    ids += await make_posts(cast.author, 3)
    await hub.wait_until_idle()
    assert slow.ids == ids[:2]

    slow.drain()
    await eventually(lambda: connection.is_live)
    ids += await make_posts(cast.author, 2)
    await hub.wait_until_idle()

    assert slow.ids == ids
    assert metric("slow_readers") == 0


async def test_posts_that_changed_meanwhile_are_replayed_in_their_present_state(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    edited = await post_it(cast.author, "First.")
    deleted = await post_it(cast.author, "Second.")
    deleted_id = deleted.pk
    await hub.wait_until_idle()
    await sync_to_async(edited.edit)(title="", body="Edited.", seen_version=1)
    await sync_to_async(deleted.delete)()
    await hub.wait_until_idle()

    slow.drain()
    await eventually(lambda: connection.is_live)

    frames = [(frame["type"], frame["id"]) for frame in slow.received()]
    assert frames == [("post.created", edited.pk), ("post.deleted", deleted_id)]
    assert "Edited." in slow.received()[0]["html"]


async def test_posts_made_during_a_replay_arrive_once_and_in_order(hub, join, cast, monkeypatch):
    connection, slow = await join(cast.follower)
    slow.fill()
    ids = await make_posts(cast.author, 3)
    await hub.wait_until_idle()
    rounds = iter(range(3))

    async def replay_while_posting(*arguments: Any) -> Message | None:
        missed = await replay(*arguments)
        if next(rounds, None) is not None:
            ids.extend(await make_posts(cast.author, 2))
            await hub.wait_until_idle()
        return missed

    monkeypatch.setattr(delivery, "replay", replay_while_posting)
    slow.drain()
    await eventually(lambda: connection.is_live)
    ids += await make_posts(cast.author, 1)
    await hub.wait_until_idle()

    assert len(ids) == 10
    assert slow.ids == ids


@pytest.mark.parametrize("room", [1, 2])
async def test_a_client_that_is_full_after_each_message_receives_everything_once(hub, join, cast, room):
    connection, slow = await join(cast.follower)
    slow.room = room

    def stream() -> list[int]:
        try:
            return [make_post(cast.author, f"Number {number}.").pk for number in range(30)]
        finally:
            database.close()

    posting = asyncio.create_task(asyncio.to_thread(stream))
    while not posting.done():
        if slow.is_full:
            slow.drain(room)
        await asyncio.sleep(0)
    await hub.wait_until_idle()
    slow.drain()
    await eventually(lambda: connection.is_live)

    assert slow.ids == posting.result()


async def test_a_client_that_is_full_when_it_joins_is_caught_up_after_draining(hub, join, cast):
    start = await head()
    ids = await make_posts(cast.author, 3)
    connection, slow = await join(cast.follower, start, room=1)
    assert (slow.received(), connection.is_live) == ([], False)
    ids += await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    assert slow.received() == []

    slow.drain()
    await eventually(lambda: connection.is_live)
    assert slow.ids == ids


async def test_a_slow_client_receives_no_heartbeat(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    before = len(slow.messages)
    await hub.maintenance.send_heartbeats()
    assert len(slow.messages) == before
    assert not connection.is_live


async def test_a_client_that_is_slow_for_too_long_is_disconnected(hub, join, read, cast, settings):
    settings.LIVEFEED_SLOW_SECONDS = 0
    connection, slow = await join(cast.follower)
    reader = await read(cast.follower)
    before = metric("slow_readers_closed_total")
    slow.fill()
    post = await post_it(cast.author)
    await hub.wait_until_idle()

    await hub.delivery.slow_clients.close_overdue()

    assert slow.close_code == TOO_SLOW
    assert metric("slow_readers_closed_total") == before + 1
    assert metric("slow_readers") == 0
    assert connection not in hub.subscriptions.connections
    (frame,) = await reader.frames("post.created")
    assert frame["id"] == post.pk


async def test_a_client_that_is_slow_for_a_moment_is_not_disconnected(hub, join, cast):
    _, slow = await join(cast.follower)
    slow.fill()
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    await hub.delivery.slow_clients.close_overdue()
    assert slow.close_code is None


async def test_a_disconnected_client_that_drains_later_receives_nothing(hub, join, cast, settings):
    settings.LIVEFEED_SLOW_SECONDS = 0
    connection, slow = await join(cast.follower)
    slow.fill()
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    await hub.delivery.slow_clients.close_overdue()
    slow.drain()
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    assert slow.received() == []
    assert not connection.is_live


async def test_a_slow_client_that_is_signed_out_is_closed_and_never_receives_what_it_missed(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    await sync_to_async(cast.follower.sessions.all().delete)()
    await hub.wait_until_idle()
    await eventually(lambda: slow.close_code)

    slow.drain()
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()

    assert slow.close_code == SIGNED_OUT
    assert slow.received() == []
    assert connection not in hub.subscriptions.connections


async def test_a_slow_client_that_unfollows_receives_a_reset_and_no_post(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    slow.drain()
    await eventually(lambda: connection.is_live)
    assert [frame["type"] for frame in slow.received()] == ["reset"]


async def test_a_client_whose_replay_fails_is_closed_and_may_reconnect(hub, join, cast, monkeypatch, caplog):
    async def fail(*arguments: Any) -> None:
        raise RuntimeError("on purpose")

    connection, slow = await join(cast.follower)
    slow.fill()
    await make_posts(cast.author, 1)
    await hub.wait_until_idle()
    monkeypatch.setattr(delivery, "replay", fail)
    slow.drain()
    await eventually(lambda: slow.close_code)
    assert slow.close_code == RESTARTING
    assert connection not in hub.subscriptions.connections
    assert "could not be caught up" in caplog.text
