"""A Redis that is restarted, flushed or frozen while an author posts at one site and followers read from two."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from redis import Redis

from tests.conftest import database_url
from tests.faults.conftest import assert_received_nothing, full_or, home_of
from tests.faults.posting import Author, paced
from tests.stack.crowd import Crowd
from tests.stack.servers import Site, redis

POSTS = full_or(100, 1_000)
FROZEN = full_or(3.0, 30.0)
"""Seconds of posting while Redis is frozen."""
BRIEF = full_or(1.0, 10.0)
"""Seconds of posting in which a restart or a flush happens."""
EXACT_WITHIN = 35.0
"""Seconds after the last post within which all pages must be exact."""
MAX_P99 = 0.5
"""Seconds within which 99 % of the POSTs must be answered."""


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
    params=["pubsub.RedisPubSubChannelLayer", pytest.param("core.RedisChannelLayer", marks=pytest.mark.full)]
)
def layer(request, transactional_db, tmp_path) -> Iterator[tuple[Layer, list[Site]]]:
    """A Redis, and two sites that use it through one of both channel layers."""
    with ExitStack() as stack:
        layer = Layer(stack, request.param)
        chosen = {"REDIS_URL": layer.url, "LIVEFEED_CHANNEL_LAYER": f"channels_redis.{layer.kind}"}
        sites = [Site({**os.environ, "DATABASE_URL": database_url(), **chosen}, tmp_path) for _ in range(2)]
        for site in sites:
            site.start()
            stack.callback(site.stop)
        yield layer, sites


def test_faults_of_redis_neither_fail_nor_delay_nor_lose_a_post(layer, cast):
    redis, sites = layer
    with Crowd(*sites) as crowd:
        readers = [crowd.open(cast.follower, sites=[site]) for site in sites]
        stranger = crowd.open(cast.stranger, sites=sites[1:])
        for fault, seconds in ((redis.restart, BRIEF), (redis.flush, BRIEF), (redis.freeze, FROZEN)):
            author = Author(cast.author, sites[0])
            for number in paced(POSTS, seconds):
                fault(number)
                author.post(f"{fault.__name__} {number}")
            late = max(crowd.exact(reader, home_of(cast.follower), EXACT_WITHIN) for reader in readers)
            assert [(reader.resets, reader.duplicates) for reader in readers] == [(0, 0), (0, 0)]
            assert author.p99() <= MAX_P99
            answered = f"{POSTS} POSTs, p99 {1000 * author.p99():.0f} ms"
            print(f"Redis ({redis.kind}), {fault.__name__}: {answered}, exact {late:.1f} s after the last")
        assert_received_nothing(crowd, stranger, cast)
