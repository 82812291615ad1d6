"""Clients that freeze or read slowly: they delay no others, cost little memory, and are closed in the end."""

import asyncio
import os
import time
from collections.abc import Iterator

import pytest

from livefeed.models import Event, Post, User
from tests.conftest import database_url
from tests.factories import cookie_of
from tests.faults.conftest import full_or
from tests.faults.test_crowds import memory_mb, people, sockets_open
from tests.stack.people import Person
from tests.stack.raw import RawSocket
from tests.stack.servers import Site, wait_until

FROZEN, HEALTHY = full_or((12, 20), (100, 200))
SLOW_SECONDS = full_or(4, 55)
"""Seconds after which they are closed (LIVEFEED_SLOW_SECONDS)."""
POSTS, EACH = full_or((900, 150), (900, 50))
"""Posts of 5 KB, more than the kernel buffers for a client, and posts written at once."""
SLOW_READ_INTERVAL = 5.0
"""Seconds between two reads of a slow client."""


@pytest.fixture
def strict_site(transactional_db, tmp_path) -> Iterator[Site]:
    """A site that closes slow clients soon."""
    settings = {"LIVEFEED_SLOW_SECONDS": str(SLOW_SECONDS), "LIVEFEED_SOCKETS_PER_PERSON": "100"}
    site = Site({**os.environ, "DATABASE_URL": database_url(), **settings}, tmp_path)
    site.start()
    yield site
    site.stop()


def write(person: Person, author: User, count: int) -> float:
    """Creates `count` long posts at once, the last one by HTTP, which wakes the hub; returns the time."""
    posts = Post.objects.silently().bulk_create([Post(author=author, body="x" * 5_000) for _ in range(count - 1)])
    now = time.monotonic()
    topics = f" author:{author.pk} "
    Event.objects.bulk_create(
        Event(kind="post.created", subject_id=post.pk, actor_id=author.pk, topics=topics) for post in posts
    )
    assert person.send("/posts/", body="x" * 5_000) == 200
    return now


async def read_all(raw: RawSocket, seen: dict[int, float]) -> None:
    """Reads every post, each once, into `seen`: the time of each by its id."""
    while len(seen) < POSTS:
        for frame in await raw.frames():
            if frame["type"] == "post.created":
                assert frame["id"] not in seen
                seen[frame["id"]] = time.monotonic()


async def read_forever(raw: RawSocket, kinds: set[str]) -> None:
    """Reads, and so answers pings, until cancelled; collects the kinds of frames."""
    while True:
        kinds |= {frame["type"] for frame in await raw.frames()}


async def read_slowly(raw: RawSocket) -> None:
    """Reads two bytes every SLOW_READ_INTERVAL."""
    while await raw.read_some():  # noqa: ASYNC110  # slow on purpose
        await asyncio.sleep(SLOW_READ_INTERVAL)


def test_slow_readers_delay_no_others_and_are_closed(strict_site, cast):
    cookies = people(FROZEN + HEALTHY, cast.author)
    before = memory_mb(strict_site)
    print(asyncio.run(crowd(strict_site, cast.author, cookies, cookie_of(cast.stranger))))
    growth = memory_mb(strict_site) - before
    assert growth <= 100
    print(f"memory grew by {growth:.1f} MB")


async def crowd(site: Site, author: User, cookies: list[str], stranger_cookie: str) -> str:
    """Reads with all clients while the author posts; returns the figures in a sentence."""
    frozen = [await RawSocket.open(site, cookie, "view=home", 4096) for cookie in cookies[:FROZEN]]
    healthy = [await RawSocket.open(site, cookie, "view=home") for cookie in cookies[FROZEN:]]
    stranger = await RawSocket.open(site, stranger_cookie, "view=home")
    by_stranger: set[str] = set()
    background = [asyncio.create_task(read_slowly(raw)) for raw in frozen[::2]]
    background.append(asyncio.create_task(read_forever(stranger, by_stranger)))
    received: list[dict[int, float]] = [{} for _ in healthy]
    reading = [asyncio.create_task(read_all(raw, seen)) for raw, seen in zip(healthy, received, strict=True)]
    written: list[float] = []
    person = await asyncio.to_thread(Person, site, author)

    def is_batch_read() -> bool:
        has_failed = any(task.done() for task in reading) and len(written) < POSTS
        return has_failed or all(len(seen) >= len(written) for seen in received)

    for _ in range(POSTS // EACH):
        written += [await asyncio.to_thread(write, person, author, EACH)] * EACH
        await asyncio.to_thread(wait_until, is_batch_read, "the posts are read")
    await asyncio.gather(*reading)
    delays = sorted(at - then for seen in received for at, then in zip(seen.values(), written, strict=True))
    background += [asyncio.create_task(read_forever(raw, set())) for raw in healthy]
    stalled = time.monotonic()
    await asyncio.to_thread(
        wait_until, lambda: sockets_open(site) == HEALTHY + 1, "the frozen are closed", SLOW_SECONDS + 5
    )
    seconds = time.monotonic() - stalled
    for task in background:
        task.cancel()
    assert by_stranger in ({"hello"}, {"hello", "heartbeat"})
    p99 = delays[len(delays) * 99 // 100]
    return f"{FROZEN} frozen readers closed after {seconds:.0f} s; p99 of {HEALTHY} healthy ones {p99:.2f} s"
