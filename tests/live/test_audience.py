"""Audience of each event: posts for followers reach followers only, and a page receives only what it shows."""

from typing import Any
from unittest.mock import AsyncMock

import pytest
from asgiref.sync import sync_to_async

from consumers.connections.connection import Connection, Viewer
from consumers.hub.audience import should_deliver
from consumers.hub.event_log import EventLog
from consumers.protocol.transport import Sender
from livefeed.live import views
from livefeed.live.entries import LogEntry
from livefeed.live.posts import LivePost
from livefeed.live.readers import View
from livefeed.models import Post
from tests.factories import make_cast, make_post
from tests.live.conftest import head
from tests.live.test_events_consumer import run  # noqa: F401  # a fixture

post_it = sync_to_async(make_post)
VIEWS = ["view=public", "view=user:author", "view=tag:garden"]

# --- The rules alone, without sockets or a database ---

AUTHOR, OTHER, FOLLOWER, STRANGER = 1, 2, 3, 4
"""User ids. The follower follows the author and the other; the stranger follows no one."""
ANCESTOR, SHOWN, NEW = 90, 100, 101
"""Post ids. Each page has reported that it shows the first two."""

VIEWERS = {"follower": Viewer(FOLLOWER, {AUTHOR, OTHER}), "stranger": Viewer(STRANGER, set()), "visitor": None}


def view(kind: str, *topics: str, author_id: int = 0) -> View:
    return View(kind, "", frozenset(topics), author_id, depends_on_follows=kind in ("home", "tag", "shown"))


PAGES = {
    "home": view("home"),
    "public": view("public", "public", "authors"),
    "user": view("user", "posts:1", "profile:1", author_id=AUTHOR),
    "replies": view("replies", "replies:1", "profile:1", author_id=AUTHOR),
    "media": view("media", "media:1", "author:1", "profile:1", author_id=AUTHOR),
    "post": view("post", f"post:{SHOWN}", f"post:{ANCESTOR}", f"thread:{SHOWN}", "profile:1", author_id=AUTHOR),
    "tag": view("tag", "tag:garden", "authors"),
    "shown": view("shown", "posts", "authors"),
    "another user": view("user", "posts:2", "profile:2", author_id=OTHER),
    "another post": view("post", "post:50", "thread:50", "profile:2", author_id=OTHER),
}


def event(kind: str, post_id: int = NEW, author_id: int = AUTHOR, **fields: Any) -> LogEntry:
    post = Post(pk=post_id, author_id=author_id, **fields)
    return LogEntry(1, kind, post_id, author_id, 0.0, post.audience, frozenset(LivePost().topics(post)))


EVENTS = {
    "post": event("post.created"),
    "private post": event("post.created", audience="followers"),
    "reply": event("post.created", parent_id=SHOWN, parent_author_id=OTHER),
    "reply to a stranger": event("post.created", parent_id=77, parent_author_id=STRANGER),
    "picture": event("post.created", pictures_count=1),
    "tagged": event("post.created", tags="garden house"),
    "private, tagged": event("post.created", tags="garden", audience="followers"),
    "edit": event("post.updated", SHOWN),
    "private edit": event("post.updated", SHOWN, audience="followers"),
    "edit of an older post": event("post.updated", 95),
    "tag added to an older post": event("post.updated", 95, tags="garden"),
    "picture added to an older post": event("post.updated", 95, pictures_count=1),
    "deletion": event("post.deleted", SHOWN),
    "count": event("post.counted", SHOWN, tags="garden"),
    "count of an older post": event("post.counted", 95, tags="garden", pictures_count=1),
    "count of an ancestor": event("post.counted", ANCESTOR, OTHER),
    "author renamed": LogEntry(1, "user.renamed", 0, AUTHOR, 0.0, topics=frozenset({"profile:1", "authors"})),
    "follower follows the author": LogEntry(1, "follow.created", AUTHOR, FOLLOWER, 0.0),
    "follower's notifications": LogEntry(1, "notifications.changed", 0, FOLLOWER, 0.0),
    "notifications about a post": LogEntry(1, "notifications.changed", NEW, AUTHOR, 0.0),
    "sign-in ended": LogEntry(1, "sign_in.ended", 0, FOLLOWER, 0.0),
    "feed reset": LogEntry(1, "feed.reset", 0, 0, 0.0),
}

PRIVATE = {"private post", "private, tagged", "private edit"}
FOLLOWERS_OWN = {"follower's notifications", "notifications about a post"}
TOP_LEVEL = {
    "post",
    "private post",
    "picture",
    "tagged",
    "private, tagged",
    "edit",
    "private edit",
    "deletion",
    "count",
}

DELIVERED_TO_FOLLOWER = {
    "home": TOP_LEVEL | {"reply", "count of an ancestor", "author renamed", "follower follows the author"},
    "public": (TOP_LEVEL - PRIVATE) | {"count of an ancestor", "author renamed"},
    "user": TOP_LEVEL | {"author renamed", "follower follows the author"},
    "replies": {"reply", "reply to a stranger", "author renamed", "follower follows the author"},
    "media": {"picture", "edit", "private edit", "picture added to an older post", "deletion", "count"}
    | {"author renamed", "follower follows the author"},
    "post": {"reply", "edit", "private edit", "deletion", "count", "count of an ancestor"}
    | {"author renamed", "follower follows the author"},
    "tag": {"tagged", "private, tagged", "tag added to an older post", "count"}
    | {"author renamed", "follower follows the author"},
    "shown": {"edit", "private edit", "deletion", "count", "count of an ancestor"}
    | {"author renamed", "follower follows the author"},
    "another user": {"count of an ancestor"},
    "another post": set(),
}


