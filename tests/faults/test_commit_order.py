"""Sixteen writers at once: positions stand in the order of commits, whatever the writers do to each other."""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait

from django.db import connection, transaction
from django.utils import timezone

from livefeed.models import Event, User
from tests.factories import make_post
from tests.faults.conftest import full_or, heard_nothing, home_of
from tests.models.at_once import at_once

WRITERS = 16
# SQLite has one writer at a time, which flushes each commit to the disk: it is asked for less.
POSTS_EACH = {"postgresql": full_or(40, 1_250), "sqlite": full_or(8, 80)}[connection.vendor]
POSTS = WRITERS * POSTS_EACH


def test_a_reader_by_position_misses_nothing_and_nothing_deadlocks(cast, crowd):
    """Half of the writers touch a row that all share before their post, half after it, and each lingers before it
    commits."""
    follower, stranger = crowd.open(cast.follower), crowd.open(cast.stranger)
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
    heard_nothing(crowd, stranger, cast)
    print(f"{POSTS} posts by {WRITERS} writers on {connection.vendor}: 0 missed, 0 deadlocks, {rate:.0f} a second")


def write(author: User, *, counter: User) -> None:
    """One writer's posts: now with the counter first, now with the post first."""
    for number in range(POSTS_EACH):
        counter_first = number % 2 == 0
        with transaction.atomic():
            if counter_first:
                touch(counter)
            make_post(author)
            if not counter_first:
                touch(counter)
            if connection.vendor == "postgresql":  # SQLite's only writer would make all the others wait
                time.sleep(random.uniform(0, 0.01))


def touch(counter: User) -> None:
    User.objects.filter(pk=counter.pk).update(last_login=timezone.now())


def read_along(start: int, writing: Future[list[None]]) -> list[int]:
    """What a reader finds who asks a hundred times a second for what stands after the last position it saw."""
    seen: list[int] = []
    finished = False
    while not finished:
        finished = bool(wait([writing], timeout=0.01).done)  # before the last look
        seen += newer(seen[-1] if seen else start)
    return seen


def newer(position: int) -> list[int]:
    """The positions after this one."""
    return list(Event.objects.after(position).values_list("position", flat=True))
