"""Replays: what a client with a cursor receives when it reconnects, from memory and from the database."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from consumers.hub import replay
from consumers.hub.hub import Hub
from livefeed.live import log
from livefeed.models import Event, Post
from tests.factories import make_post
from tests.live.conftest import head

post_it = sync_to_async(make_post)
LIMIT = 20
"""Replaces MAX_REPLAYED_ROWS; tests/faults/test_cursors.py has the real number."""
AROUND_THE_LIMIT = LIMIT - 1, LIMIT, LIMIT + 1


@pytest.fixture
async def forget(hub):
    """Removes the hub's tail from memory, so that replays are read from the database."""

    def forget() -> None:
        del hub.log.tail[:]

    return forget


@pytest.fixture(params=["memory", "database"])
async def reconnect(request, read, forget, monkeypatch):
    """Opens sockets of reconnecting clients, with the missed events in memory or only in the database."""
    monkeypatch.setattr(log, "HISTORY_LIMIT", 20)

    async def open_again(user, query, **options):
        await Hub.current().wait_until_idle()
        if request.param == "database":
            forget()
        return await read(user, query, **options)

    return open_again


async def test_missed_posts_arrive_once_in_the_order_of_commits(reconnect, cast):
    start = await head()
    posts = [await post_it(cast.author, f"Number {number}.") for number in range(3)]
    await post_it(cast.stranger, "Not in the home feed.")

    reader = await reconnect(cast.follower, f"view=home&after={start}", hello=False)

    hello, *missed = await reader.frames("hello", "post.created", "post.created", "post.created")
    assert hello["cursor"] == start
    assert [frame["id"] for frame in missed] == [post.pk for post in posts]
    assert [frame["cursor"] for frame in missed] == sorted({frame["cursor"] for frame in missed})
    last = await reader.frame(heartbeats=True)
    assert last == {"type": "heartbeat", "cursor": await head()}


async def test_a_post_that_changed_often_arrives_in_its_present_state(reconnect, cast):
    start = await head()
    post = await post_it(cast.author, "One.")
    other = await post_it(cast.author, "Other.")
    for version in (1, 2, 3):
        await sync_to_async(post.edit)(title="", body=f"Version {version + 1}.", seen_version=version)

    reader = await reconnect(cast.follower, f"after={start}")

    first, second = await reader.frames("post.created", "post.created")
    assert [first["id"], second["id"]] == [other.pk, post.pk]
    assert second["version"] == 4
    assert "Version 4." in second["html"]
    assert await reader.rest() == []


async def test_edits_and_deletions_of_known_posts_arrive(reconnect, cast):
    edited = await post_it(cast.author)
    deleted = await post_it(cast.author)
    start = await head()
    await sync_to_async(edited.edit)(title="", body="Edited.", seen_version=1)
    deleted_id = deleted.pk
    await sync_to_async(deleted.delete)()

    reader = await reconnect(cast.follower, f"after={start}")

    update, deletion = await reader.frames("post.updated", "post.deleted")
    assert (update["id"], deletion["id"]) == (edited.pk, deleted_id)


async def test_a_post_created_and_deleted_meanwhile_arrives_as_deleted(reconnect, cast):
    start = await head()
    post = await post_it(cast.author)
    await sync_to_async(post.delete)()
    reader = await reconnect(cast.follower, f"after={start}")
    await reader.frames("post.deleted")
    assert await reader.rest() == []


@pytest.mark.parametrize("missed", AROUND_THE_LIMIT)
async def test_posts_up_to_the_limit_are_replayed_and_more_lead_to_a_reset(reconnect, cast, missed, monkeypatch):
    monkeypatch.setattr(replay, "MAX_REPLAYED_ROWS", LIMIT)
    start = await head()
    await sync_to_async(lambda: [make_post(cast.author, f"{number}") for number in range(missed)])()

    reader = await reconnect(cast.follower, f"after={start}")

    kinds = [frame["type"] for frame in await reader.rest()]
    assert kinds == (["post.created"] * missed if missed <= LIMIT else ["reset"])


