"""Hub: delivery despite lost wakeups, posts that cannot be rendered, and failures of sockets, database and layer."""

import asyncio
import logging
from itertools import count
from unittest.mock import AsyncMock

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.utils import timezone

from consumers.hub import hub, layer_notifier
from consumers.hub.event_log import EventLog
from consumers.hub.hub import Hub
from consumers.protocol.transport import Sender
from livefeed.live import publishing
from livefeed.models import Event, Post
from livefeed.observability import health
from tests.factories import make_post
from tests.live.conftest import eventually, head, metric

post_it = sync_to_async(make_post)


async def test_a_lost_wakeup_delays_a_post_and_does_not_lose_it(read, cast, monkeypatch):
    monkeypatch.setattr(hub, "POLL_INTERVAL", 0.05)
    monkeypatch.setattr(publishing, "wake_up", lambda: None)
    follower = await read(cast.follower)
    stranger = await read(cast.stranger)
    await post_it(cast.author)
    await follower.frames("post.created")
    assert await stranger.rest() == []


async def test_doubled_and_late_wakeups_deliver_nothing_twice(read, cast):
    follower = await read(cast.follower)
    await post_it(cast.author)
    for _ in range(5):
        publishing.wake_up()
    await follower.frames("post.created")
    assert await follower.rest() == []


async def test_one_read_returns_all_posts_of_a_transaction(read, cast, monkeypatch):
    batch_sizes: list[int] = []
    real = EventLog.read

    async def counted(self):
        entries = await real(self)
        batch_sizes.append(len(entries))
        return entries

    follower = await read(cast.follower)
    monkeypatch.setattr(EventLog, "read", counted)

    @sync_to_async
    def post_in_one_transaction() -> None:
        from django.db import transaction

        with transaction.atomic():
            for number in range(50):
                make_post(cast.author, f"{number}")

    await post_in_one_transaction()
    assert len(await follower.rest()) == 50
    assert [size for size in batch_sizes if size] == [50]  # wakeups without new events lead to empty reads


async def test_a_post_that_cannot_be_rendered_is_skipped_and_counted(read, cast, monkeypatch, caplog):
    from livefeed.content.fragments import render_post

    def poisoned(post: Post) -> str:
        if "poison" in post.body:
            raise ValueError("cannot be rendered")
        return render_post(post)

    before = metric("poisoned_total")
    monkeypatch.setattr("livefeed.live.posts.render_post", poisoned)
    follower = await read(cast.follower)
    await post_it(cast.author, "poison")
    await post_it(cast.author, "The next post.")
    (frame,) = await follower.frames("post.created")
    assert "The next post." in frame["html"]
    assert metric("poisoned_total") == before + 1
    assert "cannot be rendered" in caplog.text


async def test_a_socket_that_fails_is_dropped_and_the_others_receive_the_post(read, cast, caplog):
    readers = [await read(cast.follower) for _ in range(3)]
    broken = next(iter(Hub.current().subscriptions.connections))

    async def fail(message):
        raise ConnectionResetError

    broken.sender.write = fail  # type: ignore[method-assign]
    await post_it(cast.author)
    received = [len(await reader.rest()) for reader in readers]
    assert sorted(received) == [0, 1, 1]
    assert broken not in Hub.current().subscriptions.connections


async def test_a_failing_database_delays_a_post_and_does_not_lose_it(read, cast, monkeypatch, caplog):
    follower = await read(cast.follower)
    real = EventLog.read
    failures = iter([OperationalError("gone"), OperationalError("still gone")])

    async def failing(self):
        for failure in failures:
            raise failure
        return await real(self)

    async def short_pause(seconds):
        await asyncio.tasks.sleep(0.001)

    before = metric("hub_failures_total")
    monkeypatch.setattr(EventLog, "read", failing)
    monkeypatch.setattr(hub, "POLL_INTERVAL", 0.05)
    monkeypatch.setattr("consumers.hub.hub.asyncio.sleep", short_pause)
    await post_it(cast.author)
    await follower.frames("post.created")
    assert metric("hub_failures_total") == before + 2


async def test_the_probe_fails_if_the_log_was_not_read_for_long(hub, monkeypatch):
    assert health.probes["hub"]() is None
    monkeypatch.setattr(hub, "_read_at", hub._read_at - 60)
    assert "60 s" in (health.probes["hub"]() or "")


async def test_a_heartbeat_carries_the_delivered_position_and_not_the_head(read, cast, monkeypatch):
    """A client that reconnects with the cursor of its last heartbeat must not skip committed but undelivered events."""
    follower = await read(cast.follower)
    delivered = await head()
    monkeypatch.setattr(EventLog, "read", AsyncMock(return_value=[]))
    await post_it(cast.author)
    await Hub.current().maintenance.send_heartbeats()
    assert await follower.frame(heartbeats=True) == {"type": "heartbeat", "cursor": delivered}


async def test_a_layer_that_hangs_delays_no_post(hub, cast, read, monkeypatch, caplog):
    never = asyncio.Event()

    async def hang(*args):
        await never.wait()

    monkeypatch.setattr(layer_notifier, "LAYER_TIMEOUT", 0.05)
    monkeypatch.setattr(hub._notifier._layer, "group_send", hang)
    follower = await read(cast.follower)
    with caplog.at_level(logging.WARNING, "consumers.hub.layer_notifier"):
        for number in range(20):
            await post_it(cast.author, f"{number}")
        assert len(await follower.rest()) == 20
        await eventually(lambda: health.probes["layer"]() is not None)
    assert caplog.text.count("does not answer") == 1
    ready, parts = await sync_to_async(health.report)()
    assert ready
    assert "up to two seconds late" in parts["layer"]