def delivered(page: str, viewer: str) -> set[str]:
    """The names of the events that a page receives."""
    connection = Connection(PAGES[page], VIEWERS[viewer], Sender(AsyncMock()), "browser")
    connection.show([ANCESTOR, SHOWN])
    return {name for name, entry in EVENTS.items() if should_deliver(connection, entry)}


def test_every_kind_of_view_is_tested():
    of_other_models = {"announcement", "links"}
    assert {page.kind for page in PAGES.values()} == set(views.VIEWS) - of_other_models


def test_the_views_that_show_posts_of_followed_authors_depend_on_follows(db):
    user = make_cast().author
    opened = [views.open_view(name, user) for name in ("home", "public", "user:author", "tag:garden", "shown")]
    assert {each.kind for each in opened if each.depends_on_follows} == {"home", "tag", "shown"}


@pytest.mark.parametrize("page", PAGES)
def test_a_follower_receives_the_events_that_the_page_shows(page):
    assert delivered(page, "follower") == DELIVERED_TO_FOLLOWER[page] | FOLLOWERS_OWN | {"feed reset"}


@pytest.mark.parametrize("viewer", ["stranger", "visitor"])
@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_receives_the_same_without_private_posts_and_the_followers_own_events(page, viewer):
    public = DELIVERED_TO_FOLLOWER[page] - PRIVATE - {"follower follows the author"}
    assert delivered(page, viewer) == (set() if page == "home" else public) | {"feed reset"}


def test_a_program_receives_posts_but_no_counts_of_notifications():
    program = Connection(view("home"), VIEWERS["follower"], Sender(AsyncMock()), "program")
    assert should_deliver(program, EVENTS["private post"])
    assert not should_deliver(program, EVENTS["follower's notifications"])


# --- Through sockets ---


@pytest.mark.parametrize("memory", [True, False], ids=["memory", "database"])
async def test_a_post_for_followers_reaches_no_stranger_live_or_in_a_replay(read, cast, memory, monkeypatch):
    start = await head()
    follower = await read(cast.follower)
    author = await read(cast.author)
    others = [await read(user, query) for user in (cast.stranger, None) for query in VIEWS]
    post = await post_it(cast.author, "Only for you #garden.", audience="followers")
    await sync_to_async(post.edit)(title="", body="Still only for you #garden.", seen_version=1)
    kinds = ["post.created", "post.updated"]
    for reader in (follower, author):
        assert [frame["type"] for frame in await reader.rest()] == kinds
    for reader in others:
        assert await reader.rest() == []

    if not memory:
        monkeypatch.setattr(EventLog, "_first_in_memory", property(lambda self: self.position))
    for user in (cast.stranger, None):
        for query in VIEWS:
            late = await read(user, f"{query}&after={start}")
            assert await late.rest() == []
    late = await read(cast.follower, f"view=tag:garden&after={start}")
    assert [frame["id"] for frame in await late.rest()] == [post.pk]


async def test_the_public_feed_shows_no_post_for_followers_even_to_a_follower(read, cast):
    follower = await read(cast.follower, "view=public")
    await post_it(cast.author, "Only for you.", audience="followers")
    assert await follower.rest() == []


async def test_the_page_of_a_post_for_followers_is_refused_to_others_and_reset_after_an_unfollow(read, cast):
    post = await post_it(cast.author, audience="followers")
    stranger = await read(cast.stranger, f"view=post:{post.pk}", hello=False)
    assert (await stranger.frame())["code"] == "unknown_view"
    follower = await read(cast.follower, f"view=post:{post.pk}")
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await sync_to_async(post.edit)(title="", body="Changed.", seen_version=1)
    assert [frame["type"] for frame in await follower.rest()] == ["reset"]


@pytest.mark.parametrize("view", ["home", "user:author", "tag:garden"])
async def test_a_user_who_unfollows_receives_no_more_of_a_post_for_followers(read, cast, view):
    post = await post_it(cast.author, "Only for you #garden.", audience="followers")
    follower = await read(cast.follower, f"view={view}")
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await sync_to_async(post.edit)(title="", body="Changed #garden.", seen_version=1)
    assert [frame["type"] for frame in await follower.rest()] == ["reset"]


async def test_a_program_receives_what_the_user_of_its_token_may_see(run, cast):  # noqa: F811
    follower = await run(cast.follower, "view=user:author")
    stranger = await run(cast.stranger, "view=user:author")
    post = await post_it(cast.author, "Only for you #garden.", audience="followers")
    (frame,) = await follower.rest()
    assert (frame["post"]["id"], frame["post"]["audience"], frame["post"]["tags"]) == (post.pk, "followers", ["garden"])
    assert await stranger.rest() == []


async def test_the_page_of_a_tag_receives_its_posts_and_no_others(read, cast):
    page = await read(None, "view=tag:Garden")
    other = await read(None, "view=tag:house")
    post = await post_it(cast.stranger, "Roses. #Garden")
    await post_it(cast.stranger, "No tag at all.")
    assert [frame["id"] for frame in await page.rest()] == [post.pk]
    await sync_to_async(post.edit)(title="", body="Roses. #House", seen_version=1)
    assert [frame["type"] for frame in await page.rest()] == ["post.updated"]
    assert [frame["type"] for frame in await other.rest()] == ["post.updated"]
    await sync_to_async(post.delete)()
    assert await page.rest() == []
    assert [frame["type"] for frame in await other.rest()] == ["post.deleted"]


@pytest.mark.parametrize("view", ["tag:", "tag:42", "tag:a-b"])
async def test_an_invalid_tag_is_refused(read, cast, view):
    reader = await read(None, f"view={view}", hello=False)
    assert (await reader.frame())["code"] == "unknown_view"
