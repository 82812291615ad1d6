"""Sixteen concurrent writers: positions are in the order of commits, however the transactions overlap."""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.db import connection, transaction
from django.utils import timezone

from livefeed.models import Event, User
from tests.factories import make_post
from tests.faults.conftest import assert_received_nothing, full_or, home_of
from tests.models.at_once import at_once

WRITERS = 16
# SQLite has one writer at a time, which flushes each commit to the disk: fewer posts.
POSTS_EACH = {"postgresql": full_or(12, 1_250), "sqlite": full_or(8, 80)}[connection.vendor]
POSTS = WRITERS * POSTS_EACH


def test_a_reader_by_position_misses_no_event_and_no_writer_deadlocks(cast, crowd):
    """Half of the posts update a shared row before the post, half after it, and each waits before its commit."""
    follower = crowd.open(cast.follower)
    stranger = crowd.open(cast.stranger)
    start = Event.objects.head()
    began = time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(at_once, lambda: write(cast.author, counter=cast.stranger), WRITERS)
        seen = read_along(start, writing)
    rate = POSTS / (time.monotonic() - began)

    assert writing.exception() is None
    assert len(seen) == POSTS
    assert seen == newer(start)
    crowd.exact(follower, home_of(cast.follower))
    assert follower.duplicates == 0
    assert_received_nothing(crowd, stranger, cast)
    print(f"{POSTS} posts by {WRITERS} writers on {connection.vendor}: 0 missed, 0 deadlocks, {rate:.0f} a second")


def write(author: User, *, counter: User) -> None:
    """Creates one writer's posts, alternately after and before the update of the counter."""
    for number in range(POSTS_EACH):
        counter_first = number % 2 == 0
        with transaction.atomic():
            if counter_first:
                touch(counter)
            make_post(author)
            if not counter_first:
                touch(counter)
            if connection.vendor == "postgresql":  # on SQLite all other writers would wait
                time.sleep(random.uniform(0, 0.01))


def touch(counter: User) -> None:
    User.objects.filter(pk=counter.pk).update(last_login=timezone.now())


def read_along(start: int, writing: Future[list[None]]) -> list[int]:
    """Returns the positions found by a reader that asks every 10 ms for events after the last position it saw."""
    seen: list[int] = []
    finished = False
    while not finished:
        finished = bool(wait([writing], timeout=0.01).done)  # before the last read
        seen += newer(seen[-1] if seen else start)
    return seen


def newer(position: int) -> list[int]:
    """Returns the positions of the events after `position`."""
    return list(Event.objects.after(position).values_list("position", flat=True))
