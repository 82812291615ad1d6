"""Rights that end while posts stream: no hidden post is delivered after the event that ended them."""

import asyncio
from collections.abc import Callable
from threading import Event as Flag

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import connection

from livefeed.models import Event, Post, Session, User
from tests.factories import Cast, make_post, make_user
from tests.faults.conftest import full_or
from tests.live.conftest import TIMEOUT, Reader, wait_until_delivered
from tests.live.endings import WAKE_UPS, browser_of, disable_wake_ups, session_key

POSTS = full_or(24, 50)


@pytest.fixture(params=WAKE_UPS, autouse=True)
def _ring(request, monkeypatch) -> None:
    if request.param == "wake-ups lost":
        disable_wake_ups(monkeypatch)


@pytest.fixture
async def neighbour(read, cast):
    """Socket of another follower, which receives everything."""
    other = await sync_to_async(make_user)("neighbour")
    await sync_to_async(other.follow)(cast.author)
    return await read(other)


class Stream:
    """A thread that creates POSTS posts; the last ten only after the right has ended."""

    def __init__(self, author: User) -> None:
        self._author = author
        self.halfway = Flag()
        self.right_has_ended = Flag()

    def run(self) -> list[int]:
        """Creates the posts; returns their ids."""
        try:
            return [self._post(number) for number in range(POSTS)]
        finally:
            connection.close()

    def _post(self, number: int) -> int:
        if number == POSTS // 2:
            self.halfway.set()
        if number == POSTS - 10:
            assert self.right_has_ended.wait(TIMEOUT)
        return make_post(self._author, f"Number {number}.").pk


async def end_right_midway(author: User, end_right: Callable[[], object]) -> list[int]:
    """Streams the author's posts and ends the right in the middle; returns the ids of the posts."""
    stream = Stream(author)
    posting = asyncio.create_task(asyncio.to_thread(stream.run))
    await asyncio.to_thread(stream.halfway.wait, TIMEOUT)
    await sync_to_async(end_right)()
    stream.right_has_ended.set()
    return await posting


@sync_to_async
def position_of(kind: str) -> int:
    """Returns the log position of the only event of a kind."""
    return Event.objects.get(kind=kind).position or 0


async def frames_until_now(reader: Reader) -> list[dict]:
    """Returns the frames of a socket that may be closed; frames after the close would be found too."""
    await wait_until_delivered()
    ended = await without_end(reader.socket)
    frames = await reader.rest()
    assert not ended or frames[-1]["type"] == "error"
    return frames


async def without_end(socket: WebsocketCommunicator) -> bool:
    """Removes the close from a socket's output, where it must be last; returns True if there was one."""
    outputs = []
    while not socket.output_queue.empty():
        outputs.append(await socket.receive_output())
    closings = [number for number, output in enumerate(outputs) if output["type"] == "websocket.close"]
    assert closings in ([], [len(outputs) - 1])
    for output in outputs[: len(outputs) - len(closings)]:
        socket.output_queue.put_nowait(output)
    return bool(closings)


def created(frames: list[dict], after: int = 0) -> list[int]:
    return [frame["id"] for frame in frames if frame["type"] == "post.created" and frame["cursor"] > after]


def suspend(person: User) -> None:
    person.is_active = False
    person.save()


ENDINGS = {
    "log-out": (lambda reader, person: browser_of(reader).post("/accounts/logout/"), "sign_in.ended"),
    "session": (lambda reader, _: Session.objects.get(session_key=session_key(reader)).delete(), "sign_in.ended"),
    "password": (lambda _, person: (person.set_password("another one"), person.save()), "password.changed"),
    "suspension": (lambda _, person: suspend(person), "user.suspended"),
    "account": (lambda _, person: User.objects.get(pk=person.pk).delete(), "sign_in.ended"),
}


@pytest.mark.parametrize("name", ENDINGS)
async def test_a_socket_receives_nothing_after_its_right_ends(read, cast: Cast, neighbour, name):
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)
    end, kind = ENDINGS[name]

    ids = await end_right_midway(cast.author, lambda: end(reader, cast.follower))

    frames = await frames_until_now(reader)
    assert created(frames, after=await position_of(kind)) == []
    assert created(frames) == ids[: len(created(frames))]
    assert frames[-1]["type"] == "error"
    assert created(await neighbour.rest()) == ids
    assert await stranger.rest() == []


async def test_a_home_receives_nothing_of_an_author_after_unfollowing(read, cast: Cast, neighbour):
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)

    ids = await end_right_midway(cast.author, lambda: cast.follower.unfollow(cast.author))

    frames = await reader.rest()
    taken_at = await position_of("follow.removed")
    before = created(frames)
    assert before == ids[: len(before)]
    assert len(before) >= POSTS // 2
    assert created(frames, after=taken_at) == []
    assert [frame["cursor"] for frame in frames if frame["type"] == "reset"] == [taken_at]
    assert created(await neighbour.rest()) == ids
    assert await stranger.rest() == []


@pytest.mark.parametrize("query", ["view=home", "view=public", "view=user:author"])
async def test_posts_of_a_suspended_author_are_not_delivered(read, cast: Cast, query):
    reader = await read(cast.follower, query)
    stranger = await read(cast.stranger)

    await end_right_midway(cast.author, lambda: suspend(User.objects.get(pk=cast.author.pk)))

    frames = await reader.rest()
    taken_at = await position_of("user.suspended")
    assert created(frames, after=taken_at) == []
    assert [frame["cursor"] for frame in frames if frame["type"] == "reset"] == [taken_at]
    assert await stranger.rest() == []


async def test_a_deleted_post_is_never_delivered_after_its_deletion(read, cast: Cast, neighbour):
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)

    def edit_and_delete_the_newest() -> None:
        post = Post.objects.latest("pk")
        post.edit(title="", body="Changed, and gone.", seen_version=post.version)
        post.delete()

    ids = await end_right_midway(cast.author, edit_and_delete_the_newest)

    for received in (await reader.rest(), await neighbour.rest()):
        (gone,) = [frame for frame in received if frame["type"] == "post.deleted"]
        assert not [frame for frame in received if frame["id"] == gone["id"] and frame["cursor"] > gone["cursor"]]
        assert [each for each in created(received) if each != gone["id"]] == [
            each for each in ids if each != gone["id"]
        ]
    assert await stranger.rest() == []
