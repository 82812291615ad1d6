"""Reading home and tag pages in a place of many posts: time in the database, time of the whole page, queries.

Run by `bench.inside`, in a database of its own; the pages are asked for in this process, without a server between.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from random import Random

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.people import make_follows, make_people
from bench.stopwatch import percentile, spent, timed_queries
from livefeed.demo.bulk import YEAR, Crowd, seed
from livefeed.demo.conversation import TAGS
from livefeed.models import Post, Tagging, User

PAGES, WARM_UP = 100, 10
"""How many are measured of each kind, and how many come before."""
DEEP = 50
"""The number of the page far down; where there are fewer, the last one is measured."""
PROLIFIC = 20
"""How many of those whom the busy reader follows write much."""
COMMON, RARE = TAGS[0], "rare"
"""The tag most used, and one that three posts bear."""
BATCH = 20_000
"""Posts written at once."""
OLDER = re.compile(rb'<a class="older" href="([^"]+)"')


@dataclass(frozen=True)
class Cast:
    """Who `busy`ly follows many, some `prolific`; who is faithful to the `silent` one; who follows nobody; anybody."""

    prolific: list[User]
    silent: User
    busy: User
    faithful: User
    alone: User
    anybody: User


def main(people: str, follows: str, followed: str, posts: str, written: str) -> None:
    """Makes what is missing of `people` who follow `follows` others each and of a reader who follows `followed`; adds
    `posts` by anybody and `written` by each of those who write much. Prints the figures, in ms, as JSON."""
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    seed(Crowd(int(people), int(follows), int(posts)), "nobody signs in", quiet=True)
    cast = make_cast(int(followed))
    write_much(cast, int(written))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as it does by itself some minutes later
    print(json.dumps({name: measure(reader, address) for name, reader, address in subjects(cast)}))


def make_cast(followed: int) -> Cast:
    """Makes those whom `seed` does not make, once."""
    anybody = list(User.objects.filter(username__startswith="user").order_by("pk"))
    made = list(User.objects.filter(username__startswith="person").order_by("pk"))
    is_new = not made
    *prolific, silent, busy, faithful, alone = made or make_people(PROLIFIC + 4)
    if is_new:
        others = Random(1).sample(anybody, followed - PROLIFIC)
        make_follows([(faithful, silent), *((busy, other) for other in [*prolific, *others])])
    return Cast(prolific, silent, busy, faithful, alone, anybody[len(anybody) // 2])


def write_much(cast: Cast, each: int) -> None:
    """Lets each of the prolific write `each` posts in the year that ends now, the silent one in the year before; three
    of those bear RARE."""
    now = timezone.now()
    year = [YEAR * (n + 1) / each for n in range(each)]
    moments = [(cast.silent, now - YEAR - ago) for ago in year]
    moments += [(author, now - ago) for author in cast.prolific for ago in year]
    for some in batched(moments, BATCH):
        Post.objects.bulk_create(
            Post(author=author, body="The kettle is on, and whoever is near is welcome.", created_at=moment)
            for author, moment in some
        )
    if not Tagging.objects.filter(tag=RARE).exists():
        rare = cast.silent.posts.all()[:3]
        Tagging.objects.bulk_create(Tagging(post=post, tag=RARE, created_at=post.created_at) for post in rare)


def subjects(cast: Cast) -> Iterator[tuple[str, User, str]]:
    """What is measured: a name, who reads, and what."""
    yield "busy", cast.busy, "/"
    yield "anybody", cast.anybody, "/"
    yield "faithful", cast.faithful, "/"
    yield "alone", cast.alone, "/"
    yield "common tag", cast.busy, f"/tags/{COMMON}/"
    yield "rare tag", cast.busy, f"/tags/{RARE}/"


def measure(reader: User, address: str) -> dict[str, dict[str, float]]:
    """The figures of the first page and of the one far down."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(reader)
    return {"first": measured(client, address), "deep": measured(client, deep(client, address))}


def measured(client: Client, address: str) -> dict[str, float]:
    """The figures of one page."""
    with timed_queries():
        pages = [spent(lambda: get(client, address)) for _ in range(WARM_UP + PAGES)][WARM_UP:]
    database, whole = [page.database for page in pages], [page.whole for page in pages]
    return {
        "database, p50": percentile(database, 50),
        "database, p95": percentile(database, 95),
        "whole page, p50": percentile(whole, 50),
        "whole page, p95": percentile(whole, 95),
        "queries": max(page.queries for page in pages),
    }


def deep(client: Client, address: str) -> str:
    """The address of the page number DEEP, or of the last one before it."""
    page = address
    for _ in range(DEEP - 1):
        if not (older := OLDER.search(get(client, page))):
            break
        page = address + older[1].decode()
    return page


def get(client: Client, address: str) -> bytes:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}.")
    return bytes(response.content)
