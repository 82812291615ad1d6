"""Badges: every page of a person's is told how many notifications are unread, and nobody else's."""

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from consumers.hub.hub import Hub
from livefeed import notifications
from livefeed.models import Event, Follow, Like, Notification, User
from tests.factories import Cast, cookie_of, make_post, make_user
from tests.live.conftest import Reader, everything_told, head

pytestmark = pytest.mark.usefixtures("hub")


@pytest.fixture(autouse=True)
async def _nothing_yet(cast: Cast) -> None:
    """The follower follows the author since before anything was told."""
    await Notification.objects.all().adelete()


@sync_to_async
def post_it(author: User, body: str = "Hello."):
    return make_post(author, body)


@pytest.fixture
async def read():
    """Opens sockets: `await read(user, "view=home")`."""
    readers: list[Reader] = []

    async def open_one(user: User | None, query: str = "") -> Reader:
        cookie = await sync_to_async(cookie_of)(user) if user else ""
        reader = await Reader(query, cookie).open()
        readers.append(reader)
        await reader.frames("hello")
        return reader

    yield open_one
    for reader in readers:
        await reader.close()


async def unread_told(reader: Reader) -> list[int]:
    return [frame["unread"] for frame in await reader.rest() if frame["type"] == "notifications"]


async def unread_missed(reader: Reader) -> list[int]:
    """What somebody who comes back is told before they stand where the others stand."""
    told: list[int] = []
    while (frame := await reader.frame(heartbeats=True))["type"] != "heartbeat":
        told += [frame["unread"]] if frame["type"] == "notifications" else []
    return told


async def test_every_page_of_the_person_is_told_and_nobody_elses(read, cast: Cast):
    pages = [await read(cast.stranger, f"view={view}") for view in ("home", "shown", "tag:one", "user:author")]
    others = [await read(cast.follower), await read(cast.author), await read(None)]
    await post_it(cast.author, "@stranger")
    assert [await unread_told(page) for page in pages] == [[1]] * 4
    assert [await unread_told(other) for other in others] == [[]] * 3


async def test_reading_in_one_tab_shows_in_all(read, cast: Cast):
    await post_it(cast.author, "@stranger")
    pages = [await read(cast.stranger), await read(cast.stranger, "view=public")]
    other = await read(cast.follower)
    await sync_to_async(notifications.mark_read)(cast.stranger, timezone.now())
    assert [await unread_told(page) for page in pages] == [[0]] * 2
    assert await unread_told(other) == []


async def test_likes_and_follows_are_told_at_once_and_their_end_too(read, cast: Cast):
    page, stranger = await read(cast.author), await read(cast.stranger)
    post = await post_it(cast.author)
    await sync_to_async(Like.objects.add)(cast.stranger, post)
    assert await unread_told(page) == [1]
    await sync_to_async(cast.stranger.follow)(cast.author)
    assert await unread_told(page) == [2]
    await sync_to_async(Like.objects.remove)(cast.stranger, post)
    assert await unread_told(page) == [1]
    assert await unread_told(stranger) == []


async def test_only_those_followers_whose_bell_is_on_are_told_of_a_new_post(read, cast: Cast):
    await sync_to_async(cast.stranger.follow)(cast.author)
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    page, without, author = await read(cast.follower), await read(cast.stranger), await read(cast.author)
    await post_it(cast.author)
    assert await unread_told(page) == [1]
    assert await unread_told(without) == await unread_told(author) == []


async def test_who_comes_back_is_told_once_what_they_have_not_read(read, cast: Cast):
    start = await head()
    for _ in range(3):
        await post_it(cast.author, "@stranger")
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    await post_it(cast.author)
    await everything_told()
    for view in ("home", "shown", "user:author", "tag:one"):
        assert await unread_missed(await read(cast.stranger, f"view={view}&after={start}")) == [3]
        assert await unread_missed(await read(cast.follower, f"view={view}&after={start}")) == [1]
    assert await unread_missed(await read(None, f"view=public&after={start}")) == []


@pytest.mark.parametrize("view", ["home", "tag:one", "user:author"])
async def test_who_comes_back_after_so_long_that_only_the_database_knows_is_told_too(read, cast: Cast, view):
    start = await head()
    await post_it(cast.author, "@stranger")
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    await post_it(cast.author)
    await everything_told()
    Hub.current().log.tail.clear()
    assert await unread_missed(await read(cast.stranger, f"view={view}&after={start}")) == [1]
    assert await unread_missed(await read(cast.follower, f"view={view}&after={start}")) == [1]
    assert await unread_missed(await read(await sync_to_async(make_user)(), f"view={view}&after={start}")) == []


async def test_a_page_is_not_told_again_of_what_it_was_rendered_with(read, cast: Cast):
    await post_it(cast.author, "@stranger")
    assert await unread_told(await read(cast.stranger, f"view=home&after={await head()}")) == []


async def test_a_storm_of_likes_moves_the_badge_a_few_times_and_ends_right(read, cast: Cast):
    post, page = await post_it(cast.author), await read(cast.author)
    people = [await sync_to_async(make_user)() for _ in range(40)]
    posts = [post, await post_it(cast.author), await post_it(cast.author)]
    await page.rest()

    @sync_to_async
    def like_all() -> None:
        for person in people:
            for each in posts:
                Like.objects.add(person, each)

    await like_all()
    told = await unread_told(page)
    assert told[-1] == 3
    assert len(told) < len(people) * len(posts) / 2


async def test_a_post_that_is_removed_takes_its_notification_along_at_once(read, cast: Cast):
    post, page = await post_it(cast.author, "@stranger"), await read(cast.stranger)
    await sync_to_async(post.remove)()
    assert await unread_told(page) == [0]
    await sync_to_async(post.restore)()
    assert await unread_told(page) == [1]


async def test_the_event_of_many_says_of_which_post_and_whose(cast: Cast):
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    post = await post_it(cast.author)
    event = await Event.objects.aget(kind=Event.Kind.NOTIFIED, subject_id=post.pk)
    assert event.actor_id == cast.author.pk
