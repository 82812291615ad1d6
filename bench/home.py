"""The home feed of somebody who follows 200 people: time in the database, time of the whole page, queries.

Run by `bench.inside`, in a database of its own; the page is asked for in this process, without a server between.
"""

import json
import time
from datetime import timedelta
from random import Random
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from django.core.management import call_command
from django.db import connections
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from django.test import Client
from django.utils import timezone

from bench.people import make_follows, make_people
from livefeed.models import Post, User

AUTHORS, FOLLOWED = 5_000, 200
PAGES = 100
"""How many are measured, after WARM_UP."""
WARM_UP = 10
BATCH = 20_000
"""Posts written at once."""


class Stopwatch:
    """Seconds that passed in `with` blocks, and how many queries were asked."""

    def __init__(self) -> None:
        self.queries = 0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.seconds += time.perf_counter() - self._began


class TimedCursor(SQLiteCursorWrapper):
    """Times everything: SQLite does part of its work only as rows are fetched."""

    stopwatch = Stopwatch()

    def execute(self, query: str, params: Any = None) -> Any:
        self.stopwatch.queries += 1
        with self.stopwatch:
            return super().execute(query, params)

    def fetchone(self) -> Any:
        with self.stopwatch:
            return super().fetchone()

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        with self.stopwatch:
            return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        with self.stopwatch:
            return super().fetchall()


def main(posts: str) -> None:
    """Prints the figures, in ms, as JSON."""
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    reader, *authors = make_people(AUTHORS + 1)
    make_follows((reader, author) for author in authors[:FOLLOWED])
    write(int(posts), authors)
    print(json.dumps(measure(reader)))


def write(count: int, authors: list[User]) -> None:
    """Makes `count` posts, a second apart, each by anybody: the same ones in every run."""
    who = Random(1)
    began = timezone.now() - timedelta(seconds=count)
    for first in range(0, count, BATCH):
        Post.objects.bulk_create(
            Post(
                author=who.choice(authors),
                body=f"Post {n}. The kettle is on, and whoever is near is welcome.",
                created_at=began + timedelta(seconds=n),
            )
            for n in range(first, min(first + BATCH, count))
        )


def measure(reader: User) -> dict[str, float]:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(reader)
    connection = connections["default"]
    with patch.object(connection, "create_cursor", lambda name=None: connection.connection.cursor(factory=TimedCursor)):
        pages = [measured_page(client) for _ in range(WARM_UP + PAGES)][WARM_UP:]
    queries, database, whole = (sorted(column) for column in zip(*pages, strict=True))
    return {
        "database, p50 ms": percentile(database, 50),
        "database, p95 ms": percentile(database, 95),
        "whole page, p50 ms": percentile(whole, 50),
        "whole page, p95 ms": percentile(whole, 95),
        "queries": queries[-1],
    }


def measured_page(client: Client) -> tuple[float, float, float]:
    """Queries, ms in the database, ms altogether."""
    TimedCursor.stopwatch = stopwatch = Stopwatch()
    began = time.perf_counter()
    response = client.get("/")
    whole = time.perf_counter() - began
    if response.status_code != 200 or response.content.count(b"<article") != 20:
        raise RuntimeError(f"The home feed answered {response.status_code} without its 20 posts.")
    return stopwatch.queries, 1_000 * stopwatch.seconds, 1_000 * whole


def percentile(ordered: list[float], percent: int) -> float:
    """The nearest-rank percentile."""
    return ordered[-(-len(ordered) * percent // 100) - 1]
