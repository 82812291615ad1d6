"""The browser's socket, in process: which sockets receive which frames."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings

from asgi import application
from consumers.connections.close_codes import REFUSED
from consumers.hub.hub import Hub
from livefeed.live.publishing import reset_feeds
from livefeed.models import Event, Follow, Post
from tests.factories import cookie_of, make_post, make_user
from tests.live.conftest import Reader, head
from tests.models.announced import log

post_it = sync_to_async(make_post)


async def test_a_post_reaches_its_followers_and_its_author_but_no_stranger(read, cast):
    readers = [await read(person) for person in (cast.follower, cast.author)]
    stranger = await read(cast.stranger)

    post = await post_it(cast.author, "Good morning.")

    for reader in readers:
        (frame,) = await reader.frames("post.created")
        assert frame | {"html": ""} == {
            "type": "post.created",
            "cursor": await head(),
            "id": post.pk,
            "version": 1,
            "sort": post.sort_key,
            "html": "",
        }
        assert "Good morning." in frame["html"]
    assert await stranger.rest() == []


async def test_every_tab_of_a_user_receives_a_post(read, cast):
    tabs = [await read(cast.follower) for _ in range(3)]
    await post_it(cast.author)
    for tab in tabs:
        await tab.frames("post.created")


async def test_an_edit_and_a_deletion_reach_followers_and_no_stranger(read, cast):
    post = await post_it(cast.author, "First.")
    follower = await read(cast.follower)
    stranger = await read(cast.stranger)

    await sync_to_async(post.edit)(title="", body="Second.", seen_version=1)
    (edited,) = await follower.frames("post.updated")
    assert edited["version"] == 2
    assert "Second." in edited["html"]

    post_id = post.pk
    await sync_to_async(post.delete)()
    (deleted,) = await follower.frames("post.deleted")
    assert deleted == {"type": "post.deleted", "cursor": await head(), "id": post_id}
    assert await stranger.rest() == []


@pytest.mark.parametrize("query", ["view=public", "view=user:AUTHOR", "view=post:{post}"])
async def test_visitors_receive_the_public_views(read, cast, query):
    post = await post_it(cast.author)
    visitor = await read(None, query.format(post=post.pk))
    elsewhere = await read(None, "view=user:stranger")

    await sync_to_async(post.edit)(title="", body="Edited.", seen_version=1)

    await visitor.frames("post.updated")
    assert await elsewhere.rest() == []


async def test_a_visitor_without_a_view_receives_the_public_feed(read, cast):
    visitor = await read(None)
    await post_it(cast.stranger)
    await visitor.frames("post.created")


async def test_a_rolled_back_post_is_never_announced(read, cast):
    follower = await read(cast.follower)

    @sync_to_async
    def fail_after_posting() -> None:
        from django.db import transaction

        with transaction.atomic():
            make_post(cast.author, "Never happened.")
            transaction.set_rollback(True)

    await fail_after_posting()
    await post_it(cast.author, "Happened.")
    (frame,) = await follower.frames("post.created")
    assert "Happened." in frame["html"]
    assert await follower.rest() == []


async def test_a_change_reaches_only_pages_that_show_the_post(read, cast):
    old = await post_it(cast.author)
    shown = await post_it(cast.author)
    follower = await read(cast.follower)
    await follower.shows(shown.pk)

    await sync_to_async(old.edit)(title="", body="Not shown.", seen_version=1)
    await sync_to_async(shown.edit)(title="", body="Seen.", seen_version=1)
    new = await post_it(cast.author)
    await sync_to_async(new.edit)(title="", body="New and edited.", seen_version=1)

    received = [(frame["type"], frame["id"]) for frame in await follower.rest()]
    assert received == [("post.updated", shown.pk), ("post.created", new.pk), ("post.updated", new.pk)]


async def test_a_change_before_a_page_reports_the_post_as_shown_is_delivered_again(read, cast):
    first = await post_it(cast.author)
    second = await post_it(cast.author)
    follower = await read(cast.follower)
    await follower.shows(second.pk)
    await sync_to_async(first.edit)(title="", body="Changed while the older page was on its way.", seen_version=1)
    assert await follower.rest() == []

    await follower.shows(second.pk, first.pk)

    (frame,) = await follower.frames("post.updated")
    assert (frame["id"], frame["version"]) == (first.pk, 2)


async def test_following_and_unfollowing_reset_the_open_home_and_change_its_posts(read, cast):
    home = await read(cast.stranger)
    other = await read(cast.author)

    await sync_to_async(cast.stranger.follow)(cast.author)
    (reset,) = await home.frames("reset")
    followed = await Event.objects.aget(kind="follow.created", actor_id=cast.stranger.pk)
    assert reset == {"type": "reset", "cursor": followed.position, "within": 0}
    await post_it(cast.author)
    await home.frames("post.created")

    await sync_to_async(cast.stranger.unfollow)(cast.author)
    await home.frames("reset")
    await post_it(cast.author, "Not for you any more.")
    assert await home.rest() == []
    received = [frame["type"] for frame in await other.rest() if frame["type"] != "notifications"]
    assert received == ["post.created", "post.created"]


async def test_a_profile_is_reset_when_its_viewer_follows_the_author_in_another_tab(read, cast):
    profile = await read(cast.stranger, "view=user:author")
    another = await read(cast.stranger, "view=user:follower")
    await sync_to_async(cast.stranger.follow)(cast.author)
    await profile.frames("reset")
    assert await another.rest() == []


async def test_writes_without_signals_reset_every_page(read, cast):
    visitor = await read(None)
    await sync_to_async(reset_feeds)()
    (frame,) = await visitor.frames("reset")
    assert frame["within"] == 10


async def test_follows_written_without_signals_take_effect_after_the_reset(read, cast):
    @sync_to_async
    def rewrite_follows() -> None:
        Follow.objects.all()._raw_delete("default")
        Follow.objects.bulk_create([Follow(follower=cast.stranger, followed=cast.author)])
        reset_feeds()

    open_before = [await read(person) for person in (cast.stranger, cast.follower)]
    await rewrite_follows()
    for reader in open_before:
        await reader.frames("reset")
    another = await read(cast.stranger)
    await post_it(cast.author)
    for reader in (open_before[0], another):
        await reader.frames("post.created")
    assert await open_before[1].rest() == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("view=home", "signed_out"),
        ("view=nowhere", "unknown_view"),
        ("view=user:nobody", "unknown_view"),
        ("view=user:", "unknown_view"),
        ("view=post:99999", "unknown_view"),
        ("view=post:1e3", "unknown_view"),
        ("view=post:99999999999999999999", "unknown_view"),
    ],
)
async def test_an_unknown_or_forbidden_view_is_refused_with_a_reason(hub, query, code):
    reader = await Reader(query).open()
    frame = await reader.frame()
    assert (frame["type"], frame["code"]) == ("error", code)
    assert (await reader.socket.receive_output())["code"] == REFUSED


@pytest.mark.parametrize(
    "message",
    [
        " ",
        "no json",
        "[]",
        "1",
        '{"type": "post"}',
        '{"type": "showing", "ids": "7"}',
        '{"type": "showing", "ids": ["7"]}',
    ],
)
async def test_any_message_but_the_shown_posts_closes_a_socket(read, cast, message):
    reader = await read(None)
    await reader.send(message)
    frame = await reader.frame()
    assert (frame["type"], frame["code"]) == ("error", "bad_message")
    assert (await reader.socket.receive_output())["code"] == REFUSED


async def test_a_binary_message_and_too_many_ids_close_a_socket(read):
    for message in ({"bytes_data": b"\x00\x01"}, {"text_data": json.dumps({"type": "showing", "ids": [1] * 301})}):
        reader = await read(None)
        await reader.socket.send_to(**message)
        assert (await reader.frame())["code"] == "bad_message"


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://127.0.0.1:8000", "http://127.0.0.1:8001", "http://127.0.0.1:8000.evil.org", "nonsense"],
)
async def test_a_foreign_origin_is_refused_before_accepting(hub, origin):
    reader = Reader("view=public", origin=origin)
    accepted, _ = await reader.socket.connect()
    assert not accepted


async def test_the_host_to_which_the_socket_was_opened_is_an_allowed_origin(hub, settings):
    settings.ALLOWED_HOSTS = ["feed.example.org"]
    for host, accepts in ((b"feed.example.org", True), (b"evil.example.org", False)):
        headers = [(b"host", host), (b"origin", b"http://" + host)]
        socket = WebsocketCommunicator(application, "/ws/feed/?view=public", headers)
        accepted, _ = await socket.connect()
        assert accepted is accepts
        await socket.disconnect()


async def test_an_https_site_accepts_only_its_own_origin(hub, settings):
    settings.LIVEFEED_URL = "https://feed.example.org"
    settings.ALLOWED_HOSTS = ["feed.example.org", "localhost"]
    for origin, accepts in (
        (b"https://feed.example.org", True),
        (b"https://feed.example.org:443", True),
        (b"http://feed.example.org", False),
        (b"https://localhost", False),
        (b"http://localhost", False),
    ):
        headers = [(b"host", origin.partition(b"//")[2]), (b"origin", origin)]
        socket = WebsocketCommunicator(application, "/ws/feed/?view=public", headers)
        accepted, _ = await socket.connect()
        assert accepted is accepts
        await socket.disconnect()


async def test_an_unknown_path_is_refused(hub):
    socket = WebsocketCommunicator(application, "/ws/nothing/", [(b"origin", b"http://127.0.0.1:8000")])
    assert await socket.connect() == (False, 1000)


@pytest.mark.parametrize("spoil", ["deactivated", "password changed", "signed out"])
async def test_a_session_that_ended_opens_no_home(hub, cast, spoil):
    from livefeed.models import Session

    cookie = await sync_to_async(cookie_of)(cast.follower)

    @sync_to_async
    def end_session() -> None:
        if spoil == "deactivated":
            cast.follower.is_active = False
        elif spoil == "password changed":
            cast.follower.set_password("another one")
        else:
            Session.objects.all().delete()
        cast.follower.save()

    await end_session()
    reader = await Reader("view=home", cookie).open()
    assert (await reader.frame())["code"] == "signed_out"


async def test_an_invalid_session_cookie_makes_a_visitor_and_does_not_affect_concurrent_handshakes(hub, cast):
    cookie = await sync_to_async(cookie_of)(cast.follower)
    hostile = f'{django_settings.SESSION_COOKIE_NAME}="{chr(92)}000{"x" * 31}"'
    visitor = Reader("view=public", hostile)
    reader = Reader("view=home", cookie)
    await asyncio.gather(visitor.open(), reader.open())
    for each in (visitor, reader):
        await each.frames("hello")
        await each.close()


async def test_a_rotated_secret_key_keeps_sockets_signed_in(hub, cast, settings):
    cookie = await sync_to_async(cookie_of)(cast.follower)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"
    reader = await Reader("view=home", cookie).open()
    await reader.frames("hello")


async def test_a_closed_socket_leaves_nothing_behind(read, cast):
    reader = await read(cast.follower)
    visitor = await read(None, "view=user:author")
    subscriptions = Hub.current().subscriptions
    assert len(subscriptions.connections) == 2
    await reader.close()
    await visitor.close()
    assert [
        *subscriptions.connections,
        *subscriptions.viewers,
        *subscriptions._viewers_by_author,
        *subscriptions._by_topic,
    ] == []


async def test_the_log_keeps_its_events_when_posts_are_deleted(cast):
    @sync_to_async
    def delete_everything() -> list[str]:
        make_post(cast.author)
        Post.objects.all().delete()
        return [kind for kind, _, _ in log()]

    assert await delete_everything() == ["follow.created", "post.created", "post.deleted"]


async def test_deleting_a_user_removes_their_posts_from_every_page(read, cast):
    await post_it(cast.author)
    follower = await read(cast.follower)
    visitor = await read(None)
    await sync_to_async(cast.author.delete)()
    assert [frame["type"] for frame in await follower.rest()] == ["reset"]
    assert [frame["type"] for frame in await visitor.rest()] == ["post.deleted"]


async def test_a_username_is_found_in_any_case(read, cast):
    await sync_to_async(make_user)("MixedCase")
    assert await read(None, "view=user:mixedcase")
