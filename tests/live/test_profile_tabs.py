"""Tabs of a profile page, by push and by replay."""

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings

from consumers.hub.event_log import EventLog
from livefeed.models import Picture, Post, Token, User
from livefeed.models.picture import Attachment
from tests import image_files
from tests.factories import make_post
from tests.live.conftest import head, wait_until_delivered
from tests.live.test_events_consumer import ProgramReader

post_it = sync_to_async(make_post)


@sync_to_async
def with_picture(author: User, **options) -> Post:
    picture = Picture.objects.store(author, image_files.file())
    return Post.objects.publish(author, title="", body="", pictures=[Attachment(picture.pk)], **options)


@pytest.mark.parametrize("way", ["push", "memory", "database"])
async def test_each_tab_receives_the_posts_it_shows_and_no_others(read, cast, way, monkeypatch):
    other = await post_it(cast.stranger, "Another.")
    start = await head()
    views = ("user:author", "replies:author", "media:author", "media:stranger", "replies:follower")
    opened = {view: await read(None, f"view={view}") for view in views} if way == "push" else {}
    made = {
        "post": await post_it(cast.author),
        "reply": await post_it(cast.author, "Reply.", parent=other),
        "pictured": await with_picture(cast.author),
        "pictured reply": await with_picture(cast.author, parent=other),
        "for followers": await with_picture(cast.author, audience="followers"),
    }
    await wait_until_delivered()
    if way == "database":
        monkeypatch.setattr(EventLog, "_first_in_memory", property(lambda self: self.position))
    if way != "push":
        opened = {view: await read(None, f"view={view}&after={start}") for view in views}
    names = {post.pk: name for name, post in made.items()}
    received = {view: {names.get(frame["id"]) for frame in await reader.rest()} for view, reader in opened.items()}
    assert received == {
        "user:author": {"post", "pictured"},
        "replies:author": {"reply", "pictured reply"},
        "media:author": {"pictured", "pictured reply"},
        "media:stranger": set(),
        "replies:follower": set(),
    }


async def test_a_follower_receives_pictures_for_followers(read, cast):
    follower = await read(cast.follower, "view=media:author")
    stranger = await read(cast.stranger, "view=media:author")
    post = await with_picture(cast.author, audience="followers")
    assert [frame["id"] for frame in await follower.rest()] == [post.pk]
    assert await stranger.rest() == []


async def test_a_program_receives_the_addresses_of_pictures(hub, cast):
    _, text = await sync_to_async(Token.objects.issue)(cast.follower)
    program = await ProgramReader(f"Bearer {text}", "view=media:author").open()
    await program.frames("hello")
    await with_picture(cast.author)
    (frame,) = await program.frames("post.created")
    (picture,) = frame["post"]["pictures"]
    address = (await sync_to_async(Picture.objects.get)()).large
    assert picture == {"url": f"{settings.LIVEFEED_URL}{address}", "description": "", "width": 64, "height": 48}
    await program.close()


async def test_a_post_that_gets_pictures_appears_and_one_that_loses_them_is_updated(read, cast):
    post = await post_it(cast.author)
    page = await read(None, "view=media:author")
    other = await read(None, "view=media:stranger")
    picture = await sync_to_async(Picture.objects.store)(cast.author, image_files.file())
    edit = sync_to_async(post.edit)
    await edit(title="", body="Look.", seen_version=1, pictures=[Attachment(picture.pk)])
    assert [(frame["type"], frame["id"]) for frame in await page.rest()] == [("post.updated", post.pk)]
    await page.shows(post.pk)
    await edit(title="", body="Look.", seen_version=2, pictures=[])
    (frame,) = await page.rest()
    assert "<img" not in frame["html"]
    assert await other.rest() == []
