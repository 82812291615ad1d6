"""Fixtures of the fault tests, which print their figures.

LIVEFEED_FAULTS=full runs them with the documented numbers.
"""

import os
from collections.abc import Iterator

import pytest

from livefeed.models import Post, User
from livefeed.models.post_query import PostQuerySet
from tests import selection
from tests.conftest import database_url
from tests.factories import Cast, make_cast
from tests.live.conftest import hub as hub
from tests.stack.crowd import Crowd
from tests.stack.people import Person
from tests.stack.reader import Reader
from tests.stack.servers import Site


def full_or[T](short: T, full: T) -> T:
    """Returns the documented number in a full run, else the smaller one for `bin/test`."""
    return full if selection.FULL else short


@pytest.fixture
def cast(site: Site) -> Cast:
    return make_cast()


@pytest.fixture
def crowd(site: Site) -> Iterator[Crowd]:
    """Readers of the site."""
    with Crowd(site) as crowd:
        yield crowd


@pytest.fixture
def shaken_site(transactional_db, tmp_path) -> Iterator[Site]:
    """A site with another app that raises on demand, and where each wake-up arrives twice and late (see neighbour/)."""
    settings = {"DJANGO_SETTINGS_MODULE": "tests.faults.neighbour.settings"}
    site = Site({**os.environ, "DATABASE_URL": database_url(), **settings}, tmp_path)
    site.start()
    yield site
    site.stop()


def home_of(viewer: User) -> list[int]:
    """Returns the ids of the posts in a home feed, newest first."""
    return ids_of(Post.objects.visible_to(viewer).home_of(viewer))


def ids_of(posts: PostQuerySet) -> list[int]:
    """Returns the ids of posts, newest first."""
    return list(posts.newest_first().values_list("pk", flat=True))


def post_many(author: User, count: int) -> None:
    """Creates `count` posts, and their events, in one transaction."""
    Post.objects.bulk_create([Post(author=author, body=f"Number {number}.") for number in range(count)])


def assert_received_nothing(crowd: Crowd, stranger: Reader, cast: Cast) -> None:
    """Asserts that the stranger received no frame of a post before following the author, and that the socket works.

    Posts shown by the refetch after the follow may send frames.
    """
    resets = stranger.resets
    assert Person(crowd.sites[0], cast.stranger).send("/@author/follow/") == 200
    crowd.wait(stranger, lambda: stranger.resets > resets)
    kinds = [kind for kind, _ in stranger.received]
    followed = [place for place, kind in enumerate(kinds) if kind == "reset"][resets]
    assert set(kinds[: followed + 1]) == {"reset"}
