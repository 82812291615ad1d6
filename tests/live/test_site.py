"""The whole path through a real server: posts by HTTP, by other processes, and while the server is stopped."""

import os
import subprocess
import sys

import pytest

from livefeed.models import Post
from tests.conftest import database_url
from tests.factories import make_cast, make_post
from tests.stack.people import Person
from tests.stack.servers import ROOT

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
