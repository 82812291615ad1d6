"""Signals that a user is writing a reply: who receives them, how often, and that nothing waits for them."""

import time
from collections.abc import Iterator

import pytest
from asgiref.sync import sync_to_async

from consumers.hub import layer_notifier
from livefeed.limits import counters
from livefeed.live import ephemeral
from livefeed.models import Event, Post, Preferences, User
from tests.factories import make_post, make_user, signed_in
from tests.live.conftest import eventually
from tests.live.test_events_consumer import run  # noqa: F401  # a fixture

post_it = sync_to_async(make_post)


@pytest.fixture(autouse=True)
def _unlimited(transactional_db) -> Iterator[None]:
    """Empties the counters before and after each test."""
    counters.prune(time.time() + 1e9)
    yield
    counters.prune(time.time() + 1e9)


@sync_to_async
def write(user: User, post: Post, **fields: str) -> int:
    """Signals that a user is writing a reply to a post; returns the status of the response."""
    return signed_in(user).post(f"/posts/{post.pk}/writing/", fields).status_code


async def test_everyone_on_a_public_thread_sees_the_writer_except_the_writer(read, run, cast):  # noqa: F811
    post = await post_it(cast.author)
    other = await post_it(cast.author)
    pages = [await read(user, f"view=post:{post.pk}") for user in (cast.stranger, None)]
    others = [
        await read(cast.follower, f"view=post:{post.pk}"),
        await read(cast.stranger, f"view=post:{other.pk}"),
        await read(cast.stranger, "view=home"),
    ]
    others.append(await run(cast.stranger, f"view=post:{post.pk}"))
    events = await Event.objects.acount()

    assert await write(cast.follower, post) == 204

    for page in pages:
        expected = {"type": "writing", "post": post.pk, "author": cast.follower.pk, "name": "Follower"}
        assert await page.frame() == expected
    assert [await page.rest() for page in others] == [[], [], [], []]
    assert await Event.objects.acount() == events


async def test_a_reply_for_followers_is_signalled_to_followers_only(read, cast):
    public = await post_it(cast.stranger)
    private = await post_it(cast.stranger, audience=Post.Audience.FOLLOWERS)
    for user in (cast.author, cast.follower):
        await sync_to_async(user.follow)(cast.stranger)
    for post, fields in ((public, {"audience": "followers"}), (private, {"audience": "public"})):
        follower, no_follower = [await read(user, f"view=post:{post.pk}") for user in (cast.follower, cast.stranger)]
        await sync_to_async(counters.prune)(time.time() + 1e9)
        await write(cast.author, post, **fields)
        assert (await follower.frame())["name"] == "Author"
        assert await no_follower.rest() == []


async def test_a_post_that_the_writer_may_not_see_is_not_found(read, cast):
    post = await post_it(cast.author, audience=Post.Audience.FOLLOWERS)
    follower = await read(cast.follower, f"view=post:{post.pk}")
    assert await write(cast.stranger, post) == 404
    assert await follower.rest() == []


@sync_to_async
def switch_off(user: User) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"shows_writing": False})


@sync_to_async
def deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(activated_at=None)


@pytest.mark.parametrize("end_right", [switch_off, deactivate])
async def test_a_writer_who_does_not_want_it_or_may_not_reply_is_not_shown(read, cast, end_right):
    post = await post_it(cast.author)
    page = await read(cast.stranger, f"view=post:{post.pk}")
    await end_right(cast.follower)
    assert await write(cast.follower, post) == 204
    await write(cast.author, post)
    assert (await page.frame())["name"] == "Author"
    assert await page.rest() == []


async def test_a_user_signals_at_most_once_in_three_seconds(read, cast):
    post = await post_it(cast.author)
    page = await read(cast.stranger, f"view=post:{post.pk}")
    assert [await write(cast.follower, post) for _ in range(3)] == [204, 204, 204]
    await write(cast.author, post)
    assert [(await page.frame())["name"] for _ in range(2)] == ["Follower", "Author"]


async def test_a_page_that_is_full_or_not_live_misses_the_signal_and_no_event(hub, read, cast, monkeypatch):
    post = await post_it(cast.author)
    slow = await read(cast.stranger, f"view=post:{post.pk}")
    (connection,) = hub.subscriptions.connections
    monkeypatch.setattr(connection.sender, "is_full", True)
    page = await read(None, f"view=post:{post.pk}")
    position = connection.position

    await write(cast.follower, post)
    await page.frames("writing")

    monkeypatch.setattr(connection.sender, "is_full", False)
    assert (connection.position, connection.is_live) == (position, True)
    reply = await post_it(cast.follower, "Here it is.", parent=post)
    assert [frame["id"] for frame in await slow.rest() if frame["type"] == "post.created"] == [reply.pk]


async def test_the_signal_is_sent_to_other_processes_and_theirs_is_shown(hub, read, cast, monkeypatch):
    post = await post_it(cast.author)
    page = await read(cast.stranger, f"view=post:{post.pk}")
    layer = hub._notifier._layer
    channel = await layer.new_channel()
    await layer.group_add(layer_notifier.HUB_GROUP, channel)
    await write(cast.follower, post)
    (sent,) = await page.frames("writing")

    while (message := await layer.receive(channel))["type"] != "ephemeral.sent":
        pass
    await layer.group_send(layer_notifier.HUB_GROUP, message | {"from": "another process"})

    assert await page.frames("writing") == [sent]
    await layer.group_send(layer_notifier.HUB_GROUP, message | {"from": "a newer version", "events": [{"new": 1}]})
    await layer.group_send(layer_notifier.HUB_GROUP, message | {"from": "another process"})
    assert await page.frames("writing") == [sent]


async def test_a_layer_that_hangs_delays_neither_the_request_nor_the_signal(hub, read, cast, monkeypatch):
    post = await post_it(cast.author)
    page = await read(cast.stranger, f"view=post:{post.pk}")

    async def hang(*arguments):
        await eventually(lambda: False)

    monkeypatch.setattr(hub._notifier._layer, "group_send", hang)
    for number in range(3):
        await write(await sync_to_async(make_user)(f"writer{number}"), post)
        assert (await page.frame())["name"] == f"Writer{number}"


async def test_many_events_at_once_are_sent_in_one_message_of_bounded_size(hub, monkeypatch):
    messages = []

    async def record(group, message):
        messages.append(message)

    monkeypatch.setattr(hub._notifier._layer, "group_send", record)
    for number in range(250):
        ephemeral.send("writing", topics=["thread:1"], fields={"post": number})

    await eventually(lambda: messages)
    numbers = [event["fields"]["post"] for event in messages[0]["events"]]
    assert numbers == list(range(250 - layer_notifier.MAX_UNSENT_EVENTS, 250))


def test_an_event_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="too long"):
        ephemeral.send("writing", topics=[], fields={"name": "x" * 1_000})