@pytest.mark.parametrize("missed", AROUND_THE_LIMIT)
async def test_events_for_others_do_not_count_towards_the_limit(reconnect, cast, missed, monkeypatch):
    monkeypatch.setattr(replay, "MAX_REPLAYED_ROWS", LIMIT)
    start = await head()
    await sync_to_async(lambda: [make_post(cast.stranger, f"{number}") for number in range(missed)])()
    await post_it(cast.author, "The one that counts.")
    reader = await reconnect(cast.follower, f"after={start}")
    await reader.frames("post.created")
    assert await reader.rest() == []


async def test_an_invalid_cursor_leads_to_one_reset(reconnect, cast):
    await post_it(cast.author)
    cursors = ["x", "-1", "1e3", "1.5", "", "٣", "9" * 30, "999999999"]
    readers = {cursor: await reconnect(cast.follower, f"after={cursor}", hello=False) for cursor in cursors}
    for cursor, reader in readers.items():
        hello, reset = await reader.frames("hello", "reset")
        assert hello["cursor"] == reset["cursor"] == await head(), cursor
    await post_it(cast.author)
    for reader in readers.values():
        await reader.frames("post.created")


async def test_a_cursor_older_than_the_log_leads_to_a_reset(reconnect, cast):
    start = await head()
    for _ in range(3):
        await post_it(cast.author)
    await Hub.current().wait_until_idle()
    await sync_to_async(lambda: Event.objects.filter(position__lte=start + 2).delete())()
    Hub.current().log.tail = [entry for entry in Hub.current().log.tail if entry.position > start + 2]
    assert [frame["type"] for frame in await (await reconnect(cast.follower, f"after={start + 1}")).rest()] == ["reset"]
    assert [frame["type"] for frame in await (await reconnect(cast.follower, f"after={start + 2}")).rest()] == [
        "post.created"
    ]


async def test_a_follow_meanwhile_resets_the_home_feed(reconnect, cast):
    start = await head()
    await sync_to_async(cast.follower.follow)(cast.stranger)
    await post_it(cast.author)
    reader = await reconnect(cast.follower, f"after={start}")
    assert [frame["type"] for frame in await reader.rest()] == ["reset"]


async def test_many_resets_are_spread_over_time_and_a_single_one_is_immediate(read, cast):
    within = [(await (await read(None, "after=x")).frame())["within"] for _ in range(60)]
    assert within[0] == 0
    assert within[-1] >= 2
    assert max(within) <= 10


async def test_a_cursor_that_the_hub_has_not_reached_yet_is_valid(read, cast, hub, monkeypatch):
    """A page may have read the log's head just before the hub does."""
    monkeypatch.setattr("livefeed.live.publishing.wake_up", lambda: None)
    await post_it(cast.author)
    reader = await read(cast.follower, f"after={await head()}")
    await post_it(cast.author, "After that.")
    hub.wake_up()
    (frame,) = await reader.frames("post.created")
    assert "After that." in frame["html"]


async def test_clients_that_join_while_posts_are_made_miss_nothing_and_receive_nothing_twice(read, cast, settings):
    """Clients join with the cursor of a page read at that moment, while sixty posts are written."""
    settings.LIVEFEED_SOCKETS_PER_PERSON = 1_000
    writing = asyncio.create_task(
        sync_to_async(lambda: [make_post(cast.author, f"{number}") for number in range(60)], thread_sensitive=False)()
    )
    readers = []
    while not writing.done():
        cursor = await head()
        seen = await sync_to_async(lambda: set(Post.objects.values_list("pk", flat=True)))()
        readers.append((seen, await read(cast.follower, f"after={cursor}")))
    await writing
    everything = await sync_to_async(lambda: set(Post.objects.values_list("pk", flat=True)))()
    for seen, reader in readers:
        received = [frame["id"] for frame in await reader.rest()]
        assert len(received) == len(set(received))
        assert seen | set(received) == everything
