"""`manage.py newlog` while sockets are open."""

import pytest
from asgiref.sync import sync_to_async

from livefeed.models import Event
from tests.factories import make_post
from tests.live.conftest import head

post_it = sync_to_async(make_post)


async def test_open_pages_receive_one_reset_and_then_new_posts(read, cast):
    follower = await read(cast.follower)
    stranger = await read(cast.stranger)
    await sync_to_async(Event.objects.restart)()
    for reader in (follower, stranger):
        (reset,) = await reader.frames("reset")
        assert reset["cursor"] == await head()
    await post_it(cast.author)
    await follower.frames("post.created")
    assert await stranger.rest() == []


@pytest.mark.parametrize("hub_was_running", [True, False], ids=["hub running", "hub started afterwards"])
async def test_pages_that_reconnect_with_a_cursor_of_the_old_log_receive_a_reset(hub, read, cast, hub_was_running):
    cursors = [await head()]
    await post_it(cast.author)
    cursors.append(await head())
    await sync_to_async(Event.objects.restart)()
    await hub.wait_until_idle()
    if not hub_was_running:
        await hub.log.open()
    for cursor in cursors:
        reader = await read(cast.follower, f"view=home&after={cursor}", hello=False)
        await reader.frames("hello", "reset")
        await post_it(cast.author)
        await reader.frames("post.created")
