"""Votes: delivered where the poll is shown, as numbers only, and never to strangers."""

import json

import pytest
from asgiref.sync import sync_to_async

from livefeed.models import Like, Poll
from tests.factories import make_poll, make_user
from tests.live.conftest import head, wait_until_delivered
from tests.live.test_events_consumer import run  # noqa: F401  # a fixture

ask = sync_to_async(make_poll)
like = sync_to_async(Like.objects.add)


@sync_to_async
def vote(poll: Poll, *users, place: int = 0) -> None:
    for user in users:
        poll.vote(user, [poll.options.all()[place].pk])


def counted(poll: Poll, *options: int, likes: int = 0) -> tuple[str, int, int, dict]:
    return "post.counted", poll.pk, likes, {"votes": sum(options), "options": list(options)}


def summary(frames: list[dict]) -> list[tuple[str, int, int, dict]]:
    return [(frame["type"], frame["id"], frame["likes"], frame["poll"]) for frame in frames]


@pytest.mark.parametrize("view", ["home", "public", "user:author", "tag:garden", "post:{}", "shown"])
async def test_votes_arrive_where_the_poll_is_shown(read, cast, view):
    poll = await ask(cast.author, body="Which? #garden")
    page = await read(cast.follower, f"view={view.format(poll.pk)}")
    await page.shows(poll.pk)
    await vote(poll, cast.stranger, place=1)
    assert summary(await page.rest()) == [counted(poll, 0, 1)]


async def test_a_stranger_hears_nothing_of_a_poll_for_followers(read, cast):
    poll = await ask(cast.author, body="Which? #garden", audience="followers")
    views = ("public", "user:author", "tag:garden", "shown")
    strangers = [await read(cast.stranger, f"view={view}") for view in views] + [await read(None, "view=public")]
    for reader in strangers:
        await reader.shows(poll.pk)
    follower = await read(cast.follower)
    await vote(poll, cast.author)
    assert summary(await follower.rest()) == [counted(poll, 1, 0)]
    for reader in strangers:
        assert await reader.rest() == []


async def test_a_client_that_reconnects_receives_likes_and_votes_once_as_they_are_now(read, cast):
    poll = await ask(cast.author)
    start = await head()
    await like(cast.stranger, poll.post)
    await vote(poll, cast.stranger, cast.author)
    await vote(poll, await sync_to_async(make_user)(), place=1)
    await wait_until_delivered()
    follower = await read(cast.follower, f"after={start}")
    assert summary(await follower.rest()) == [counted(poll, 2, 1, likes=1)]


async def test_programs_receive_the_poll_and_no_frame_names_a_voter(run, cast):  # noqa: F811
    program = await run(cast.follower)
    stranger = await run(cast.stranger)
    poll = await ask(cast.author)
    (created,) = await program.frames("post.created")  # rendered before the vote
    await vote(poll, cast.stranger)
    (votes,) = await program.rest()
    assert created["post"]["poll"]["options"] == [{"text": "Tea", "votes": 0}, {"text": "Coffee", "votes": 0}]
    assert (created["post"]["poll"]["votes"], created["post"]["poll"]["multiple"]) == (0, False)
    assert votes["poll"] == {"votes": 1, "options": [1, 0]}
    assert "stranger" not in json.dumps([created, votes])
    assert await stranger.rest() == []
