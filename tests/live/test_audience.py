"""Audience of each event: posts for followers reach followers only, and a page receives only what it shows."""

from typing import Any, get_args
from unittest.mock import AsyncMock

import pytest
from asgiref.sync import sync_to_async

from consumers.connections.connection import Connection, View, Viewer, ViewKind
from consumers.hub import audience
from consumers.hub.audience import should_deliver
from consumers.hub.event_log import EventLog
from consumers.hub.log_entry import Kind, LogEntry
from consumers.protocol.transport import Sender
from livefeed.models import Token
from tests.factories import make_post
from tests.live.conftest import head
from tests.live.test_events_consumer import ProgramReader

post_it = sync_to_async(make_post)
VIEWS = ["view=public", "view=user:author", "view=tag:garden"]

# --- The rules alone, without sockets or a database ---

AUTHOR, OTHER, FOLLOWER, STRANGER = 1, 2, 3, 4
"""User ids. The follower follows the author and the other; the stranger follows nobody."""
ANCESTOR, SHOWN, NEW = 90, 100, 101
"""Post ids. Each page has reported that it shows the first two."""

VIEWERS = {"follower": Viewer(FOLLOWER, {AUTHOR, OTHER}), "stranger": Viewer(STRANGER, set()), "visitor": None}

PAGES = {
    "home": View("home"),
    "public": View("public"),
    "user": View("user", AUTHOR, AUTHOR),
    "replies": View("replies", AUTHOR, AUTHOR),
    "media": View("media", AUTHOR, AUTHOR),
    "post": View("post", SHOWN, AUTHOR, (ANCESTOR,)),
    "tag": View("tag", "garden"),
    "shown": View("shown"),
    "another user": View("user", OTHER, OTHER),
    "another post": View("post", 50, OTHER),
}


def event(kind: Kind, subject_id: int = NEW, actor_id: int = AUTHOR, **fields: Any) -> LogEntry:
    return LogEntry(1, kind.value, subject_id, actor_id, 0.0)._replace(**fields)


EVENTS = {
    "post": event(Kind.POST_CREATED),
    "private post": event(Kind.POST_CREATED, audience="followers"),
    "reply": event(Kind.POST_CREATED, parent_id=SHOWN, parent_author_id=OTHER),
    "reply to a stranger": event(Kind.POST_CREATED, parent_id=77, parent_author_id=STRANGER),
    "picture": event(Kind.POST_CREATED, pictures=1),
    "tagged": event(Kind.POST_CREATED, tags="garden house"),
    "private, tagged": event(Kind.POST_CREATED, tags="garden", audience="followers"),
    "edit": event(Kind.POST_UPDATED, SHOWN),
    "private edit": event(Kind.POST_UPDATED, SHOWN, audience="followers"),
    "edit of an older post": event(Kind.POST_UPDATED, 95),
    "tag added to an older post": event(Kind.POST_UPDATED, 95, tags="garden"),
    "picture added to an older post": event(Kind.POST_UPDATED, 95, pictures=1),
    "deletion": event(Kind.POST_DELETED, SHOWN),
    "count": event(Kind.POST_COUNTED, SHOWN, tags="garden"),
    "count of an older post": event(Kind.POST_COUNTED, 95, tags="garden", pictures=1),
    "count of an ancestor": event(Kind.POST_COUNTED, ANCESTOR, OTHER),
    "author renamed": event(Kind.USER_RENAMED),
    "follower follows the author": event(Kind.FOLLOW_CREATED, AUTHOR, FOLLOWER),
    "follower's notifications": event(Kind.NOTIFIED, 0, FOLLOWER),
    "notifications about a post": event(Kind.NOTIFIED, NEW),
    "sign-in ended": event(Kind.SIGN_IN_ENDED, 0, FOLLOWER),
    "feed reset": event(Kind.FEED_RESET, 0, 0),
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


def test_every_kind_of_view_has_a_rule():
    kinds = set(get_args(ViewKind))
    assert set(audience.SHOWS_POST) == kinds
    assert {page.kind for page in PAGES.values()} == kinds


@pytest.mark.parametrize("page", PAGES)
def test_a_follower_receives_the_events_that_the_page_shows(page):
    assert delivered(page, "follower") == DELIVERED_TO_FOLLOWER[page] | FOLLOWERS_OWN | {"feed reset"}


@pytest.mark.parametrize("viewer", ["stranger", "visitor"])
@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_receives_the_same_without_private_posts_and_the_followers_own_events(page, viewer):
    public = DELIVERED_TO_FOLLOWER[page] - PRIVATE - {"follower follows the author"}
    assert delivered(page, viewer) == (set() if page == "home" else public) | {"feed reset"}


def test_a_program_receives_posts_but_no_counts_of_notifications():
    program = Connection(View("home"), VIEWERS["follower"], Sender(AsyncMock()), "program")
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


async def test_a_program_receives_what_the_user_of_its_token_may_see(hub, cast):
    async def program(user) -> ProgramReader:
        _, text = await sync_to_async(Token.objects.issue)(user)
        reader = await ProgramReader(f"Bearer {text}", "view=user:author").open()
        await reader.frames("hello")
        return reader

    follower = await program(cast.follower)
    stranger = await program(cast.stranger)
    post = await post_it(cast.author, "Only for you #garden.", audience="followers")
    (frame,) = await follower.rest()
    assert (frame["post"]["id"], frame["post"]["audience"], frame["post"]["tags"]) == (post.pk, "followers", ["garden"])
    assert await stranger.rest() == []
    await follower.close()
    await stranger.close()


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
