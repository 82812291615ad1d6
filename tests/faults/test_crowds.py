"""Sockets by the hundred or thousand that reconnect at once, open and close, or send invalid messages."""

import asyncio
import json
import random
import time
from pathlib import Path
from urllib.request import urlopen

from consumers.connections.close_codes import REFUSED
from livefeed.models import Event, Post, User
from tests.factories import cookie_of, make_post
from tests.faults.conftest import full_or, post_many
from tests.stack.raw import BINARY, TEXT, RawSocket
from tests.stack.servers import Site, wait_until

MISSED = 50
STORM, WITHIN = full_or((100, 6.0), (2_000, 6.0))
CHURN, AT_ONCE, GROWTH_MB = full_or((1_200, 40, 9), (20_000, 200, 30))
FLOOD = full_or(40, 1_000)


def sockets_open(site: Site) -> float:
    """Returns the number of open browser sockets, from /metrics."""
    with urlopen(f"{site.url}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('livefeed_sockets{kind="browser"'))


def memory_mb(site: Site) -> float:
    assert site.process is not None
    return int(Path(f"/proc/{site.process.pid}/statm").read_text().split()[1]) * 4096 / 2**20


def people(count: int, author: User) -> list[str]:
    """Returns `count` cookies of users who follow the author, ten for each user."""
    cookies = []
    for number in range(-(-count // 10)):
        person = User.objects.create(username=f"crowd{number}", email=f"crowd{number}@example.org")
        person.follow(author)
        cookies += [cookie_of(person)] * 10
    return cookies[:count]


async def catch_up(site: Site, cookie: str, cursor: int) -> list[int]:
    """Reconnects within a second, as pages do; returns the ids of the missed posts in the order of their frames."""
    await asyncio.sleep(random.uniform(0.25, 1))
    raw = await RawSocket.open(site, cookie, f"view=home&after={cursor}")
    ids: list[int] = []
    while True:
        for frame in await raw.frames():
            if frame["type"] == "heartbeat":
                raw.abort()
                return ids
            ids += [frame["id"]] if frame["type"] == "post.created" else []


def test_a_crowd_that_reconnects_at_once_receives_exactly_the_missed_posts(site, cast):
    cookies = people(STORM, cast.author)
    stranger = cookie_of(cast.stranger)
    cursor = Event.objects.head()
    post_many(cast.author, MISSED)
    expected = list(Post.objects.order_by("pk").values_list("pk", flat=True))

    async def storm() -> list[list[int]]:
        return await asyncio.gather(*(catch_up(site, cookie, cursor) for cookie in [*cookies, stranger]))

    began = time.monotonic()
    *received, by_stranger = asyncio.run(storm())
    seconds = time.monotonic() - began
    assert all(ids == expected for ids in received)
    assert by_stranger == []
    assert seconds <= WITHIN
    print(f"{STORM} sockets that each missed {MISSED} posts: exact after {seconds:.1f} s, no handshake failed")


def test_sockets_that_open_and_close_leave_nothing_behind(site, cast):
    cookies = people(10, cast.author)

    async def open_and_close(some: int) -> None:
        opened = await asyncio.gather(*(RawSocket.open(site, cookies[n % 10], "view=home") for n in range(some)))
        for number, raw in enumerate(opened):
            if number % 2:
                raw.abort()
            else:
                await raw.close()

    def churn(count: int) -> None:
        for _ in range(count // AT_ONCE):
            asyncio.run(open_and_close(AT_ONCE))
        wait_until(lambda: sockets_open(site) == 0, "no socket is left")

    churn(AT_ONCE * 2)
    before = memory_mb(site)
    churn(CHURN)
    growth = memory_mb(site) - before
    assert growth <= GROWTH_MB
    print(f"{CHURN} sockets opened and closed: 0 are left, memory grew by {growth:.1f} MB")


def invalid_messages(number: int) -> tuple[str, list[tuple[int, bytes]], set[int]]:
    """Returns a kind of invalid messages, and the allowed close codes."""
    shown = json.dumps({"type": "showing", "ids": [1]}).encode()
    kinds = [
        ("too long", [(TEXT, b"x" * 5_000)], {1009}),
        ("far too long", [(TEXT, b"x" * 70_000)], {1009, 1006}),
        ("no JSON", [(TEXT, b"{]")], {REFUSED}),
        ("binary", [(BINARY, b"\0\1")], {REFUSED}),
        ("no UTF-8", [(TEXT, b"\xff\xfe")], {1007}),
        ("deeply nested", [(TEXT, b"[" * 4_000)], {REFUSED}),
        ("rapid", [(TEXT, shown)] * 60, {REFUSED}),
        ("a reserved opcode", [(11, b"")], {1002}),
    ]
    return kinds[number % len(kinds)]


def test_an_invalid_message_closes_its_own_socket_and_no_other(site, cast):
    cookies = people(FLOOD, cast.author)
    follower_cookie = cookie_of(cast.follower)
    stranger_cookie = cookie_of(cast.stranger)

    async def talk(number: int) -> None:
        kind, messages, answers = invalid_messages(number)
        raw = await RawSocket.open(site, cookies[number], "view=home")
        for opcode, payload in messages:
            raw.send(opcode, payload)
        assert await raw.close_code() in answers, kind

    async def flood() -> list[int]:
        healthy = await RawSocket.open(site, follower_cookie, "view=home")
        stranger = await RawSocket.open(site, stranger_cookie, "view=home")
        for number in range(0, FLOOD, 100):
            await asyncio.gather(*map(talk, range(number, min(number + 100, FLOOD))))
        post = await asyncio.to_thread(make_post, cast.author, "Still here.")
        await asyncio.to_thread(cast.stranger.follow, cast.author)
        ids = [frame["id"] for frame in await until(healthy, "post.created")]
        assert {frame["type"] for frame in await until(stranger, "reset")} == {"reset"}
        assert ids == [post.pk]
        return ids

    asyncio.run(flood())
    print(f"{FLOOD} sockets that sent invalid messages: only those were closed")


async def until(raw: RawSocket, kind: str) -> list[dict]:
    """Returns the frames up to the first of a kind, without hello and heartbeats."""
    frames: list[dict] = []
    while not any(frame["type"] == kind for frame in frames):
        frames += [frame for frame in await raw.frames() if frame["type"] not in ("hello", "heartbeat")]
    return frames
