"""Servers that are killed, or restarted one after the other, while an author posts."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from signal import SIGKILL
from uuid import UUID

import pytest
from django.db import connection

from livefeed.models import Post
from tests.conftest import database_url
from tests.faults.conftest import assert_received_nothing, full_or, home_of
from tests.faults.posting import Author
from tests.stack.crowd import Crowd
from tests.stack.servers import Site

POSTS = full_or(60, 1_000)
ROUNDS = {"sqlite": full_or(2, 10), "postgresql": full_or(1, 10)}[connection.vendor]
THREADS = 4
"""Concurrent posts, so that a kill interrupts some."""
BODIES = [f"Number {number}." for number in range(POSTS)]


def test_a_server_that_is_killed_repeatedly_loses_and_doubles_no_post(site, cast, crowd):
    author = Author(cast.author, site)
    follower = crowd.open(cast.follower)
    visitor = crowd.open(None)
    stranger = crowd.open(cast.stranger)

    with ThreadPoolExecutor(THREADS) as pool:
        posting = pool.map(author.post_until_acknowledged, BODIES)
        for round_number in range(ROUNDS):
            author.wait_for(POSTS * (round_number + 1) // (ROUNDS + 1))
            site.process.kill()
            site.stop()
            site.start()
        keys = list(posting)

    seconds = max(crowd.exact(reader, home_of(cast.follower)) for reader in (follower, visitor))
    assert_each_once(author, keys)
    assert author.sent_again >= 1
    assert_received_nothing(crowd, stranger, cast)
    print(f"{ROUNDS} kills: {figure(author, seconds)}")


@pytest.fixture
def pair(site: Site, tmp_path) -> Iterator[list[Site]]:
    """Two sites on one database and one Redis."""
    other = Site({**os.environ, "DATABASE_URL": database_url()}, tmp_path)
    other.start()
    yield [site, other]
    other.stop()


@pytest.mark.postgresql
def test_a_rolling_restart_of_two_sites_loses_no_post(pair, cast):
    author = Author(cast.author, *pair)
    with Crowd(*pair) as crowd, ThreadPoolExecutor(THREADS) as pool:
        readers = [crowd.open(person, sites=sites) for person in (cast.follower, None) for sites in (pair, pair[::-1])]
        stranger = crowd.open(cast.stranger)

        posting = pool.map(author.post_until_acknowledged, BODIES)
        for number, site in enumerate(pair, start=1):
            author.wait_for(POSTS * number // 3)
            site.stop()
            assert site.process.returncode != -SIGKILL  # it ended in time and was not killed
            site.start()
        keys = list(posting)

        seconds = max(crowd.exact(reader, home_of(cast.follower)) for reader in readers)
        assert_each_once(author, keys)
        assert_received_nothing(crowd, stranger, cast)
    print(f"2 restarts: {figure(author, seconds)}")


def assert_each_once(author: Author, keys: list[UUID]) -> None:
    """Asserts that each text was saved once, even if it is sent again."""
    assert all(map(author.sent, BODIES[:10], keys))
    assert sorted(Post.objects.values_list("body", flat=True)) == sorted(BODIES)


def figure(author: Author, seconds: float) -> str:
    return f"of {POSTS} posts {author.sent_again} sent again, 0 lost, 0 doubled; exact {seconds:.1f} s after the last"
