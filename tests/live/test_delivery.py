"""Readers who do not take what is sent: told nothing while they are full, exact when they have drained."""

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


class Valve(Sender):
    """Takes `room` messages until it is drained; None: any number."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.messages: list[Message] = []
        self.close_code: int | None = None
        self._on_drained: Callable[[], None] = lambda: None

    @property
    def is_full(self) -> bool:  # type: ignore[override]  # here it changes
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

    def told(self) -> list[dict[str, Any]]:
        """Every frame so far, hello and heartbeats left out."""
        frames = [json.loads(f"[{message.text.removeprefix('[').removesuffix(']')}]") for message in self.messages]
        return [frame for some in frames for frame in some if frame["type"] not in ("hello", "heartbeat")]

    @property
    def ids(self) -> list[int]:
        return [frame["id"] for frame in self.told()]


@sync_to_async
def session_of(user: User) -> str:
    key = signed_in(user).session.session_key
    assert key
    return key


@pytest.fixture
async def join(hub: Hub):
    """Lets somebody's home in through a `Valve`: the connection and its valve."""

    async def join_as(user: User, after: int | None = None, room: int | None = None) -> tuple[Connection, Valve]:
        valve = Valve()
        valve.room = room
        handshake = Handshake("home", session_key=await session_of(user))
        return await hub.connections.admit(handshake, None if after is None else str(after), valve), valve

    return join_as


async def post_some(author: User, number: int) -> list[int]:
    return [(await post_it(author, f"Number {each}.")).pk for each in range(number)]


async def test_a_full_reader_is_told_nothing_and_holds_nobody_up(hub, join, read, cast):
    _, slow = await join(cast.follower)
    reader, stranger = await read(cast.follower), await read(cast.stranger)
    slow.fill()

    ids = await post_some(cast.author, 3)

    assert [frame["id"] for frame in await reader.rest()] == ids
    assert slow.told() == []
    assert metric("slow_readers") == 1
    assert await stranger.rest() == []


async def test_who_has_drained_is_caught_up_exactly_and_told_what_comes(hub, join, cast):
    connection, slow = await join(cast.follower)
    ids = await post_some(cast.author, 2)
    await hub.now()
    slow.fill()
    ids += await post_some(cast.author, 3)
    await hub.now()
    assert slow.ids == ids[:2]

    slow.drain()
    await eventually(lambda: connection.is_live)
    ids += await post_some(cast.author, 2)
    await hub.now()

    assert slow.ids == ids
    assert metric("slow_readers") == 0


