"""The program's socket, in process: the same events with posts as JSON, for the user of the token."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from asgi import application
from consumers.connections.close_codes import BAD_TOKEN, REFUSED, SUSPENDED
from livefeed.models import Token, User
from tests.factories import Cast, cookie_of, make_post
from tests.live.conftest import Reader, eventually, head, wait_until_delivered
from tests.live.endings import WAKE_UPS, assert_receives_next, disable_wake_ups, end_of

post_it = sync_to_async(make_post)
issue = sync_to_async(Token.objects.issue)


class ProgramReader(Reader):
    """A program's socket, opened with an Authorization header or without any."""

    def __init__(self, authorization: str | None, query: str = "", *more: tuple[bytes, bytes]) -> None:
        headers = [(b"host", b"testserver"), *more]
        if authorization is not None:
            headers.append((b"authorization", authorization.encode()))
        self.socket = WebsocketCommunicator(application, f"/ws/events/?{query}", headers)
        self._frames: list[dict[str, Any]] = []


@pytest.fixture
async def run(hub):
    """Opens a program's socket and reads its hello: `await run(user, "view=home")`. It is closed afterwards."""
    programs: list[ProgramReader] = []

    async def open_program(user: User, query: str = "", *, hello: bool = True) -> ProgramReader:
        _, text = await issue(user)
        known = set(hub.subscriptions.connections)
        program = ProgramReader(f"Bearer {text}", query)
        programs.append(await program.open())
        if hello:
            await program.frames("hello")
            await eventually(lambda: hub.subscriptions.connections - known)
        return program

    yield open_program
    for program in programs:
        await program.close()


async def test_a_post_reaches_programs_of_followers_and_of_no_stranger(run, cast):
    program = await run(cast.follower)
    stranger = await run(cast.stranger)

    post = await post_it(cast.author, "Good *morning*.", title="Today")

    (frame,) = await program.frames("post.created")
    received = frame.pop("post")
    assert frame == {
        "type": "post.created",
        "cursor": await head(),
        "id": post.pk,
        "version": 1,
        "sort": post.sort_key,
    }
    html = received.pop("html")
    assert html.strip().startswith("<article")
    assert "morning" in html
    assert datetime.fromisoformat(received.pop("created_at")) == post.created_at
    assert received == {
        "id": post.pk,
        "author": "author",
        "title": "Today",
        "body": "Good *morning*.",
        "parent": None,
        "audience": "public",
        "tags": [],
        "pictures": [],
        "poll": None,
        "version": 1,
        "likes": 0,
        "replies": 0,
        "url": f"{settings.LIVEFEED_URL}/posts/{post.pk}/",
    }
    assert await stranger.rest() == []


async def test_a_program_receives_the_same_hello_as_a_page(run, cast):
    program = await run(cast.follower, hello=False)
    assert await program.frame() == {"type": "hello", "cursor": await head(), "heartbeat": 25}


async def test_a_reconnecting_program_receives_the_events_it_missed(run, cast):
    start = await head()
    posts = [await post_it(cast.author, f"Number {number}.") for number in range(3)]
    await post_it(cast.stranger, "Not for them.")
    await sync_to_async(posts[1].delete)()
    await wait_until_delivered()

    program = await run(cast.follower, f"after={start}", hello=False)

    hello, *missed = await program.frames("hello", "post.created", "post.created", "post.deleted")
    assert hello["cursor"] == start
    assert [frame["post"]["body"] for frame in missed[:2]] == ["Number 0.", "Number 2."]
    assert await program.frame(heartbeats=True) == {"type": "heartbeat", "cursor": await head()}
    assert await program.rest() == []


@pytest.mark.parametrize("cursor", ["nonsense", "99999999", "-1"])
async def test_an_invalid_cursor_resets_a_program(run, cast, cursor):
    program = await run(cast.follower, f"after={cursor}", hello=False)
    await program.frames("hello", "reset")


async def test_a_page_and_a_program_receive_the_same_events(read, run, cast):
    readers = [await read(cast.follower), await run(cast.follower)]
    await sync_to_async(cause_every_kind_of_event)(cast)
    by_page, by_program = [await reader.rest() for reader in readers]
    assert_equal_events(by_page, by_program)
    assert {frame["type"] for frame in by_page} == {"post.created", "post.updated", "post.deleted", "reset"}


async def test_a_reconnecting_page_and_program_receive_the_same_events(read, run, cast):
    start = await head()
    await sync_to_async(change_posts)(cast)
    await wait_until_delivered()
    readers = [await opened(cast.follower, f"view=home&after={start}") for opened in (read, run)]
    by_page, by_program = [await reader.rest() for reader in readers]
    assert_equal_events(by_page, by_program)
    assert len(by_page) == 5


def change_posts(cast: Cast) -> None:
    posts = [make_post(cast.author, f"Number {number}: “ä” <b>", title="A title") for number in range(4)]
    posts[0].edit(title="", body="Edited.", seen_version=1)
    posts[1].delete()
    make_post(cast.follower, "My own.")
    make_post(cast.stranger, "Not for them.")


