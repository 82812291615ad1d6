"""Rights that end while a client is disconnected or during its handshake."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from consumers.connections.admission import ConnectionManager
from consumers.connections.authentication import Authenticator
from consumers.connections.close_codes import REFUSED, SIGNED_OUT, SUSPENDED
from consumers.hub import delivery
from consumers.hub.delivery import Delivery
from consumers.hub.hub import Hub
from livefeed.models import Session, User
from tests.factories import cookie_of, make_post, make_user
from tests.live.conftest import TIMEOUT, Reader, eventually, head
from tests.live.endings import assert_receives_next, browser_of, disable_wake_ups, end_of

post_it = sync_to_async(make_post)
SECRET = "Not for you any more."


@pytest.fixture(params=["woken up", pytest.param("wake-ups lost", marks=pytest.mark.full)], autouse=True)
def _ring(request, monkeypatch) -> None:
    if request.param == "wake-ups lost":
        disable_wake_ups(monkeypatch)


# --- While disconnected ---


@pytest.fixture(params=["memory", "database"])
async def reconnect(request, hub, read):
    """Reconnects a user, with the missed events in the hub's memory or only in the database."""

    async def reconnect_user(user: User | None, query: str, **options: Any) -> Reader:
        await hub.wait_until_idle()
        if request.param == "database":
            del hub.log.tail[:]
        return await read(user, query, **options)

    return reconnect_user


async def everything(reader: Reader) -> list[dict]:
    """Returns all frames of a socket after its hello."""
    await reader.frames("hello")
    return await reader.rest()


def kinds(frames: list[dict]) -> list[str]:
    return [frame["type"] for frame in frames]


async def test_a_home_reconnecting_after_unfollowing_is_reset_and_receives_no_post(reconnect, cast):
    start = await head()
    await post_it(cast.author, "While it was followed.")
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await post_it(cast.author, SECRET)

    received = await everything(await reconnect(cast.follower, f"view=home&after={start}", hello=False))

    assert kinds(received) == ["reset"]
    assert received[0]["cursor"] == await head()


async def test_a_home_that_has_passed_the_unfollowing_receives_nothing(reconnect, cast):
    await sync_to_async(cast.follower.unfollow)(cast.author)
    start = await head()
    await post_it(cast.author, SECRET)
    reader = await reconnect(cast.follower, f"view=home&after={start}", hello=False)
    assert await everything(reader) == []
    await assert_receives_next(reader, cast.follower)


async def test_posts_of_an_author_suspended_meanwhile_are_not_delivered(reconnect, cast):
    start = await head()
    await post_it(cast.author, SECRET)
    cast.author.is_active = False
    await sync_to_async(cast.author.save)()
    for user, view in ((cast.follower, "home"), (None, "public")):
        received = await everything(await reconnect(user, f"view={view}&after={start}", hello=False))
        assert kinds(received) == ["reset"]


async def test_a_post_deleted_meanwhile_is_delivered_only_as_deleted(reconnect, cast):
    start = await head()
    post = await post_it(cast.author, SECRET)
    post_id = post.pk
    await sync_to_async(post.delete)()
    received = await everything(await reconnect(cast.follower, f"view=home&after={start}", hello=False))
    assert received == [{"type": "post.deleted", "cursor": await head(), "id": post_id}]


async def test_a_user_signed_out_meanwhile_is_refused_with_any_cursor(hub, read, cast):
    start = await head()
    reader = await read(cast.follower)
    await sync_to_async(browser_of(reader).post)("/accounts/logout/")
    assert await end_of(reader) == ("signed_out", SIGNED_OUT)
    await post_it(cast.author, SECRET)

    again = await Reader(f"view=home&after={start}", reader.socket.scope["headers"][1][1].decode()).open()

    assert await end_of(again) == ("signed_out", REFUSED)


# --- During the handshake ---


def sign_out(person: User) -> None:
    Session.objects.get(user=person).delete()


def change_password(person: User) -> None:
    person.set_password("another one")
    person.save()


def suspend(person: User) -> None:
    person.is_active = False
    person.save()


LOSSES = [
    (sign_out, SIGNED_OUT),
    pytest.param(change_password, SIGNED_OUT, marks=pytest.mark.full),
    (suspend, SUSPENDED),
]


def once_after(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], Awaitable[object]]) -> None:
    """Calls `act` after the first call of a method or function."""
    real = getattr(owner, name)
    acts = [act]

    async def and_then(*arguments: object) -> object:
        result = await real(*arguments)
        if acts:
            await acts.pop()()
        return result

    monkeypatch.setattr(owner, name, and_then)


async def joining(person: User, query: str = "") -> Reader:
    return await Reader(query, await sync_to_async(cookie_of)(person)).open()


async def closed(reader: Reader) -> tuple[list[dict], int]:
    """Returns the frames of a socket until it was closed, and the close code."""
    while (output := await reader.socket.receive_output(TIMEOUT))["type"] != "websocket.close":
        reader._take(output["text"])
    return reader._frames, output["code"]


MOMENTS = [
    (Authenticator, "authenticate"),
    (ConnectionManager, "_start_position"),
    (Delivery, "send_hello"),
    (delivery, "replay"),
]
DISPATCHED = pytest.mark.parametrize("dispatched", [True, False], ids=["dispatched", "not yet dispatched"])