async def test_what_changed_while_it_was_full_is_told_as_it_is_now(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    edited, deleted = await post_it(cast.author, "First."), await post_it(cast.author, "Second.")
    deleted_id = deleted.pk
    await hub.now()
    await sync_to_async(edited.edit)(title="", body="Edited.", seen_version=1)
    await sync_to_async(deleted.delete)()
    await hub.now()

    slow.drain()
    await eventually(lambda: connection.is_live)

    told = [(frame["type"], frame["id"]) for frame in slow.told()]
    assert told == [("post.created", edited.pk), ("post.deleted", deleted_id)]
    assert "Edited." in slow.told()[0]["html"]


async def test_posts_that_come_during_the_catching_up_are_told_once_in_their_place(hub, join, cast, monkeypatch):
    connection, slow = await join(cast.follower)
    slow.fill()
    ids = await post_some(cast.author, 3)
    await hub.now()
    rounds = iter(range(3))

    async def replay_while_posts_come(*arguments: Any) -> Message | None:
        missed = await replay(*arguments)
        if next(rounds, None) is not None:
            ids.extend(await post_some(cast.author, 2))
            await hub.now()
        return missed

    monkeypatch.setattr(delivery, "replay", replay_while_posts_come)
    slow.drain()
    await eventually(lambda: connection.is_live)
    ids += await post_some(cast.author, 1)
    await hub.now()

    assert len(ids) == 10
    assert slow.ids == ids


@pytest.mark.parametrize("room", [1, 2])
async def test_a_reader_who_is_full_again_after_each_message_is_told_all_exactly(hub, join, cast, room):
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
    await hub.now()
    slow.drain()
    await eventually(lambda: connection.is_live)

    assert slow.ids == posting.result()


async def test_a_reader_who_is_full_when_it_comes_is_caught_up_when_it_has_drained(hub, join, cast):
    start = await head()
    ids = await post_some(cast.author, 3)
    connection, slow = await join(cast.follower, start, room=1)
    assert (slow.told(), connection.is_live) == ([], False)
    ids += await post_some(cast.author, 1)
    await hub.now()
    assert slow.told() == []

    slow.drain()
    await eventually(lambda: connection.is_live)
    assert slow.ids == ids


async def test_a_full_reader_gets_no_heartbeat_and_stays_where_it_stood(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    before = len(slow.messages)
    await hub.maintenance.beat()
    assert len(slow.messages) == before
    assert not connection.is_live


async def test_a_reader_who_takes_nothing_for_too_long_is_closed(hub, join, read, cast, settings):
    settings.LIVEFEED_SLOW_SECONDS = 0
    connection, slow = await join(cast.follower)
    reader, before = await read(cast.follower), metric("slow_readers_closed_total")
    slow.fill()
    post = await post_it(cast.author)
    await hub.now()

    await hub.delivery.close_the_slowest()

    assert slow.close_code == TOO_SLOW
    assert metric("slow_readers_closed_total") == before + 1
    assert metric("slow_readers") == 0
    assert connection not in hub.subscriptions.connections
    (frame,) = await reader.frames("post.created")
    assert frame["id"] == post.pk


async def test_a_reader_who_is_slow_for_a_moment_is_not_closed(hub, join, cast):
    _, slow = await join(cast.follower)
    slow.fill()
    await post_some(cast.author, 1)
    await hub.now()
    await hub.delivery.close_the_slowest()
    assert slow.close_code is None


async def test_a_closed_reader_that_drains_after_all_is_told_nothing(hub, join, cast, settings):
    settings.LIVEFEED_SLOW_SECONDS = 0
    connection, slow = await join(cast.follower)
    slow.fill()
    await post_some(cast.author, 1)
    await hub.now()
    await hub.delivery.close_the_slowest()
    slow.drain()
    await post_some(cast.author, 1)
    await hub.now()
    assert slow.told() == []
    assert not connection.is_live


async def test_a_full_reader_whose_right_ends_is_closed_and_never_told_what_waited(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    await post_some(cast.author, 1)
    await hub.now()
    await sync_to_async(cast.follower.sessions.all().delete)()
    await hub.now()
    await eventually(lambda: slow.close_code)

    slow.drain()
    await post_some(cast.author, 1)
    await hub.now()

    assert slow.close_code == SIGNED_OUT
    assert slow.told() == []
    assert connection not in hub.subscriptions.connections


async def test_a_full_reader_who_unfollows_reads_anew_and_is_told_no_post(hub, join, cast):
    connection, slow = await join(cast.follower)
    slow.fill()
    await post_some(cast.author, 1)
    await hub.now()
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await post_some(cast.author, 1)
    await hub.now()
    slow.drain()
    await eventually(lambda: connection.is_live)
    assert [frame["type"] for frame in slow.told()] == ["reset"]


async def test_a_catching_up_that_fails_closes_the_reader_to_come_back(hub, join, cast, monkeypatch, caplog):
    async def fail(*arguments: Any) -> None:
        raise RuntimeError("on purpose")

    connection, slow = await join(cast.follower)
    slow.fill()
    await post_some(cast.author, 1)
    await hub.now()
    monkeypatch.setattr(delivery, "replay", fail)
    slow.drain()
    await eventually(lambda: slow.close_code)
    assert slow.close_code == RESTARTING
    assert connection not in hub.subscriptions.connections
    assert "could not be caught up" in caplog.text
