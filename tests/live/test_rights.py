"""Rights that end while sockets are open: the sockets close or receive no more, with wake-ups and without."""

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from consumers.connections.close_codes import SIGNED_OUT, SUSPENDED
from livefeed.models import Session, User
from tests.factories import PASSWORD, make_post, signed_in
from tests.live.conftest import Reader
from tests.live.endings import (
    WAKE_UPS,
    another_tab,
    assert_receives_next,
    browser_of,
    disable_wake_ups,
    end_of,
    session_key,
)

post_it = sync_to_async(make_post)
Act = Callable[[Reader, User], None]
NEW_PASSWORD = "another horse battery"


@pytest.fixture(params=WAKE_UPS, autouse=True)
def _ring(request, monkeypatch) -> None:
    if request.param == "wake-ups lost":
        disable_wake_ups(monkeypatch)


def log_out_here(reader: Reader, person: User) -> None:
    assert browser_of(reader).post("/accounts/logout/").status_code == 302


def end_session(reader: Reader, person: User) -> None:
    Session.objects.get(session_key=session_key(reader)).delete()


def end_all_sessions(reader: Reader, person: User) -> None:
    person.sessions.all().delete()


def save_password(reader: Reader, person: User) -> None:
    person.set_password(NEW_PASSWORD)
    person.save()


def suspend(reader: Reader, person: User) -> None:
    person.is_active = False
    person.save()


def delete_account(reader: Reader, person: User) -> None:
    User.objects.get(pk=person.pk).delete()


def change_password(client: Client) -> None:
    """Changes the password through its form."""
    fields = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD}
    answer = client.post("/accounts/password/change/", fields)
    assert answer.status_code == 302, answer.content.decode()


# --- Sockets that are closed ---


@pytest.mark.parametrize(
    ("act", "end"),
    [
        (log_out_here, ("signed_out", SIGNED_OUT)),
        (end_session, ("signed_out", SIGNED_OUT)),
        (end_all_sessions, ("signed_out", SIGNED_OUT)),
        (save_password, ("signed_out", SIGNED_OUT)),
        (suspend, ("suspended", SUSPENDED)),
        (delete_account, ("signed_out", SIGNED_OUT)),
    ],
)
async def test_open_sockets_of_every_view_are_closed_when_their_right_ends(hub, read, cast, act: Act, end):
    home = await read(cast.follower)
    stranger = await read(cast.stranger)
    visitor = await read(None)

    async with another_tab(home, "view=public") as public, another_tab(home, "view=user:author") as profile:
        await sync_to_async(act)(home, cast.follower)
        for socket in (home, public, profile):
            assert await end_of(socket) == end
    assert cast.follower.pk not in hub.subscriptions.viewers
    await assert_receives_next(stranger, cast.stranger)
    if act is not suspend:  # a suspension resets every public page
        await visitor.frames("post.created")


@pytest.mark.parametrize("act", [log_out_here, end_session])
async def test_a_sign_out_closes_all_tabs_of_that_session_and_no_other(read, cast, act: Act):
    here = await read(cast.follower)
    elsewhere = await read(cast.follower)
    async with another_tab(here, "view=user:author") as tab:
        await sync_to_async(act)(here, cast.follower)
        for ended in (here, tab):
            assert await end_of(ended) == ("signed_out", SIGNED_OUT)
    await assert_receives_next(elsewhere, cast.author)


async def test_a_password_change_closes_the_other_sessions_and_not_its_own(read, cast):
    here = await read(cast.follower)
    elsewhere = await read(cast.follower)
    stranger = await read(cast.stranger)

    await sync_to_async(change_password)(browser_of(here))

    assert await end_of(elsewhere) == ("signed_out", SIGNED_OUT)
    await assert_receives_next(here, cast.author)
    await assert_receives_next(stranger, cast.stranger)


async def test_the_session_of_a_password_change_keeps_its_socket_through_a_recheck_and_opens_more(
    hub, read, cast, monkeypatch
):
    here = await read(cast.follower)
    browser = browser_of(here)
    await sync_to_async(change_password)(browser)
    await hub.maintenance.recheck()
    await assert_receives_next(here, cast.author)

    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    tab = await Reader("view=home", cookie).open()
    await tab.frames("hello")
    await tab.close()


async def test_a_sign_out_after_a_password_change_closes_the_socket(read, cast):
    here = await read(cast.follower)
    browser = browser_of(here)
    await sync_to_async(change_password)(browser)
    await sync_to_async(browser.post)("/accounts/logout/")
    assert await end_of(here) == ("signed_out", SIGNED_OUT)


