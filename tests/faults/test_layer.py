"""A Redis that is restarted, flushed, frozen or gone while an author posts at one site and followers read from two."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from redis import Redis

from livefeed.models import Event, Post
from tests.conftest import database_url, with_empty_database
from tests.factories import Cast, make_cast
from tests.faults.conftest import assert_received_nothing, full_or, home_of
from tests.faults.posting import Author, paced
from tests.stack.crowd import Crowd
from tests.stack.people import Person
from tests.stack.servers import Site, redis

POSTS = full_or(100, 1_000)
FROZEN = full_or(3.0, 30.0)
"""Seconds of posting while Redis is frozen."""
BRIEF = full_or(1.0, 10.0)
"""Seconds of posting in which a restart or a flush happens."""
EXACT_WITHIN = 35.0
"""Seconds after the last post within which all pages must be exact."""
WITHIN = 3.0
"""Seconds within which posts of the other site must arrive without Redis."""
MAX_P99 = 0.5
"""Seconds within which 99 % of the POSTs must be answered, or twice the time before the faults if that is longer."""


class Layer:
    """A Redis and its faults, which are called before each of POSTS posts."""

    def __init__(self, stack: ExitStack, kind: str) -> None:
        self._stack = stack
        self.kind = kind
        self.url, self._process = stack.enter_context(redis())

    def restart(self, number: int) -> None:
        """Kills Redis for the middle half of the posts, then starts it on the same port."""
        if number == POSTS // 4:
            self._process.kill()
            self._process.wait()
        elif number == POSTS * 3 // 4:
            _, self._process = self._stack.enter_context(redis(urlsplit(self.url).port))

    def stop(self) -> None:
        """Kills Redis for good."""
        self._process.kill()

    def flush(self, number: int) -> None:
        """Deletes all its data, four times."""
        if number % (POSTS // 4) == 0:
            with Redis.from_url(self.url) as client:
                client.flushall()

    def freeze(self, number: int) -> None:
        """Freezes Redis from the first post to the last."""
        if number == 0:
            self._process.send_signal(signal.SIGSTOP)
        elif number == POSTS - 1:
            self._process.send_signal(signal.SIGCONT)


@pytest.fixture(
    scope="module",
    params=["pubsub.RedisPubSubChannelLayer", pytest.param("core.RedisChannelLayer", marks=pytest.mark.full)],
)
def _layer(request, django_db_setup, tmp_path_factory) -> Iterator[tuple[Layer, list[Site]]]:
    with ExitStack() as stack:
        layer = Layer(stack, request.param)
        chosen = {"REDIS_URL": layer.url, "LIVEFEED_CHANNEL_LAYER": f"channels_redis.{layer.kind}"}
        folder = tmp_path_factory.mktemp("layer")
        sites = [Site({**os.environ, "DATABASE_URL": database_url(), **chosen}, folder) for _ in range(2)]
        for site in sites:
            stack.callback(site.stop)
        yield layer, sites


@pytest.fixture
def layer(_layer: tuple[Layer, list[Site]], transactional_db: None) -> tuple[Layer, list[Site]]:
    """A Redis, and two sites that use it through one of both channel layers. The last test stops Redis."""
    for site in _layer[1]:
        with_empty_database(site)
    return _layer


def test_faults_of_redis_neither_fail_nor_delay_nor_lose_a_post(layer):
    redis, sites = layer
    cast = make_cast()
    with Crowd(*sites) as crowd:
        readers = [crowd.open(cast.follower, sites=[site]) for site in sites]
        stranger = crowd.open(cast.stranger, sites=sites[1:])
        before = Author(cast.author, sites[0])
        for number in paced(POSTS, BRIEF):
            before.post(f"before {number}")
        for fault, seconds in ((redis.restart, BRIEF), (redis.flush, BRIEF), (redis.freeze, FROZEN)):
            author = Author(cast.author, sites[0])
            for number in paced(POSTS, seconds):
                fault(number)
                author.post(f"{fault.__name__} {number}")
            late = max(crowd.exact(reader, home_of(cast.follower), EXACT_WITHIN) for reader in readers)
            assert [(reader.resets, reader.duplicates) for reader in readers] == [(0, 0), (0, 0)]
            assert author.p99() <= max(MAX_P99, 2 * before.p99())
            answered = f"{POSTS} POSTs, p99 {1000 * author.p99():.0f} ms"
            print(f"Redis ({redis.kind}), {fault.__name__}: {answered}, exact {late:.1f} s after the last")
        assert_received_nothing(crowd, stranger, cast)


def test_a_redis_that_is_gone_stops_neither_posts_nor_handshakes_nor_delivery(layer):
    """POSTs are answered, sockets open, and posts of the other site arrive by the polling interval. Ephemeral events of
    the other site arrive while Redis runs."""
    redis, sites = layer
    cast = make_cast()
    assert_posts_arrive(sites, cast, is_redis_up=True)
    for fault in full_or([redis.stop], [lambda: redis.freeze(0), redis.stop]):
        fault()
        cast.stranger.unfollow(cast.author)
        assert_posts_arrive(sites, cast, is_redis_up=False)


def assert_posts_arrive(sites: list[Site], cast: Cast, *, is_redis_up: bool) -> None:
    first, second = sites
    author = Person(first, cast.author)
    with (
        Person(second, cast.follower).listen(view="home", after=Event.objects.head()) as far,
        Person(first, cast.follower).listen(view="home", after=Event.objects.head()) as near,
        Person(second, cast.stranger).listen(view="home") as stranger,
    ):
        for number in range(10):
            assert author.send("/posts/", title="", body=f"Number {number}.") == 200
        last = Post.objects.latest("pk").pk
        assert len(near.posts_until(last, timeout=WITHIN)) == 10
        assert len(far.posts_until(last, timeout=WITHIN)) == 10
        with Person(second, cast.follower).listen(view=f"post:{last}") as thread:
            assert author.send(f"/posts/{last}/writing/") == 204
            if is_redis_up:  # else the signal is lost
                assert thread.frame()["type"] == "writing"
        assert first.is_ready()
        assert author.send("/posts/", body="") == 422
        assert Person(second, cast.stranger).send("/@author/follow/") == 200
        assert stranger.frame()["type"] == "reset"