@DISPATCHED
@pytest.mark.parametrize(("owner", "name"), MOMENTS)
@pytest.mark.parametrize(("lose", "code"), LOSSES)
async def test_a_right_that_ends_at_any_moment_of_the_handshake_closes_the_socket(
    hub, read, cast, monkeypatch, lose, code, owner, name, dispatched
):
    stranger = await read(cast.stranger)
    start = await head()
    await post_it(cast.author, "Missed.")
    await hub.wait_until_idle()

    async def act() -> None:
        await sync_to_async(lose)(cast.follower)
        if dispatched:
            await hub.wait_until_idle()

    once_after(monkeypatch, owner, name, act)
    reader = await joining(cast.follower, f"after={start}")

    received, close_code = await closed(reader)
    assert (kinds(received)[-1], close_code) == ("error", code)
    assert cast.follower.pk not in hub.subscriptions.viewers
    await reader.close()
    await assert_receives_next(stranger, cast.stranger)


@pytest.mark.parametrize(("owner", "name"), [(Delivery, "send_hello"), (delivery, "replay")])
@pytest.mark.parametrize(("lose", "code"), LOSSES)
async def test_a_user_who_loses_the_right_during_the_handshake_receives_no_later_post(
    hub, cast, monkeypatch, lose, code, owner, name
):
    start = await head()
    await post_it(cast.author, "Missed.")
    await hub.wait_until_idle()

    async def act() -> None:
        await sync_to_async(lose)(cast.follower)
        await post_it(cast.author, SECRET)
        await hub.wait_until_idle()

    once_after(monkeypatch, owner, name, act)
    reader = await joining(cast.follower, f"after={start}")

    received, close_code = await closed(reader)
    await reader.close()
    assert close_code == code
    assert [frame["cursor"] for frame in received if SECRET in frame.get("html", "")] == []


async def test_a_right_that_ends_just_after_its_check_closes_the_socket(hub, read, cast, monkeypatch):
    """The end of another session makes the joining one recheck its rights; its own end follows at once."""
    stranger = await read(cast.stranger)
    await sync_to_async(cookie_of)(cast.follower)
    other = await sync_to_async(Session.objects.get)(user=cast.follower)

    async def end_the_other() -> None:
        await sync_to_async(other.delete)()
        await hub.wait_until_idle()

    async def sign_out_here() -> None:
        await sync_to_async(sign_out)(cast.follower)

    once_after(monkeypatch, Delivery, "send_hello", end_the_other)
    once_after(monkeypatch, Authenticator, "revocation_reasons", sign_out_here)
    reader = await joining(cast.follower)

    assert (await closed(reader))[1] == SIGNED_OUT
    await reader.close()
    await assert_receives_next(stranger, cast.stranger)


@DISPATCHED
@pytest.mark.parametrize(("owner", "name"), MOMENTS)
async def test_a_home_that_unfollows_during_the_handshake_receives_nothing_after_it(
    hub, cast, monkeypatch, owner, name, dispatched
):
    start = await head()
    await post_it(cast.author, "Missed.")
    await hub.wait_until_idle()

    async def act() -> None:
        await sync_to_async(cast.follower.unfollow)(cast.author)
        if dispatched:
            await hub.wait_until_idle()
        await post_it(cast.author, SECRET)

    once_after(monkeypatch, owner, name, act)
    reader = await joining(cast.follower, f"after={start}")
    await reader.frames("hello")
    await eventually(lambda: hub.subscriptions.connections)
    received = await reader.rest()
    assert "reset" in kinds(received)
    assert SECRET not in str(received)
    await assert_receives_next(reader, cast.follower)
    await reader.close()


@DISPATCHED
async def test_a_home_that_follows_during_the_handshake_receives_later_posts(hub, cast, monkeypatch, dispatched):
    async def act() -> None:
        await sync_to_async(cast.stranger.follow)(cast.author)
        if dispatched:
            await hub.wait_until_idle()

    once_after(monkeypatch, Delivery, "send_hello", act)
    reader = await joining(cast.stranger)
    await reader.frames("hello")
    await eventually(lambda: hub.subscriptions.connections)
    post = await post_it(cast.author)
    received = await reader.rest()
    assert [(frame["type"], frame.get("id")) for frame in received] == [("reset", None), ("post.created", post.pk)]
    await reader.close()


async def test_a_second_socket_whose_user_unfollows_during_its_handshake_agrees_with_the_first(
    hub, read, cast, monkeypatch
):
    """Both share one viewer: the second socket must not restore a follow that has ended."""
    first = await read(cast.follower)

    async def act() -> None:
        await sync_to_async(cast.follower.unfollow)(cast.author)
        await hub.wait_until_idle()

    once_after(monkeypatch, Authenticator, "authenticate", act)
    second = await joining(cast.follower)
    await second.frames("hello")
    await eventually(lambda: len(Hub.current().subscriptions.connections) == 2)
    other = await sync_to_async(make_user)()
    await post_it(cast.author, SECRET)
    await post_it(other, "By an author without followers.")
    assert kinds(await first.rest()) == ["reset"]
    assert set(kinds(await second.rest())) <= {"reset"}
    await second.close()
