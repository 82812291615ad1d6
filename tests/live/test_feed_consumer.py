"""The browser's socket, in process."""

from tests.factories import make_cast, make_post
from tests.live.conftest import in_thread


async def test_a_post_reaches_its_followers_and_no_stranger(read):
    cast = await in_thread(make_cast)
    follower, stranger, author = await read(cast.follower), await read(cast.stranger), await read(cast.author)
    for reader in (follower, stranger, author):
        await reader.frames("hello")

    post = await in_thread(make_post, cast.author, "Good morning.")

    for reader in (follower, author):
        (frame,) = await reader.frames("post.created")
        assert (frame["id"], frame["version"], frame["sort"]) == (post.pk, 1, post.sort_key)
        assert "Good morning." in frame["html"]
    await stranger.hears_nothing()
