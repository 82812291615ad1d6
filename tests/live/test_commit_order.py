"""Positions stand in the order of commits, whatever the writers do to each other."""

import random
import threading
import time

from django.db import connection, transaction
from django.utils import timezone

from livefeed.models import Event, User
from tests.factories import make_cast, make_post

WRITERS = 16
POSTS = {"postgresql": 40, "sqlite": 8}[connection.vendor]  # SQLite flushes each commit to the disk, one by one


def test_a_reader_by_position_misses_nothing_and_nothing_deadlocks(transactional_db):
    """Half of the writers touch a row that all share before their post, half after it, and each lingers before it
    commits. (In full, 20,000 posts, it runs in the benchmarks.)"""
    cast = make_cast()
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for _ in range(POSTS):
                write_one(cast.author, counter=cast.stranger, counter_first=number % 2 == 0)
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    start = Event.objects.head()
    seen: list[int] = []
    for writer in writers:
        writer.start()
    while True:
        finished = not any(writer.is_alive() for writer in writers)
        seen += list(Event.objects.after(seen[-1] if seen else start).values_list("position", flat=True))
        if finished:
            break

    assert failures == []
    assert len(seen) == WRITERS * POSTS
    assert seen == list(Event.objects.after(start).values_list("position", flat=True))
    print(f"{len(seen)} events by {WRITERS} writers: 0 missed, 0 deadlocks")


def write_one(author: User, *, counter: User, counter_first: bool) -> None:
    with transaction.atomic():
        if counter_first:
            touch(counter)
        make_post(author)
        if not counter_first:
            touch(counter)
        if connection.vendor == "postgresql":  # SQLite has one writer at a time: lingering would only make it slow
            time.sleep(random.uniform(0, 0.01))


def touch(counter: User) -> None:
    User.objects.filter(pk=counter.pk).update(last_login=timezone.now())
