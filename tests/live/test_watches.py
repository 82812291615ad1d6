"""Several views on one socket: no gap and no duplicate between them, and the rights of each."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from consumers.connections.close_codes import REFUSED
from consumers.connections.connection import MAX_VIEWS
from consumers.hub.hub import Hub
from livefeed.models import Post
from tests.factories import make_post
from tests.live.conftest import Reader, head, wait_until_delivered

post_it = sync_to_async(make_post)


async def watch(reader: Reader, view: str, **fields: Any) -> dict[str, Any]:
    """Watches a view; returns the first frame of the answer."""
    await reader.send({"type": "watch", "view": view, **fields})
    return await reader.frame()


def ids(frames: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(frame["type"], frame["id"]) for frame in frames]


async def test_a_socket_receives_the_events_of_all_its_views_once_and_a_stranger_nothing(read, cast):
    reader, stranger = await read(cast.follower), await read(cast.follower, "view=user:stranger")
    cursor = await head()
    assert await watch(reader, "tag:bread") == {"type": "watching", "view": "tag:bread", "cursor": cursor}
    assert (await watch(reader, "public"))["type"] == "watching"

    both = await post_it(cast.author, "For home, tag and public: #bread")
    tagged = await post_it(cast.stranger, "Not for home: #bread")

    assert ids(await reader.rest()) == [("post.created", both.pk), ("post.created", tagged.pk)]
    assert ids(await stranger.rest()) == [("post.created", tagged.pk)]


async def test_an_added_view_starts_at_the_cursor_of_its_answer(read, cast):
    reader = await read(cast.follower)
    await post_it(cast.stranger, "Before. #bread")
    await wait_until_delivered()
    answer = await watch(reader, "tag:bread")
    assert answer["cursor"] == await head()
    post = await post_it(cast.stranger, "After. #bread")
    assert ids(await reader.rest()) == [("post.created", post.pk)]


async def test_a_view_with_a_cursor_receives_what_it_missed_but_nothing_twice(read, cast):
    start = await head()
    missed = await post_it(cast.stranger, "Missed. #bread")
    both = await post_it(cast.author, "Missed by both. #bread")
    edited = await post_it(cast.stranger, "Twice. #bread")
    await sync_to_async(edited.edit)(title="", body="Thrice. #bread", seen_version=1)
    reader = await read(cast.follower, f"view=home&after={start}")
    assert ids(await reader.rest()) == [("post.created", both.pk)]

    answer = await watch(reader, "tag:bread", after=start)

    assert answer == {"type": "watching", "view": "tag:bread", "cursor": start}
    first, second, heartbeat = [await reader.frame(heartbeats=True) for _ in range(3)]
    assert ids([first, second]) == [("post.created", missed.pk), ("post.created", edited.pk)]
    assert second["version"] == 2
    assert heartbeat == {"type": "heartbeat", "cursor": await head()}
    assert (await watch(reader, "tag:bread", after=start))["type"] == "watching"
    assert await reader.rest() == []


async def test_a_post_whose_latest_state_another_view_has_delivered_is_not_replayed(read, cast):
    start = await head()
    post = await post_it(cast.author, "Old. #bread")
    reader = await read(cast.follower)
    await sync_to_async(post.edit)(title="", body="New. #bread", seen_version=1)
    assert ids(await reader.rest()) == [("post.updated", post.pk)]

    await watch(reader, "tag:bread", after=start)

    assert await reader.rest() == []


@pytest.mark.parametrize("cursor", ["nonsense", 99_999_999, -1, True, [1]])
async def test_an_invalid_cursor_of_a_view_leads_to_one_reset(read, cast, cursor):
    reader = await read(cast.follower)
    answer = await watch(reader, "tag:bread", after=cursor)
    assert answer == {"type": "watching", "view": "tag:bread", "cursor": await head()}
    await reader.frames("reset")
    post = await post_it(cast.stranger, "#bread")
    assert ids(await reader.rest()) == [("post.created", post.pk)]


async def test_views_that_are_added_while_posts_are_dispatched_have_no_gap_and_no_duplicate(read, cast):
    reader = await read(cast.follower)
    start = await head()
    posts = []
    for number in range(12):
        posts.append(await post_it(cast.author if number % 2 else cast.stranger, f"{number} #bread #tag{number % 5}"))
        if number % 4 == 1:
            await reader.send({"type": "watch", "view": "tag:bread", "after": start})
        elif number % 4 == 3:
            await reader.send({"type": "unwatch", "view": "tag:bread"})
    await reader.send({"type": "watch", "view": "tag:bread", "after": start})
    while not reader.socket.input_queue.empty():
        await Hub.current().wait_until_idle()
    await Hub.current().wait_until_idle()

    received = [frame["id"] for frame in await reader.rest() if frame["type"] == "post.created"]
    own = [post.pk for post in posts if post.author_id == cast.author.pk]
    assert set(received) == {post.pk for post in posts}
    assert [pk for pk in received if pk in own] == own


async def test_a_removed_view_receives_nothing_more(read, cast):
    reader = await read(cast.follower)
    await watch(reader, "tag:bread")
    await reader.send({"type": "unwatch", "view": "tag:bread"})
    assert await reader.frame() == {"type": "unwatched", "view": "tag:bread", "cursor": await head()}
    await post_it(cast.stranger, "#bread")
    post = await post_it(cast.author, "Home stays.")
    assert ids(await reader.rest()) == [("post.created", post.pk)]
    assert "tag:bread" not in Hub.current().subscriptions._by_topic


async def test_the_first_view_can_be_removed_under_its_own_name(read, cast):
    reader = await read(cast.stranger, "view=user:author")
    await watch(reader, "tag:bread")
    await reader.send({"type": "unwatch", "view": "user:author"})
    await reader.frames("unwatched")
    await post_it(cast.author, "Not for this socket.")
    post = await post_it(cast.author, "#bread")
    assert ids(await reader.rest()) == [("post.created", post.pk)]


@pytest.mark.parametrize(
    ("view", "code"),
    [("tag:", "unknown_view"), ("user:\0", "unknown_view"), ("post:1e3", "unknown_view"), ("home", "signed_out")],
)
async def test_a_view_that_may_not_be_opened_is_refused_and_the_socket_stays_open(read, cast, view, code):
    visitor = await read(None)
    answer = await watch(visitor, view)
    assert (answer["type"], answer["code"], answer["view"]) == ("error", code, view)
    await post_it(cast.author)
    await visitor.frames("post.created")


async def test_too_many_views_are_refused_and_the_socket_stays_open(read, cast, settings):
    reader = await read(cast.follower)
    for number in range(MAX_VIEWS - 1):
        assert (await watch(reader, f"tag:tag{number}"))["type"] == "watching"
    answer = await watch(reader, "tag:bread")
    assert (answer["type"], answer["code"]) == ("error", "too_many_views")
    assert (await watch(reader, "tag:tag1"))["type"] == "watching"
    await reader.send({"type": "unwatch", "view": "tag:bread"})
    assert (await reader.frame())["code"] == "not_watched"
    await post_it(cast.author)
    await reader.frames("post.created")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "watch"},
        {"type": "watch", "view": ""},
        {"type": "watch", "view": 7},
        {"type": "unwatch", "view": None},
        json.dumps({"type": "watch", "view": "tag:\ud800"}),
    ],
)
async def test_an_invalid_request_for_a_view_closes_a_socket(read, message):
    reader = await read(None)
    await reader.send(message)
    assert (await reader.frame())["code"] == "bad_message"
    assert (await reader.socket.receive_output())["code"] == REFUSED


async def test_a_view_obeys_the_rights_of_each_moment(read, cast):
    post = await post_it(cast.author, "For followers.", audience=Post.Audience.FOLLOWERS)
    reader, stranger = await read(cast.follower, "view=tag:x"), await read(cast.stranger)
    assert (await watch(reader, f"post:{post.pk}"))["type"] == "watching"
    assert (await watch(stranger, f"post:{post.pk}"))["code"] == "unknown_view"
    reply = await post_it(cast.author, "A reply.", parent=post)
    assert ("post.created", reply.pk) in ids(await reader.rest())

    await sync_to_async(cast.follower.unfollow)(cast.author)
    await reader.frames("reset")
    await post_it(cast.author, "Not for you any more.", parent=post)

    assert await reader.rest() == []
    assert await stranger.rest() == []


async def test_a_request_of_a_slow_client_is_answered_when_it_reads_again(hub, read, cast, monkeypatch):
    reader = await read(cast.follower)
    (connection,) = hub.subscriptions.connections
    sender = connection.sender
    start = await head()
    monkeypatch.setattr(sender, "is_full", True)
    missed = await post_it(cast.author, "Missed while full.")
    await hub.wait_until_idle()
    await reader.send({"type": "watch", "view": "tag:bread", "after": start})
    tagged = await post_it(cast.stranger, "#bread")
    await hub.wait_until_idle()
    while not connection.requests:
        await sync_to_async(lambda: None)()
    assert await reader.rest() == []

    monkeypatch.setattr(sender, "is_full", False)
    hub.delivery._on_drained(connection)

    answer = await reader.frame()
    assert answer == {"type": "watching", "view": "tag:bread", "cursor": start}
    assert ids([await reader.frame(), await reader.frame()]) == [
        ("post.created", missed.pk),
        ("post.created", tagged.pk),
    ]
    assert await reader.rest() == []