async def test_a_sign_in_of_another_user_in_the_same_browser_closes_the_first_user_s_socket(read, cast):
    here = await read(cast.follower)
    await sync_to_async(browser_of(here).force_login)(cast.stranger)
    assert await end_of(here) == ("signed_out", SIGNED_OUT)


# --- Sockets that receive no more ---


async def test_a_suspended_author_s_posts_leave_every_open_page(read, cast):
    post = await post_it(cast.author)
    views = ["view=public", "view=user:author", f"view=post:{post.pk}"]
    readers = [await read(cast.follower), *[await read(None, view) for view in views]]
    stranger = await read(cast.stranger)
    elsewhere = await read(None, "view=user:stranger")

    await sync_to_async(suspend)(readers[0], cast.author)
    await post_it(cast.author, "Written all the same.")

    for reader in readers:
        (reset,) = await reader.frames("reset")
        assert reset["within"] <= 3
        assert await reader.rest() == []
    await assert_receives_next(stranger, cast.stranger)
    await elsewhere.frames("post.created")


async def test_a_home_receives_nothing_after_unfollowing(read, cast):
    tabs = [await read(cast.follower) for _ in range(2)]
    stranger = await read(cast.stranger)
    await sync_to_async(cast.follower.unfollow)(cast.author)
    await post_it(cast.author, "Not for you any more.")
    for tab in tabs:
        await tab.frames("reset")
        assert await tab.rest() == []
    await assert_receives_next(stranger, cast.stranger)


async def test_renaming_an_author_resets_the_pages_that_show_their_posts(read, cast):
    post = await post_it(cast.author)
    other = await post_it(cast.stranger)
    showing = ["view=public", "view=user:author", f"view=post:{post.pk}"]
    not_showing = ["view=user:stranger", f"view=post:{other.pk}"]
    readers = [await read(cast.follower), await read(cast.author), *[await read(None, view) for view in showing]]
    others = [await read(cast.stranger), *[await read(None, view) for view in not_showing]]

    cast.author.name = "Somebody Else"
    await sync_to_async(cast.author.save)()

    for reader in readers:
        await reader.frames("reset")
        assert await reader.rest() == []
    assert [await reader.rest() for reader in others] == [[]] * len(others)


async def test_posts_after_a_renaming_have_the_new_name(read, cast):
    follower = await read(cast.follower)
    await post_it(cast.author, "By the old name.")
    await follower.frames("post.created")
    cast.author.name = "Somebody Else"
    await sync_to_async(cast.author.save)()
    await post_it(cast.author, "By the new one.")
    _, post = await follower.frames("reset", "post.created")
    assert "Somebody Else" in post["html"]


# --- Changes without an event ---


async def test_the_recheck_closes_a_socket_whose_session_was_deleted_without_signals(hub, read, cast):
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)
    rows = Session.objects.filter(user=cast.follower)
    await sync_to_async(rows._raw_delete)("default")
    await hub.maintenance.recheck()
    assert await end_of(reader) == ("signed_out", SIGNED_OUT)
    await assert_receives_next(stranger, cast.stranger)


async def test_a_person_suspended_without_a_signal_is_noticed_at_the_recheck(hub, read, cast):
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)
    await sync_to_async(User.objects.filter(pk=cast.follower.pk).update)(is_active=False)
    await hub.maintenance.recheck()
    assert await end_of(reader) == ("suspended", SUSPENDED)
    await assert_receives_next(stranger, cast.stranger)


async def test_a_rotated_key_keeps_sockets_open_until_it_is_no_longer_valid(hub, read, cast, settings):
    reader = await read(cast.follower)
    old = settings.SECRET_KEY
    settings.SECRET_KEY_FALLBACKS = [old]
    settings.SECRET_KEY = "a new one"
    newer = await read(cast.stranger)
    await hub.maintenance.recheck()
    await assert_receives_next(reader, cast.author)
    async with another_tab(reader) as tab:
        await assert_receives_next(tab, cast.author)

    settings.SECRET_KEY_FALLBACKS = []
    await hub.maintenance.recheck()
    await reader.frames("post.created")
    assert await end_of(reader) == ("signed_out", SIGNED_OUT)
    await assert_receives_next(newer, cast.stranger)


async def test_a_restored_right_needs_a_new_socket(read, cast):
    reader = await read(cast.follower)
    await sync_to_async(suspend)(reader, cast.follower)
    assert await end_of(reader) == ("suspended", SUSPENDED)

    cast.follower.is_active = True
    await sync_to_async(cast.follower.save)()
    assert await sync_to_async(signed_in)(cast.follower)
    await assert_receives_next(await read(cast.follower), cast.author)
