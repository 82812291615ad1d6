"""Replies by push and by replay: on pages of the thread, in homes that follow both authors, and nowhere else."""

import pytest
from asgiref.sync import sync_to_async

from consumers.hub.event_log import EventLog
from tests.factories import make_post
from tests.live.conftest import head, wait_until_delivered

post_it = sync_to_async(make_post)


def created(frames: list[dict]) -> list[int]:
    return [frame["id"] for frame in frames if frame["type"] == "post.created"]


@pytest.mark.parametrize("way", ["push", "memory", "database"])
async def test_a_reply_reaches_the_pages_that_it_concerns(read, cast, way, monkeypatch):
    post = await post_it(cast.author, "First.")
    other = await post_it(cast.author, "Another.")
    start = await head()
    views = {
        "its page": (None, f"view=post:{post.pk}", True),
        "another page": (None, f"view=post:{other.pk}", False),
        "home of a follower of both": (cast.follower, "view=home", True),
        "home of its author, who follows no one": (cast.stranger, "view=home", False),
        "home of the parent's author": (cast.author, "view=home", False),
        "public feed": (None, "view=public", False),
        "page of its author": (None, "view=user:stranger", False),
        "a tag": (None, "view=tag:garden", True),
    }
    await sync_to_async(cast.follower.follow)(cast.stranger)
    start = await head()
    after = "" if way == "push" else f"&after={start}"
    opened = {name: await read(person, query) for name, (person, query, _) in views.items()} if way == "push" else {}
    reply = await post_it(cast.stranger, "Indeed. #garden", parent=post)
    await wait_until_delivered()
    if way == "database":
        monkeypatch.setattr(EventLog, "_first_in_memory", property(lambda self: self.position))
    if way != "push":
        opened = {name: await read(person, query + after) for name, (person, query, _) in views.items()}
    for name, (_, _, concerned) in views.items():
        assert created(await opened[name].rest()) == ([reply.pk] if concerned else []), name


async def test_a_page_receives_changes_above_and_directly_below(read, cast):
    top = await post_it(cast.author, "Top.")
    middle = await post_it(cast.stranger, "Middle.", parent=top)
    page = await read(None, f"view=post:{middle.pk}")
    await page.shows(top.pk, middle.pk)
    await sync_to_async(top.edit)(title="", body="Top, edited.", seen_version=1)
    below = await post_it(cast.author, "Below.", parent=middle)
    await post_it(cast.author, "Beside.", parent=top)
    await post_it(cast.author, "Further below.", parent=below)
    received = [(frame["type"], frame["id"]) for frame in await page.rest()]
    assert [each for each in received if each[0] != "post.counted"] == [
        ("post.updated", top.pk),
        ("post.created", below.pk),
    ]
    counted = {pk for kind, pk in received if kind == "post.counted"}
    assert counted == {top.pk, middle.pk, below.pk}


async def test_a_page_that_shows_post_and_parent_receives_each_change_once(read, cast):
    top = await post_it(cast.author, "Top.")
    middle = await post_it(cast.stranger, "Middle.", parent=top)
    page = await read(None, f"view=post:{middle.pk}")
    await sync_to_async(middle.edit)(title="", body="Edited.", seen_version=1)
    assert [frame["type"] for frame in await page.rest()] == ["post.updated"]


async def test_a_reply_for_followers_reaches_followers_only(read, cast):
    post = await post_it(cast.author, audience="followers")
    follower = await read(cast.follower, f"view=post:{post.pk}")
    public = await post_it(cast.author)
    visitor = await read(None, f"view=post:{public.pk}")
    stranger = await read(cast.stranger, f"view=post:{public.pk}")
    secret = await post_it(cast.author, "For you.", parent=public, audience="followers")
    reply = await post_it(cast.author, "For you, too.", parent=post)
    assert created(await follower.rest()) == [reply.pk]
    for reader in (visitor, stranger):
        assert [frame["type"] for frame in await reader.rest()] == ["post.counted"]
    assert secret.audience == "followers"
