"""Pages of a site of many posts: time in the database, time of the whole page, number of queries. Next to them an empty
page behind the same middleware, with session and user: the least that a page can take.

Run by `bench.inside`, in a database of its own; the pages are requested in this process, without a server.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from random import Random

from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.utils import timezone

from bench.people import make_follows, make_people
from bench.stopwatch import EMPTY, percentile, spent, timed_queries
from livefeed import urls
from livefeed.demo.bulk import YEAR, Crowd, seed
from livefeed.demo.conversation import TAGS
from livefeed.models import Post, Tagging, User

PAGES = 100
"""Pages measured of each kind."""
WARM_UP = 10
"""Pages requested before the measurement."""
DEEP = 50
"""Number of the page far down; the last page is measured if there are fewer."""
PROLIFIC = 20
"""Authors followed by the busy reader who write many posts."""
COMMON = TAGS[0]
"""The most used tag."""
RARE = "rare"
"""A tag of three posts."""
BATCH = 20_000
"""Posts inserted by one query."""
OLDER = re.compile(rb'<a class="older" href="([^"]+)"')


def empty(request: HttpRequest) -> HttpResponse:
    """View of the empty page: it names the user."""
    return HttpResponse(str(request.user))


@dataclass(frozen=True)
class Cast:
    """Users of the site.

    `busy` follows many authors, among them the `prolific` ones; `faithful` follows only the `silent` one, who has
    written nothing for a year; `alone` follows no one; `anybody` is an average user.
    """

    prolific: list[User]
    silent: User
    busy: User
    faithful: User
    alone: User
    anybody: User


def main(people: str, follows: str, followed: str, posts: str, written: str) -> None:
    """Creates missing users, adds posts, measures the pages and prints the figures, in ms, as JSON.

    There are `people` users who follow `follows` others each, and a reader who follows `followed`. Adds `posts` posts
    of average users and `written` of each prolific author.
    """
    urls.urlpatterns.append(path(f"{EMPTY}/", empty))
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    seed(Crowd(int(people), int(follows), int(posts)), "not used to sign in", quiet=True)
    cast = make_cast(int(followed))
    write_much(cast, int(written))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as autovacuum does some minutes later
    print(json.dumps({name: measure(reader, address) for name, reader, address in subjects(cast)}))


def make_cast(followed: int) -> Cast:
    """Creates the users that `seed` does not create, unless they exist."""
    anybody = list(User.objects.filter(username__startswith="user").order_by("pk"))
    made = list(User.objects.filter(username__startswith="person").order_by("pk"))
    is_new = not made
    *prolific, silent, busy, faithful, alone = made or make_people(PROLIFIC + 4)
    if is_new:
        others = Random(1).sample(anybody, followed - PROLIFIC)
        make_follows([(faithful, silent), *((busy, other) for other in [*prolific, *others])])
    return Cast(prolific, silent, busy, faithful, alone, anybody[len(anybody) // 2])


def write_much(cast: Cast, each: int) -> None:
    """Creates `each` posts of each prolific author within the last year, and of the silent one within the year before.

    Three of those have the tag RARE.
    """
    now = timezone.now()
    year = [YEAR * (n + 1) / each for n in range(each)]
    moments = [(cast.silent, now - YEAR - ago) for ago in year]
    moments += [(author, now - ago) for author in cast.prolific for ago in year]
    for some in batched(moments, BATCH):
        Post.objects.silently().bulk_create(
            Post(author=author, body="The kettle is on, and all who are near are welcome.", created_at=moment)
            for author, moment in some
        )
    if not Tagging.objects.filter(tag=RARE).exists():
        rare = cast.silent.posts.all()[:3]
        Tagging.objects.bulk_create(Tagging(post=post, tag=RARE, created_at=post.created_at) for post in rare)


def subjects(cast: Cast) -> Iterator[tuple[str, User, str]]:
    """Yields a name, the reader and the address of each page to measure."""
    yield EMPTY, cast.busy, f"/{EMPTY}/"
    yield "busy", cast.busy, "/"
    yield "any", cast.anybody, "/"
    yield "faithful", cast.faithful, "/"
    yield "alone", cast.alone, "/"
    yield "common tag", cast.busy, f"/tags/{COMMON}/"
    yield "rare tag", cast.busy, f"/tags/{RARE}/"
    yield "explore", cast.busy, "/explore/"
    yield "profile", cast.busy, f"/@{cast.prolific[0].username}/"


def measure(reader: User, address: str) -> dict[str, dict[str, float]]:
    """Returns the figures of the first page and of the one far down."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(reader)
    return {"first": measured(client, address), "deep": measured(client, deep(client, address))}


def measured(client: Client, address: str) -> dict[str, float]:
    """Returns the figures of one page."""
    with timed_queries():
        pages = [spent(lambda: get(client, address)) for _ in range(WARM_UP + PAGES)][WARM_UP:]
    database = [page.database for page in pages]
    whole = [page.whole for page in pages]
    return {
        "database, p50": percentile(database, 50),
        "database, p95": percentile(database, 95),
        "whole page, p50": percentile(whole, 50),
        "whole page, p95": percentile(whole, 95),
        "queries": max(page.queries for page in pages),
    }


def deep(client: Client, address: str) -> str:
    """Returns the address of page number DEEP, or of the last page if there are fewer."""
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
