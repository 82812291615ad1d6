"""`manage.py newlog` under open sockets."""

import pytest
from asgiref.sync import sync_to_async

from livefeed.models import Event
from tests.factories import make_post
from tests.live.conftest import head

post_it = sync_to_async(make_post)


async def test_open_pages_read_anew_once_and_go_on(read, cast):
    follower, stranger = await read(cast.follower), await read(cast.stranger)
    await sync_to_async(Event.objects.restart)()
    for reader in (follower, stranger):
        (reset,) = await reader.frames("reset")
        assert reset["cursor"] == await head()
    await post_it(cast.author)
    await follower.frames("post.created")
    assert await stranger.rest() == []


@pytest.mark.parametrize("remembers", [True, False], ids=["a hub that ran through it", "a hub that starts after it"])
async def test_pages_that_come_back_with_a_cursor_from_before_read_anew(hub, read, cast, remembers):
    cursors = [await head()]
    await post_it(cast.author)
    cursors.append(await head())
    await sync_to_async(Event.objects.restart)()
    await hub.now()
    if not remembers:
        await hub.log.open()
    for cursor in cursors:
        reader = await read(cast.follower, f"view=home&after={cursor}", hello=False)
        await reader.frames("hello", "reset")
        await post_it(cast.author)
        await reader.frames("post.created")
