"""Rights that end while somebody is away or just coming in."""

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
from tests.live.conftest import PATIENCE, Reader, eventually, head
from tests.live.endings import RINGS, browser_of, end_of, hears_next, lose_rings

post_it = sync_to_async(make_post)
SECRET = "Not for you any more."


@pytest.fixture(params=RINGS, autouse=True)
def _ring(request, monkeypatch) -> None:
    if request.param == "rings lost":
        lose_rings(monkeypatch)


# --- While somebody was away ---


@pytest.fixture(params=["memory", "database"])
async def back(request, hub, read):
    """Opens a socket for somebody who comes back, with the hub remembering or not."""

    async def come_back(user: User | None, query: str, **options: Any) -> Reader:
        await hub.now()
        if request.param == "database":
            del hub.log.tail[:]
        return await read(user, query, **options)

    return come_back


async def everything(reader: Reader) -> list[dict]:
    """What a socket is told from its hello on."""
    await reader.frames("hello")
    return await reader.rest()


def kinds(frames: list[dict]) -> list[str]:
    return [frame["type"] for frame in frames]


async def test_who_unfollowed_meanwhile_reads_anew_and_is_told_no_post(back, cast):
    start = await head()
    await post_it(cast.author, "While it was followed.")
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await post_it(cast.author, SECRET)

    told = await everything(await back(cast.follower, f"view=home&after={start}", hello=False))

    assert kinds(told) == ["reset"]
    assert told[0]["cursor"] == await head()


async def test_who_had_passed_the_unfollowing_is_told_nothing(back, cast):
    await sync_to_async(cast.follower.unfollow)(cast.author)
    start = await head()
    await post_it(cast.author, SECRET)
    reader = await back(cast.follower, f"view=home&after={start}", hello=False)
    assert await everything(reader) == []
    await hears_next(reader, cast.follower)


async def test_posts_of_somebody_suspended_meanwhile_are_not_told(back, cast):
    start = await head()
    await post_it(cast.author, SECRET)
    cast.author.is_active = False
    await sync_to_async(cast.author.save)()
    for user, view in ((cast.follower, "home"), (None, "public")):
        told = await everything(await back(user, f"view={view}&after={start}", hello=False))
        assert kinds(told) == ["reset"]


async def test_a_post_that_was_deleted_meanwhile_is_told_only_as_deleted(back, cast):
    start = await head()
    post = await post_it(cast.author, SECRET)
    post_id = post.pk
    await sync_to_async(post.delete)()
    told = await everything(await back(cast.follower, f"view=home&after={start}", hello=False))
    assert told == [{"type": "post.deleted", "cursor": await head(), "id": post_id}]


async def test_who_was_signed_out_meanwhile_is_refused_whatever_the_cursor(hub, read, cast):
    start = await head()
    reader = await read(cast.follower)
    await sync_to_async(browser_of(reader).post)("/accounts/logout/")
    assert await end_of(reader) == ("signed_out", SIGNED_OUT)
    await post_it(cast.author, SECRET)

    again = await Reader(f"view=home&after={start}", reader.socket.scope["headers"][1][1].decode()).open()

    assert await end_of(again) == ("signed_out", REFUSED)


# --- While somebody comes in ---


def sign_out(person: User) -> None:
    Session.objects.get(user=person).delete()


def change_password(person: User) -> None:
    person.set_password("another one")
    person.save()


def suspend(person: User) -> None:
    person.is_active = False
    person.save()


LOSSES = [(sign_out, SIGNED_OUT), (change_password, SIGNED_OUT), (suspend, SUSPENDED)]


def once_after(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Callable[[], Awaitable[object]]) -> None:
    """Lets `act` happen after the first time that a method or function has done its work."""
    real, acts = getattr(owner, name), [act]

    async def and_then(*arguments: object) -> object:
        result = await real(*arguments)
        if acts:
            await acts.pop()()
        return result

    monkeypatch.setattr(owner, name, and_then)


async def joining(person: User, query: str = "") -> Reader:
    return await Reader(query, await sync_to_async(cookie_of)(person)).open()


async def closed(reader: Reader) -> tuple[list[dict], int]:
    """What a socket was told until it was closed, and with which code."""
    while (output := await reader.socket.receive_output(PATIENCE))["type"] != "websocket.close":
        reader._take(output["text"])
    return reader._frames, output["code"]


MOMENTS = [
    (Authenticator, "authenticate"),
    (ConnectionManager, "_start_position"),
    (Delivery, "greet"),
    (delivery, "replay"),
]
ROUTED = pytest.mark.parametrize("routed", [True, False], ids=["routed", "not yet routed"])


