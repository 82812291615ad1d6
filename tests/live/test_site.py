"""The whole path through a real server: posts by HTTP and by other processes, with the site or Redis down."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack

import pytest

from livefeed.models import Event, Post
from tests import selection
from tests.conftest import database_url
from tests.factories import Cast, make_cast, make_post
from tests.stack.people import Person
from tests.stack.servers import ROOT, Site, redis

WITHIN = 3.0
"""Seconds within which posts of another process must arrive."""


@pytest.fixture
def cast(site):
    return make_cast()


def test_a_post_by_http_reaches_followers_and_no_stranger(site, cast):
    author = Person(site, cast.author)
    with (
        Person(site, cast.follower).listen(view="home") as follower,
        Person(site).listen(view="public") as visitor,
        Person(site, cast.stranger).listen(view="home") as stranger,
    ):
        assert author.send("/posts/", title="", body="Good morning.") == 200
        assert {listener.frame()["type"] for listener in (follower, visitor)} == {"post.created"}
        post = Post.objects.get()
        assert author.send(f"/posts/{post.pk}/", title="", body="Good evening.", version="1") == 200
        assert {listener.frame()["type"] for listener in (follower, visitor)} == {"post.updated"}
        assert author.send(f"/posts/{post.pk}/", _method="DELETE") == 200
        assert {listener.frame()["type"] for listener in (follower, visitor)} == {"post.deleted"}
        assert Person(site, cast.stranger).send("/@author/follow/") == 200
        assert stranger.frame()["type"] == "reset"  # and no frame before it


def test_a_post_saved_by_another_process_arrives(site, cast):
    code = (
        "from livefeed.models import *; Post.objects.publish(User.objects.get(username='author'), title='', body='Hi.')"
    )
    environment = {**os.environ, "DATABASE_URL": database_url(), "DEBUG": "1"}
    with Person(site, cast.follower).listen(view="home") as follower:
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", code], cwd=ROOT, env=environment, check=True
        )
        assert follower.frame(timeout=WITHIN)["type"] == "post.created"


def test_posts_saved_while_the_site_was_stopped_are_replayed(site, cast):
    with Person(site, cast.follower).listen(view="home") as follower:
        assert Person(site, cast.author).send("/posts/", body="Before.") == 200
        follower.frame()
        site.stop()
        follower.wait_until_closed()
    posts = [make_post(cast.author, f"Number {number}, while nobody served.") for number in range(3)]
    site.start()
    with Person(site, cast.follower).listen(view="home", after=follower.cursor) as follower:
        assert follower.posts_until(posts[-1].pk) == [post.pk for post in posts]


@pytest.fixture(
    params=["pubsub.RedisPubSubChannelLayer", pytest.param("core.RedisChannelLayer", marks=pytest.mark.full)]
)
def two_sites(request, transactional_db, tmp_path):
    """Two servers on one database, and a Redis that may be frozen or stopped."""
    with ExitStack() as stack:
        address, server = stack.enter_context(redis())
        layer = {"REDIS_URL": address, "LIVEFEED_CHANNEL_LAYER": f"channels_redis.{request.param}"}
        environment = {**os.environ, "DATABASE_URL": database_url(), **layer}
        sites = [Site(environment, tmp_path) for _ in range(2)]
        for site in sites:
            site.start()
            stack.callback(site.stop)
        yield *sites, server


FROZEN = [signal.SIGSTOP] if selection.FULL else []  # tests/faults/test_layer.py freezes a Redis too


def test_a_channel_layer_that_is_down_stops_neither_posts_nor_handshakes_nor_delivery(two_sites):
    """POSTs are answered, sockets open, and posts of the other process arrive by the polling interval. Ephemeral events
    of the other process arrive while the layer works."""
    first, second, server = two_sites
    cast = make_cast()
    assert_posts_arrive(first, second, cast, is_layer_up=True)
    for fault in (*FROZEN, signal.SIGKILL):
        os.kill(server.pid, fault)
        cast.stranger.unfollow(cast.author)
        assert_posts_arrive(first, second, cast, is_layer_up=False)


def assert_posts_arrive(first: Site, second: Site, cast: Cast, *, is_layer_up: bool) -> None:
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
            if is_layer_up:  # else the signal is lost
                assert thread.frame()["type"] == "writing"
        assert first.is_ready()
        assert author.send("/posts/", body="") == 422
        assert Person(second, cast.stranger).send("/@author/follow/") == 200
        assert stranger.frame()["type"] == "reset"
