"""Unread badges: all pages of a user receive the number of unread notifications; pages of others do not."""

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from consumers.hub.hub import Hub
from livefeed import notifications
from livefeed.models import Event, Follow, Like, Notification, User
from tests.factories import Cast, make_post, make_user
from tests.live.conftest import Reader, head, wait_until_delivered

pytestmark = pytest.mark.usefixtures("hub")


@pytest.fixture(autouse=True)
async def _no_notifications(cast: Cast) -> None:
    """Deletes the notification that creating the cast has caused."""
    await Notification.objects.all().adelete()


@sync_to_async
def post_it(author: User, body: str = "Hello."):
    return make_post(author, body)


async def unread_received(reader: Reader) -> list[int]:
    """Returns the numbers in all frames that the socket receives now."""
    return [frame["unread"] for frame in await reader.rest() if frame["type"] == "notifications"]


async def unread_replayed(reader: Reader) -> list[int]:
    """Returns the numbers in a replay, which a heartbeat ends."""
    numbers: list[int] = []
    while (frame := await reader.frame(heartbeats=True))["type"] != "heartbeat":
        if frame["type"] == "notifications":
            numbers.append(frame["unread"])
    return numbers


async def test_all_pages_of_the_user_receive_the_number_and_others_do_not(read, cast: Cast):
    pages = [await read(cast.stranger, f"view={view}") for view in ("home", "shown", "tag:one", "user:author")]
    others = [await read(cast.follower), await read(cast.author), await read(None)]
    await post_it(cast.author, "@stranger")
    assert [await unread_received(page) for page in pages] == [[1]] * 4
    assert [await unread_received(other) for other in others] == [[]] * 3


async def test_reading_in_one_tab_updates_all_tabs(read, cast: Cast):
    await post_it(cast.author, "@stranger")
    pages = [await read(cast.stranger), await read(cast.stranger, "view=public")]
    other = await read(cast.follower)
    await sync_to_async(notifications.mark_read)(cast.stranger, timezone.now())
    assert [await unread_received(page) for page in pages] == [[0]] * 2
    assert await unread_received(other) == []


async def test_likes_and_follows_and_their_removal_update_the_number(read, cast: Cast):
    page = await read(cast.author)
    stranger = await read(cast.stranger)
    post = await post_it(cast.author)
    await sync_to_async(Like.objects.add)(cast.stranger, post)
    assert await unread_received(page) == [1]
    await sync_to_async(cast.stranger.follow)(cast.author)
    assert await unread_received(page) == [2]
    await sync_to_async(Like.objects.remove)(cast.stranger, post)
    assert await unread_received(page) == [1]
    assert await unread_received(stranger) == []


async def test_only_followers_with_the_bell_on_are_notified_of_a_new_post(read, cast: Cast):
    await sync_to_async(cast.stranger.follow)(cast.author)
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    page = await read(cast.follower)
    without = await read(cast.stranger)
    author = await read(cast.author)
    await post_it(cast.author)
    assert await unread_received(page) == [1]
    assert await unread_received(without) == await unread_received(author) == []


async def test_a_client_that_reconnects_receives_the_number_once(read, cast: Cast):
    start = await head()
    for _ in range(3):
        await post_it(cast.author, "@stranger")
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    await post_it(cast.author)
    await wait_until_delivered()
    for view in ("home", "shown", "user:author", "tag:one"):
        assert await unread_replayed(await read(cast.stranger, f"view={view}&after={start}")) == [3]
        assert await unread_replayed(await read(cast.follower, f"view={view}&after={start}")) == [1]
    assert await unread_replayed(await read(None, f"view=public&after={start}")) == []


@pytest.mark.parametrize("view", ["home", "tag:one", "user:author"])
async def test_a_replay_from_the_database_contains_the_number_too(read, cast: Cast, view):
    start = await head()
    await post_it(cast.author, "@stranger")
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    await post_it(cast.author)
    await wait_until_delivered()
    Hub.current().log.tail.clear()
    assert await unread_replayed(await read(cast.stranger, f"view={view}&after={start}")) == [1]
    assert await unread_replayed(await read(cast.follower, f"view={view}&after={start}")) == [1]
    assert await unread_replayed(await read(await sync_to_async(make_user)(), f"view={view}&after={start}")) == []


async def test_a_new_page_does_not_receive_the_number_that_it_was_rendered_with(read, cast: Cast):
    await post_it(cast.author, "@stranger")
    assert await unread_received(await read(cast.stranger, f"view=home&after={await head()}")) == []


async def test_many_likes_update_the_badge_a_few_times_and_the_last_number_is_correct(read, cast: Cast):
    post = await post_it(cast.author)
    page = await read(cast.author)
    users = [await sync_to_async(make_user)() for _ in range(40)]
    posts = [post, await post_it(cast.author), await post_it(cast.author)]
    await page.rest()

    @sync_to_async
    def like_all() -> None:
        for user in users:
            for liked in posts:
                Like.objects.add(user, liked)

    await like_all()
    numbers = await unread_received(page)
    assert numbers[-1] == 3
    assert len(numbers) < len(users) * len(posts) / 2


async def test_removing_a_post_removes_its_notification(read, cast: Cast):
    post = await post_it(cast.author, "@stranger")
    page = await read(cast.stranger)
    await sync_to_async(post.remove)()
    assert await unread_received(page) == [0]
    await sync_to_async(post.restore)()
    assert await unread_received(page) == [1]


async def test_the_event_for_many_followers_names_the_post_and_its_author(cast: Cast):
    await sync_to_async(Follow.objects.set_bell)(cast.follower, cast.author, True)
    post = await post_it(cast.author)
    event = await Event.objects.aget(kind="notifications.changed", subject_id=post.pk)
    assert event.actor_id == cast.author.pk
