"""Counts of likes: delivered where the post is shown, batched when there are many, and finally correct."""

import pytest
from asgiref.sync import sync_to_async

from consumers.hub import hub as hub_module
from consumers.hub.event_log import EventLog
from livefeed.models import Bookmark, Like, Post
from tests.factories import make_post, make_user
from tests.live.conftest import head, wait_until_delivered

post_it = sync_to_async(make_post)
like = sync_to_async(Like.objects.add)


@sync_to_async
def like_by_many(post: Post, count: int) -> None:
    for user in [make_user() for _ in range(count)]:
        Like.objects.add(user, post)


def summary(frames: list[dict]) -> list[tuple[str, int, int]]:
    """Returns type, post id and likes of each frame."""
    return [(frame["type"], frame["id"], frame["likes"]) for frame in frames]


@pytest.mark.parametrize("view", ["home", "public", "user:author", "tag:garden", "post:{}", "shown"])
async def test_a_count_arrives_where_the_post_is_shown(read, cast, view):
    post = await post_it(cast.author, "Hello #garden.")
    other = await post_it(cast.author, "Hello #garden.")
    page = await read(cast.follower, f"view={view.format(post.pk)}")
    await page.shows(post.pk)
    elsewhere = await read(cast.follower, f"view={view.format(other.pk)}")
    await elsewhere.shows(other.pk)
    await like(cast.stranger, post)
    assert summary(await page.rest()) == [("post.counted", post.pk, 1)]
    assert post.pk not in [frame["id"] for frame in await elsewhere.rest()]


async def test_counts_of_private_posts_do_not_reach_strangers(read, cast):
    private = await post_it(cast.author, "Hello #garden.", audience="followers")
    others = [await read(cast.stranger, f"view={view}") for view in ("public", "user:author", "tag:garden", "shown")]
    for reader in others:
        await reader.shows(private.pk)
    follower = await read(cast.follower)
    await like(cast.follower, private)
    assert summary(await follower.rest()) == [("post.counted", private.pk, 1)]
    for reader in others:
        assert await reader.rest() == []


async def test_a_bookmark_is_not_delivered(read, cast):
    post = await post_it(cast.author)
    follower = await read(cast.follower)
    await sync_to_async(Bookmark.objects.add)(cast.follower, post)
    assert await follower.rest() == []


async def test_many_likes_lead_to_few_frames_and_the_last_is_correct(read, cast, monkeypatch):
    monkeypatch.setattr(hub_module, "COUNTS_INTERVAL", 60.0)
    post = await post_it(cast.author)
    follower = await read(cast.follower)
    stranger = await read(cast.stranger)
    await like_by_many(post, 30)
    monkeypatch.setattr(hub_module, "COUNTS_INTERVAL", 0.0)
    hub_module.Hub.current()._counts_due_at = 0.0
    frames = summary(await follower.rest())
    assert frames[-1] == ("post.counted", post.pk, 30)
    assert len(frames) <= 3
    assert await stranger.rest() == []


async def test_a_post_does_not_wait_for_counts(read, cast, monkeypatch):
    monkeypatch.setattr(hub_module, "COUNTS_INTERVAL", 60.0)
    post = await post_it(cast.author)
    follower = await read(cast.follower)
    await like(cast.stranger, post)
    await follower.frames("post.counted")
    await like(cast.follower, post)
    new = await post_it(cast.author, "New.")
    assert summary(await follower.frames("post.counted")) == [("post.counted", post.pk, 2)]
    assert (await follower.frame())["id"] == new.pk


@pytest.mark.parametrize("memory", [True, False], ids=["memory", "database"])
async def test_a_client_that_reconnects_receives_the_present_count_once(read, cast, memory, monkeypatch):
    monkeypatch.setattr(hub_module, "COUNTS_INTERVAL", 0.0)
    post = await post_it(cast.author)
    edited = await post_it(cast.author)
    start = await head()
    await like_by_many(post, 5)
    await like_by_many(edited, 2)
    await sync_to_async(edited.edit)(title="", body="Edited.", seen_version=1)
    await like_by_many(edited, 2)
    await wait_until_delivered()
    if not memory:
        monkeypatch.setattr(EventLog, "_first_in_memory", property(lambda self: self.position))
    follower = await read(cast.follower, f"after={start}")
    frames = await follower.rest()
    assert [(frame["type"], frame["id"]) for frame in frames] == [
        ("post.counted", post.pk),
        ("post.updated", edited.pk),
    ]
    assert frames[0]["likes"] == 5
    assert 'data-count="likes">4<' in frames[1]["html"]


async def test_a_page_of_bookmarks_receives_changes_of_its_posts_and_nothing_else(read, cast):
    post = await post_it(cast.author)
    page = await read(cast.stranger, "view=shown")
    await page.shows(post.pk)
    await post_it(cast.author, "New.")
    await sync_to_async(post.edit)(title="", body="Edited.", seen_version=1)
    assert [frame["type"] for frame in await page.rest()] == ["post.updated"]
    await sync_to_async(post.delete)()
    assert [frame["type"] for frame in await page.rest()] == ["post.deleted"]


async def test_a_page_of_bookmarks_that_was_disconnected_for_long_receives_a_reset(read, cast, monkeypatch):
    start = await head()
    await post_it(cast.author)
    await wait_until_delivered()
    monkeypatch.setattr(EventLog, "_first_in_memory", property(lambda self: self.position))
    page = await read(cast.stranger, f"view=shown&after={start}")
    assert [frame["type"] for frame in await page.rest()] == ["reset"]


async def test_the_likes_of_a_deleted_user_are_subtracted_on_open_pages(read, cast):
    post = await post_it(cast.author)
    await like(cast.stranger, post)
    follower = await read(cast.follower)
    await sync_to_async(cast.stranger.delete)()
    assert summary(await follower.rest()) == [("post.counted", post.pk, 0)]
