"""The long poll: the frames of a socket over plain HTTP, one answer at a time."""

import asyncio
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator
from django.db import connection

from asgi import application
from consumers import poll as poll_module
from livefeed.live.publishing import reset_feeds
from livefeed.models import User
from tests.factories import cookie_of, make_post
from tests.live.conftest import TIMEOUT, eventually, head, metric
from tests.live.endings import WAKE_UPS, disable_wake_ups

post_it = sync_to_async(make_post)
Frames = list[dict[str, Any]]


class Poll:
    """A poll and its answer."""

    def __init__(self, query: str = "", cookie: str = "", address: str = "192.0.2.1") -> None:
        headers = [(b"host", b"testserver"), (b"cookie", cookie.encode())]
        self.request = HttpCommunicator(application, "GET", f"/ws/feed/?{query}", headers=headers)
        self.request.scope["client"] = [address, 40_000]
        self.status = 0
        self.headers: dict[bytes, bytes] = {}

    async def frames(self) -> Frames:
        """Returns all frames of the answer."""
        answer = await self.request.get_response(TIMEOUT)
        self.status = answer["status"]
        self.headers = dict(answer["headers"])
        frames: Frames = json.loads(answer["body"])
        return frames

    async def news(self) -> Frames:
        """Returns the frames of an answer with status 200, without hello and heartbeats."""
        hello, *news = await self.frames()
        assert (self.status, hello["type"]) == (200, "hello")
        return [frame for frame in news if frame["type"] != "heartbeat"]


@asynccontextmanager
async def waiting(hub: Any, *polls: Poll) -> Any:
    """Sends polls and waits until they are admitted; yields their answers as tasks."""
    answers = [asyncio.create_task(poll.frames()) for poll in polls]
    await eventually(lambda: len(hub.subscriptions.connections) == len(polls))
    yield answers
    for answer in answers:
        answer.cancel()


@pytest.fixture
def cookies(cast) -> Callable[[User], Any]:
    return sync_to_async(cookie_of)


def without_heartbeats(frames: Frames) -> Frames:
    return [frame for frame in frames if frame["type"] != "heartbeat"]


async def test_an_answer_contains_the_frames_of_a_socket(hub, read, cast, cookies):
    start = await head()
    cookie = await cookies(cast.follower)
    for number in range(3):
        await post_it(cast.author, f"Number {number}.")
    await post_it(cast.stranger, "Not for them.")
    await hub.wait_until_idle()
    socket = await read(cast.follower, f"view=home&after={start}")

    poll = Poll(f"view=home&after={start}", cookie)
    answer = await poll.frames()

    assert answer[0] == {"type": "hello", "cursor": start, "heartbeat": 25}
    assert without_heartbeats(answer)[1:] == await socket.rest()
    assert answer[-1] == {"type": "heartbeat", "cursor": await head()}
    assert poll.headers[b"content-type"] == b"application/json"
    assert poll.headers[b"cache-control"] == b"no-store"


@pytest.mark.parametrize("wake_ups", WAKE_UPS)
async def test_an_answer_waits_for_the_next_event(hub, cast, cookies, monkeypatch, wake_ups):
    if wake_ups == "wake-ups lost":
        disable_wake_ups(monkeypatch)
    polls = [Poll(f"after={await head()}", await cookies(person)) for person in (cast.follower, cast.stranger)]
    async with waiting(hub, *polls) as (follower, stranger):
        post = await post_it(cast.author)
        hello, created = await follower
        assert (hello["type"], created["type"], created["id"]) == ("hello", "post.created", post.pk)
        await hub.wait_until_idle()
        assert not stranger.done()


async def test_a_poll_with_wait_0_is_answered_at_once(hub, cast, cookies):
    answer = await Poll(f"wait=0&after={await head()}", await cookies(cast.follower)).news()
    assert answer == []


async def test_a_heartbeat_ends_a_poll(hub, cast, cookies):
    start = await head()
    async with waiting(hub, Poll(f"after={start}", await cookies(cast.follower))) as (answer,):
        await hub.maintenance.send_heartbeats()
        assert (await answer)[1:] == [{"type": "heartbeat", "cursor": start}]


async def test_a_poll_without_events_ends_after_its_timeout(hub, cast, cookies, monkeypatch):
    monkeypatch.setattr(poll_module, "POLL_TIMEOUT", 0.05)
    assert await Poll(f"after={await head()}", await cookies(cast.follower)).news() == []
    assert not hub.subscriptions.connections


async def test_events_committed_together_are_in_one_answer(hub, cast, cookies):
    async with waiting(hub, Poll(f"after={await head()}", await cookies(cast.follower))) as (answer,):
        await sync_to_async(post_together)(cast.author, 5)
        assert [frame["type"] for frame in await answer] == ["hello"] + ["post.created"] * 5


def post_together(author: User, number: int) -> None:
    from django.db import transaction

    with transaction.atomic():
        for each in range(number):
            make_post(author, f"Number {each}.")