def cause_every_kind_of_event(cast: Cast) -> None:
    change_posts(cast)
    cast.author.name = "Somebody Else"
    cast.author.save()
    cast.follower.follow(cast.stranger)
    make_post(cast.stranger, "For them now.")


def assert_equal_events(by_page: list[dict[str, Any]], by_program: list[dict[str, Any]]) -> None:
    """Asserts that the frames of a page and of a program are equal except for the form of a post."""
    for page, program in zip(by_page, by_program, strict=True):
        html = page.get("html")
        post = program.get("post", {})
        assert {**page, "html": ""} == {**{name: program[name] for name in program if name != "post"}, "html": ""}
        assert post.get("html") == html
        if post:
            assert (post["id"], post["version"]) == (page["id"], page["version"])


# --- Authorization ---


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer lf_nonsense", "Basic dXNlcjpwYXNz", "lf_x", "Bearer é\x00"]
)
async def test_a_program_without_a_valid_token_is_refused(hub, cast, authorization):
    program = await ProgramReader(authorization).open()
    assert await end_of(program) == ("bad_token", BAD_TOKEN)
    assert not hub.subscriptions.connections
    await program.close()


async def test_a_session_cookie_is_not_accepted_as_a_token(hub, cast):
    cookie = await sync_to_async(cookie_of)(cast.follower)
    program = await ProgramReader(None, "view=home", (b"cookie", cookie.encode())).open()
    assert await end_of(program) == ("bad_token", BAD_TOKEN)
    await program.close()


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER  "])
async def test_the_scheme_may_be_in_any_case_and_any_origin_is_accepted(hub, cast, scheme):
    _, text = await issue(cast.follower)
    program = await ProgramReader(f"{scheme} {text}", "", (b"origin", b"https://evil.example.org")).open()
    await program.frames("hello")
    await program.close()


@pytest.mark.parametrize("query", ["view=nowhere", "view=user:nobody", "view=post:99999"])
async def test_an_unknown_view_is_refused(run, cast, query):
    assert await end_of(await run(cast.follower, query, hello=False)) == ("unknown_view", REFUSED)


def revoke(user: User) -> None:
    user.tokens.get().revoke()


def suspend(user: User) -> None:
    user.is_active = False
    user.save()


def delete_account(user: User) -> None:
    User.objects.get(pk=user.pk).delete()


LOSSES = [(revoke, "bad_token", BAD_TOKEN), (suspend, "suspended", SUSPENDED), (delete_account, "bad_token", BAD_TOKEN)]


@pytest.mark.parametrize("wake_ups", WAKE_UPS)
@pytest.mark.parametrize(("lose", "reason", "code"), LOSSES)
async def test_an_open_program_is_closed_when_its_right_ends(
    run, cast, monkeypatch, lose: Callable[[User], None], reason, code, wake_ups
):
    if wake_ups == "wake-ups lost":
        disable_wake_ups(monkeypatch)
    program = await run(cast.follower)
    stranger = await run(cast.stranger)
    await sync_to_async(lose)(cast.follower)
    assert await end_of(program) == (reason, code)
    await assert_receives_next(stranger, cast.stranger)


@pytest.mark.parametrize(("lose", "reason", "code"), LOSSES)
async def test_a_program_whose_right_has_ended_is_refused(hub, cast, lose: Callable[[User], None], reason, code):
    _, text = await issue(cast.follower)
    await sync_to_async(lose)(cast.follower)
    program = await ProgramReader(f"Bearer {text}").open()
    assert await end_of(program) == ("bad_token", BAD_TOKEN)
    await program.close()


async def test_another_token_of_the_same_user_stays_valid(run, cast):
    first = await run(cast.follower)
    second = await run(cast.follower)
    await sync_to_async(lambda: cast.follower.tokens.order_by("pk")[0].revoke())()
    assert await end_of(first) == ("bad_token", BAD_TOKEN)
    await assert_receives_next(second, cast.author)


async def test_the_recheck_closes_a_program_whose_token_was_deleted_without_signals(hub, run, cast):
    program = await run(cast.follower)
    stranger = await run(cast.stranger)
    await sync_to_async(Token.objects.filter(user=cast.follower)._raw_delete)("default")
    await hub.maintenance.recheck()
    assert await end_of(program) == ("bad_token", BAD_TOKEN)
    await assert_receives_next(stranger, cast.stranger)


async def test_a_program_stays_open_after_a_password_change_and_a_sign_out(run, read, cast):
    program = await run(cast.follower)
    page = await read(cast.follower)
    cast.follower.set_password("another one")
    await sync_to_async(cast.follower.save)()
    await end_of(page)
    await assert_receives_next(program, cast.author)


async def test_messages_of_a_program_follow_the_same_rules(run, cast):
    program = await run(cast.follower)
    post = await post_it(cast.author)
    await program.frames("post.created")
    await program.shows(post.pk + 1)
    await sync_to_async(post.edit)(title="", body="Not among the shown posts.", seen_version=1)
    assert await program.rest() == []
    await program.send(json.dumps({"type": "post", "body": "By the socket."}))
    assert await end_of(program) == ("bad_message", REFUSED)
