"""What is for followers is told to nobody else, by push, catch-up, poll or token; tags are told to those who look."""

import pytest
from asgiref.sync import sync_to_async

from consumers.hub.event_log import EventLog
from livefeed.models import Token
from tests.factories import make_post
from tests.live.conftest import head
from tests.live.test_events_consumer import ProgramReader

post_it = sync_to_async(make_post)
VIEWS = ["view=public", "view=user:author", "view=tag:garden"]


@pytest.mark.parametrize("memory", [True, False], ids=["memory", "database"])
async def test_it_is_told_to_followers_and_to_no_stranger_by_push_and_by_catch_up(read, cast, memory, monkeypatch):
    start = await head()
    follower, author = await read(cast.follower), await read(cast.author)
    others = [await read(person, query) for person in (cast.stranger, None) for query in VIEWS]
    post = await post_it(cast.author, "Only for you #garden.", audience="followers")
    await sync_to_async(post.edit)(title="", body="Still only for you #garden.", seen_version=1)
    kinds = ["post.created", "post.updated"]
    for reader in (follower, author):
        assert [frame["type"] for frame in await reader.rest()] == kinds
    for reader in others:
        assert await reader.rest() == []

    if not memory:
        monkeypatch.setattr(EventLog, "_floor", property(lambda self: self.position))
    for person in (cast.stranger, None):
        for query in VIEWS:
            late = await read(person, f"{query}&after={start}")
            assert await late.rest() == []
    late = await read(cast.follower, f"view=tag:garden&after={start}")
    assert [frame["id"] for frame in await late.rest()] == [post.pk]


async def test_the_public_feed_is_what_everybody_sees_whoever_looks(read, cast):
    follower = await read(cast.follower, "view=public")
    await post_it(cast.author, "Only for you.", audience="followers")
    assert await follower.rest() == []


async def test_its_page_is_refused_to_others_and_read_anew_after_an_unfollow(read, cast):
    post = await post_it(cast.author, audience="followers")
    stranger = await read(cast.stranger, f"view=post:{post.pk}", hello=False)
    assert (await stranger.frame())["code"] == "unknown_view"
    follower = await read(cast.follower, f"view=post:{post.pk}")
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await sync_to_async(post.edit)(title="", body="Changed.", seen_version=1)
    assert [frame["type"] for frame in await follower.rest()] == ["reset"]


@pytest.mark.parametrize("view", ["home", "user:author", "tag:garden"])
async def test_who_unfollows_is_told_nothing_more_of_it(read, cast, view):
    post = await post_it(cast.author, "Only for you #garden.", audience="followers")
    follower = await read(cast.follower, f"view={view}")
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await sync_to_async(post.edit)(title="", body="Changed #garden.", seen_version=1)
    assert [frame["type"] for frame in await follower.rest()] == ["reset"]


async def test_a_programs_token_sees_what_its_person_sees(hub, cast):
    async def program(person) -> ProgramReader:
        _, text = await sync_to_async(Token.objects.issue)(person)
        reader = await ProgramReader(f"Bearer {text}", "view=user:author").open()
        await reader.frames("hello")
        return reader

    follower, stranger = await program(cast.follower), await program(cast.stranger)
    post = await post_it(cast.author, "Only for you #garden.", audience="followers")
    (frame,) = await follower.rest()
    assert (frame["post"]["id"], frame["post"]["audience"], frame["post"]["tags"]) == (post.pk, "followers", ["garden"])
    assert await stranger.rest() == []
    await follower.close()
    await stranger.close()


async def test_a_tags_page_is_told_of_its_posts_and_of_no_others(read, cast):
    page, other = await read(None, "view=tag:Garden"), await read(None, "view=tag:house")
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
async def test_what_is_no_tag_is_refused(read, cast, view):
    reader = await read(None, f"view={view}", hello=False)
    assert (await reader.frame())["code"] == "unknown_view"