async def test_a_visitor_polls_the_public_feed_and_receives_a_reset(hub, cast):
    async with waiting(hub, Poll(f"view=public&after={await head()}")) as (answer,):
        await sync_to_async(reset_feeds)()
        assert [frame["type"] for frame in await answer] == ["hello", "reset"]


@pytest.mark.parametrize("cursor", ["nonsense", "99999999", ""])
async def test_an_invalid_cursor_is_answered_with_a_reset_at_once(hub, cast, cursor):
    await hub.wait_until_idle()  # brings the hub to the head
    (reset,) = await Poll(f"view=public&after={cursor}").news()
    assert reset == {"type": "reset", "cursor": await head(), "within": 0}


async def test_no_event_is_lost_or_doubled_between_two_polls(hub, cast, cookies):
    def stream() -> list[int]:
        try:
            return [make_post(cast.author, f"Number {number}.").pk for number in range(40)]
        finally:
            connection.close()

    cursor = await head()
    cookie = await cookies(cast.follower)
    received: list[int] = []
    posting = asyncio.create_task(asyncio.to_thread(stream))
    while len(received) < 40:
        frames = await Poll(f"view=home&after={cursor}", cookie).frames()
        cursor = frames[-1]["cursor"]
        received += [frame["id"] for frame in frames if frame["type"] == "post.created"]
    assert received == await posting


# --- Authorization ---


@pytest.mark.parametrize(
    ("query", "code"),
    [("view=home", "signed_out"), ("view=user:nobody", "unknown_view"), ("view=post:99999", "unknown_view")],
)
async def test_a_refused_view_is_answered_with_an_error_and_403(hub, cast, query, code):
    before = metric("sockets_refused_total")
    poll = Poll(query)
    (frame,) = await poll.frames()
    assert (poll.status, frame["type"], frame["code"]) == (403, "error", code)
    assert metric("sockets_refused_total") == before + 1
    assert not hub.subscriptions.connections


async def test_too_many_visitors_of_one_address_are_answered_with_503(hub, cast, settings):
    settings.LIVEFEED_SOCKETS_PER_ADDRESS = 2
    start = await head()
    async with waiting(hub, *[Poll(f"view=public&after={start}") for _ in range(2)]):
        poll = Poll(f"view=public&after={start}")
        (frame,) = await poll.frames()
        assert (poll.status, frame["type"], frame["code"]) == (503, "error", "too_many")
        assert await Poll(f"view=public&wait=0&after={start}", address="192.0.2.2").news() == []


async def test_a_sign_out_ends_a_waiting_poll_with_an_error(hub, cast, cookies):
    poll, stranger = [Poll("", await cookies(person)) for person in (cast.follower, cast.stranger)]
    async with waiting(hub, poll, stranger) as (answer, other):
        await sync_to_async(cast.follower.sessions.all().delete)()
        frames = await answer
        assert (poll.status, frames[-1]["type"], frames[-1]["code"]) == (403, "error", "signed_out")
        await hub.wait_until_idle()
        assert not other.done()


async def test_a_poll_after_a_sign_out_receives_no_posts(hub, cast, cookies):
    start = await head()
    cookie = await cookies(cast.follower)
    await post_it(cast.author, "Not for you any more.")
    await sync_to_async(cast.follower.sessions.all().delete)()
    poll = Poll(f"view=home&after={start}", cookie)
    assert [frame["code"] for frame in await poll.frames()] == ["signed_out"]
    assert poll.status == 403


# --- Cleaning up ---


async def test_a_disconnected_poll_leaves_nothing_behind(hub, cast, cookies):
    polls = [Poll("view=home", await cookies(cast.follower)), Poll("view=user:author")]
    async with waiting(hub, *polls):
        assert metric("sockets", kind="poll") == 2
        for poll in polls:
            await poll.request.send_input({"type": "http.disconnect"})
        await eventually(lambda: not hub.subscriptions.connections)
    assert [
        *hub.subscriptions.viewers,
        *hub.subscriptions.visitors,
        *hub.subscriptions._viewers_by_author,
        *hub.subscriptions._by_topic,
    ] == []
    assert metric("sockets", kind="poll") == 0


async def test_an_answer_leaves_nothing_behind(hub, cast, cookies):
    await Poll("wait=0", await cookies(cast.follower)).frames()
    await Poll("wait=0&view=public").frames()
    assert not hub.subscriptions.connections
    assert [
        *hub.subscriptions.viewers,
        *hub.subscriptions.visitors,
        *hub.subscriptions._viewers_by_author,
        *hub.subscriptions._by_topic,
    ] == []


async def test_a_cancelled_poll_leaves_no_task_behind(hub, cast, cookies):
    poll = Poll("", await cookies(cast.follower))
    async with waiting(hub, poll) as (answer,):
        await asyncio.sleep(0)  # it waits for frames now
        before = asyncio.all_tasks()
        poll.request.future.cancel()
        answer.cancel()
        await eventually(lambda: not hub.subscriptions.connections)
        left = [str(task.get_coro()) for task in asyncio.all_tasks() & before]
    assert [each for each in left if "Event.wait" in each or "_until_disconnected" in each] == []