async def test_a_wakeup_from_another_process_wakes_the_hub(hub, cast, read, monkeypatch):
    """The post is saved without a wakeup in this process; another process sends one through the layer."""
    monkeypatch.setattr(publishing, "wake_up", lambda: None)
    monkeypatch.setattr("consumers.hub.hub.POLL_INTERVAL", 60)
    follower = await read(cast.follower)
    hub._wakeup.set()  # ends the wait that began with the short POLL_INTERVAL
    await hub.wait_until_idle()
    await post_it(cast.author)

    async def has_received() -> bool:
        await hub._notifier._layer.group_send(
            layer_notifier.HUB_GROUP, {"type": "log.moved", "from": "another process"}
        )
        return not follower.socket.output_queue.empty()

    await eventually(has_received)
    await follower.frames("post.created")


async def test_a_wakeup_listener_that_raises_neither_breaks_the_save_nor_the_other_listeners(hub, cast, read):
    def broken() -> None:
        raise RuntimeError("a broken listener")

    publishing.add_wakeup_listener(broken)
    try:
        follower = await read(cast.follower)
        await post_it(cast.author)
        await follower.frames("post.created")
    finally:
        publishing.remove_wakeup_listener(broken)


@pytest.mark.parametrize("posts", [1200])
async def test_more_posts_than_one_read_returns_arrive_completely_and_in_order(hub, cast, read, posts):
    follower = await read(cast.follower)

    @sync_to_async
    def post_in_bulk() -> None:
        made = Post.objects.silently().bulk_create(
            [Post(author=cast.author, body=f"{number}") for number in range(posts)]
        )
        topics = f" author:{cast.author.pk} "
        rows = [Event(kind="post.created", subject_id=post.pk, actor_id=cast.author.pk, topics=topics) for post in made]
        Event.objects.bulk_create(rows)
        publishing.wake_up()

    await post_in_bulk()
    received = [frame["id"] for frame in await follower.rest()]
    assert len(received) == posts
    assert received == sorted(received)


async def test_posts_of_one_batch_each_reach_their_own_audience(cast, read, monkeypatch):
    """Two authors' posts follow each other in one batch that ends with a deletion. The page of a new post is opened
    before the hub has read the post."""
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)
    visitor = await read(None, "view=public")
    profile = await read(None, "view=user:author")
    start = await head()
    gate = asyncio.Event()
    log_read = EventLog.read

    async def read_when_open(self):
        await gate.wait()
        return await log_read(self)

    monkeypatch.setattr(EventLog, "read", read_when_open)
    of_author = [await post_it(cast.author, f"{number}") for number in range(3)]
    of_stranger = [await post_it(cast.stranger, f"{number}") for number in range(2)]
    of_author += [await post_it(cast.author, "Deleted."), await post_it(cast.author, "The last one.")]
    deleted = of_author[3].pk
    last = of_author[4].pk
    await sync_to_async(of_author[3].delete)()
    page = await read(None, f"view=post:{of_author[1].pk}&after={start}")
    gate.set()
    sockets = {"reader": reader, "stranger": stranger, "visitor": visitor, "profile": profile, "page": page}
    received = {
        name: [(frame["type"], frame["id"]) for frame in await socket.rest()] for name, socket in sockets.items()
    }

    def created(*posts: Post) -> list[tuple[str, int]]:
        return [("post.created", post.pk) for post in posts]

    end = [("post.created", last), ("post.deleted", deleted)]
    assert received["reader"] == received["profile"] == created(*of_author[:3]) + end
    assert received["visitor"] == created(*of_author[:3], *of_stranger) + end
    assert received["stranger"] == created(*of_stranger)
    assert received["page"] == created(of_author[1])


async def test_a_hub_that_is_cancelled_during_a_write_restarts_and_delivers_everything_once(
    hub, cast, read, monkeypatch
):
    """One of three readers has received the post at that moment."""
    readers = [await read(cast.follower) for _ in range(3)]
    stranger = await read(cast.stranger)
    writes = count()
    write = Sender.write

    def cancel_after_the_first(self, message):
        if next(writes) == 1:
            raise asyncio.CancelledError
        return write(self, message)

    monkeypatch.setattr(Sender, "write", cancel_after_the_first)
    post = await post_it(cast.author)
    for reader in readers:
        (frame,) = await reader.frames("post.created")
        assert frame["id"] == post.pk
    await post_it(cast.author, "The next one.")
    for reader in readers:
        assert len(await reader.rest()) == 1
    assert await stranger.rest() == []


async def test_old_events_and_expired_sessions_are_deleted(hub, cast, read, settings):
    settings.LIVEFEED_LOG_DAYS = 0
    follower = await read(cast.follower)
    stranger = await read(cast.stranger)
    await post_it(cast.author)
    await follower.frames("post.created")
    await sync_to_async(cast.follower.sessions.update)(expire_date=timezone.now())
    await hub.maintenance.prune()
    (ended,) = await follower.frames("error")
    assert ended["code"] == "signed_out"
    assert await sync_to_async(cast.stranger.sessions.count)() == 1
    assert await sync_to_async(lambda: Event.objects.filter(position__lt=hub.log.position - 1).count())() == 0
    assert await stranger.rest() == []
