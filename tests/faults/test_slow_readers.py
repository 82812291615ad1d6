"""Readers that freeze or trickle: they cost the others nothing, and the site little; in the end they are closed."""

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
PATIENCE = full_or(4, 55)
"""Seconds that the site has with them (LIVEFEED_SLOW_SECONDS)."""
POSTS, EACH = full_or((900, 150), (900, 50))
"""Posts of 5 KB, more than the kernel keeps for a reader, and how many are written at once."""
TRICKLE = 5.0


@pytest.fixture
def strict_site(transactional_db, tmp_path) -> Iterator[Site]:
    """A site that is soon out of patience."""
    settings = {"LIVEFEED_SLOW_SECONDS": str(PATIENCE), "LIVEFEED_SOCKETS_PER_PERSON": "100"}
    site = Site({**os.environ, "DATABASE_URL": database_url(), **settings}, tmp_path)
    site.start()
    yield site
    site.stop()


def write(person: Person, author: User, count: int) -> float:
    """Posts so many long texts in one go, the last one by HTTP, so that the site is rung; returns when that was."""
    posts = Post.objects.bulk_create([Post(author=author, body="x" * 5_000) for _ in range(count - 1)])
    now = time.monotonic()
    Event.objects.bulk_create(
        Event(kind=Event.Kind.POST_CREATED, subject_id=post.pk, actor_id=author.pk) for post in posts
    )
    assert person.send("/posts/", body="x" * 5_000) == 200
    return now


async def read_all(raw: RawSocket) -> list[float]:
    """Reads every post, and nothing twice; returns when each came."""
    seen: dict[int, float] = {}
    while len(seen) < POSTS:
        for frame in await raw.frames():
            if frame["type"] == "post.created":
                assert frame["id"] not in seen
                seen[frame["id"]] = time.monotonic()
    return list(seen.values())


async def read_on(raw: RawSocket, kinds: set[str]) -> None:
    """Goes on reading, and so answering pings, for ever; notes what kinds of frames come."""
    while True:
        kinds |= {frame["type"] for frame in await raw.frames()}


async def trickle(raw: RawSocket) -> None:
    """Takes two bytes every few seconds."""
    while await raw.read_some():  # noqa: ASYNC110  # it is meant to be slow
        await asyncio.sleep(TRICKLE)


def test_they_hold_up_nobody_and_are_closed(strict_site, cast):
    cookies = people(FROZEN + HEALTHY, cast.author)
    before = memory_mb(strict_site)
    print(asyncio.run(crowd(strict_site, cast.author, cookies, cookie_of(cast.stranger))))
    growth = memory_mb(strict_site) - before
    assert growth <= 100
    print(f"memory grew by {growth:.1f} MB")


async def crowd(site: Site, author: User, cookies: list[str], stranger_cookie: str) -> str:
    """Lets all of them listen while the author writes; returns the figures in a sentence."""
    frozen = [await RawSocket.open(site, cookie, "view=home", 4096) for cookie in cookies[:FROZEN]]
    healthy = [await RawSocket.open(site, cookie, "view=home") for cookie in cookies[FROZEN:]]
    stranger = await RawSocket.open(site, stranger_cookie, "view=home")
    heard: set[str] = set()
    beside = [asyncio.create_task(trickle(raw)) for raw in frozen[::2]]
    beside.append(asyncio.create_task(read_on(stranger, heard)))
    reading = [asyncio.create_task(read_all(raw)) for raw in healthy]
    written, person = [], await asyncio.to_thread(Person, site, author)
    for _ in range(POSTS // EACH):
        written += [await asyncio.to_thread(write, person, author, EACH)] * EACH
        await asyncio.sleep(0.5)  # the pace at which they are written
    came = await asyncio.gather(*reading)
    delays = sorted(at - then for each in came for at, then in zip(each, written, strict=True))
    beside += [asyncio.create_task(read_on(raw, set())) for raw in healthy]
    stalled = time.monotonic()
    await asyncio.to_thread(
        wait_until, lambda: sockets_open(site) == HEALTHY + 1, "the frozen are closed", PATIENCE + 5
    )
    seconds = time.monotonic() - stalled
    for task in beside:
        task.cancel()
    assert heard in ({"hello"}, {"hello", "heartbeat"})
    p99 = delays[len(delays) * 99 // 100]
    return f"{FROZEN} frozen readers closed after {seconds:.0f} s; p99 of {HEALTHY} healthy ones {p99:.2f} s"