@ROUTED
@pytest.mark.parametrize(("owner", "name"), MOMENTS)
@pytest.mark.parametrize(("lose", "code"), LOSSES)
async def test_a_right_that_ends_at_any_moment_of_joining_ends_the_socket(
    hub, read, cast, monkeypatch, lose, code, owner, name, routed
):
    stranger, start = await read(cast.stranger), await head()
    await post_it(cast.author, "Missed.")
    await hub.now()

    async def act() -> None:
        await sync_to_async(lose)(cast.follower)
        if routed:
            await hub.now()

    once_after(monkeypatch, owner, name, act)
    reader = await joining(cast.follower, f"after={start}")

    told, close_code = await closed(reader)
    assert (kinds(told)[-1], close_code) == ("error", code)
    assert cast.follower.pk not in hub.subscriptions.viewers
    await reader.close()
    await hears_next(stranger, cast.stranger)


@pytest.mark.parametrize(("owner", "name"), [(Delivery, "greet"), (delivery, "replay")])
@pytest.mark.parametrize(("lose", "code"), LOSSES)
async def test_who_loses_the_right_while_coming_in_is_told_nothing_that_was_posted_after(
    hub, cast, monkeypatch, lose, code, owner, name
):
    start = await head()
    await post_it(cast.author, "Missed.")
    await hub.now()

    async def act() -> None:
        await sync_to_async(lose)(cast.follower)
        await post_it(cast.author, SECRET)
        await hub.now()

    once_after(monkeypatch, owner, name, act)
    reader = await joining(cast.follower, f"after={start}")

    told, close_code = await closed(reader)
    await reader.close()
    assert close_code == code
    assert [frame["cursor"] for frame in told if SECRET in frame.get("html", "")] == []


async def test_a_right_that_ends_just_after_it_was_looked_up_ends_the_socket(hub, read, cast, monkeypatch):
    """Another session's end makes the joining one look up its rights; its own end follows at once."""
    stranger = await read(cast.stranger)
    await sync_to_async(cookie_of)(cast.follower)
    other = await sync_to_async(Session.objects.get)(user=cast.follower)

    async def end_the_other() -> None:
        await sync_to_async(other.delete)()
        await hub.now()

    async def sign_out_here() -> None:
        await sync_to_async(sign_out)(cast.follower)

    once_after(monkeypatch, Delivery, "greet", end_the_other)
    once_after(monkeypatch, Authenticator, "revocation_reasons", sign_out_here)
    reader = await joining(cast.follower)

    assert (await closed(reader))[1] == SIGNED_OUT
    await reader.close()
    await hears_next(stranger, cast.stranger)


@ROUTED
@pytest.mark.parametrize(("owner", "name"), MOMENTS)
async def test_who_unfollows_while_coming_in_is_told_nothing_after_it(hub, cast, monkeypatch, owner, name, routed):
    start = await head()
    await post_it(cast.author, "Missed.")
    await hub.now()

    async def act() -> None:
        await sync_to_async(cast.follower.unfollow)(cast.author)
        if routed:
            await hub.now()
        await post_it(cast.author, SECRET)

    once_after(monkeypatch, owner, name, act)
    reader = await joining(cast.follower, f"after={start}")
    await reader.frames("hello")
    await eventually(lambda: hub.subscriptions.connections)
    told = await reader.rest()
    assert "reset" in kinds(told)
    assert SECRET not in str(told)
    await hears_next(reader, cast.follower)
    await reader.close()


@ROUTED
async def test_who_follows_while_coming_in_is_told_what_comes(hub, cast, monkeypatch, routed):
    async def act() -> None:
        await sync_to_async(cast.stranger.follow)(cast.author)
        if routed:
            await hub.now()

    once_after(monkeypatch, Delivery, "greet", act)
    reader = await joining(cast.stranger)
    await reader.frames("hello")
    await eventually(lambda: hub.subscriptions.connections)
    post = await post_it(cast.author)
    told = await reader.rest()
    assert [(frame["type"], frame.get("id")) for frame in told] == [("reset", None), ("post.created", post.pk)]
    await reader.close()


async def test_a_second_socket_that_comes_in_while_the_person_unfollows_agrees_with_the_first(
    hub, read, cast, monkeypatch
):
    """Both share what is known of the person: neither may bring back what the other has given up."""
    first = await read(cast.follower)

    async def act() -> None:
        await sync_to_async(cast.follower.unfollow)(cast.author)
        await hub.now()

    once_after(monkeypatch, Authenticator, "authenticate", act)
    second = await joining(cast.follower)
    await second.frames("hello")
    await eventually(lambda: len(Hub.current().subscriptions.connections) == 2)
    other = await sync_to_async(make_user)()
    await post_it(cast.author, SECRET)
    await post_it(other, "By somebody nobody follows.")
    assert kinds(await first.rest()) == ["reset"]
    assert set(kinds(await second.rest())) <= {"reset"}
    await second.close()
