"""Limits of sockets and messages, and the client's address."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from hypothesis import given
from hypothesis import strategies as st

from consumers.connections import rate_limit
from consumers.connections.authentication import Authenticator
from consumers.connections.client_ip import client_ip
from consumers.connections.close_codes import REFUSED, REPLACED, RESTARTING, TOO_MANY
from consumers.connections.rate_limit import TokenBucket
from consumers.hub.delivery import Delivery
from livefeed.limits.networks import network_of
from tests.factories import cookie_of, make_post
from tests.live.conftest import Reader, eventually, metric
from tests.live.endings import assert_receives_next, end_of

post_it = sync_to_async(make_post)
OpenFrom = Callable[..., Awaitable[Reader]]


# --- Sockets of a user ---


async def test_the_eleventh_socket_of_a_user_closes_the_oldest(hub, read, cast):
    readers = [await read(cast.follower) for _ in range(10)]
    stranger = await read(cast.stranger)

    readers.append(await read(cast.follower))

    oldest, *others = readers
    assert await end_of(oldest) == ("replaced", REPLACED)
    post = await post_it(cast.author)
    for reader in others:
        (frame,) = await reader.frames("post.created")
        assert frame["id"] == post.pk
    await assert_receives_next(stranger, cast.stranger)
    assert len(hub.subscriptions.viewers[cast.follower.pk].connections) == 10


async def test_a_closed_socket_no_longer_counts(read, cast, settings):
    settings.LIVEFEED_SOCKETS_PER_PERSON = 2
    first = await read(cast.follower)
    second = await read(cast.follower)
    await first.close()
    third = await read(cast.follower)
    await post_it(cast.author)
    for reader in (second, third):
        await reader.frames("post.created")


# --- Duration of the handshake ---


@pytest.mark.parametrize(
    "stage", [(Authenticator, "authenticate"), (Delivery, "catch_up")], ids=["authentication", "replay"]
)
async def test_a_handshake_that_takes_too_long_is_refused_and_leaves_nothing_behind(
    hub, read, cast, settings, monkeypatch, stage
):
    healthy = await read(cast.follower)
    stranger = await read(cast.stranger)
    settings.LIVEFEED_HANDSHAKE_SECONDS = 0.1

    async def hang(*arguments: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as hanging:
        hanging.setattr(*stage, hang)
        late = await read(cast.follower, hello=False)
        frames = [await late.frame() for _ in range(2 if stage[0] is Delivery else 1)]
        assert frames[-1]["code"] == "busy"
        assert (await late.socket.receive_output())["code"] == RESTARTING
        assert {each.viewer.user_id for each in hub.subscriptions.connections} == {cast.follower.pk, cast.stranger.pk}
        assert len(hub.subscriptions.connections) == 2
    await post_it(cast.author)
    await healthy.frames("post.created")
    await assert_receives_next(stranger, cast.stranger)


# --- Sockets of visitors ---


@pytest.fixture
async def open_from(hub, settings):
    """Opens a socket from a network address, before its hello; two visitors of one address are allowed.

    It is closed afterwards.
    """
    settings.LIVEFEED_SOCKETS_PER_ADDRESS = 2
    readers: list[Reader] = []

    async def open_socket(address: str, cookie: str = "", **headers: str) -> Reader:
        reader = Reader("view=public", cookie)
        reader.socket.scope["client"] = [address, 40_000]
        more = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        reader.socket.scope["headers"].extend(more)
        readers.append(await reader.open())
        return reader

    yield open_socket
    for reader in readers:
        await reader.close()


async def test_too_many_visitors_of_one_address_are_refused(hub, open_from: OpenFrom, cast):
    admitted = [
        await open_from("192.0.2.1"),
        await open_from("192.0.2.1"),
        await open_from("192.0.2.2"),
        await open_from("2001:db8::1"),
    ]
    for reader in admitted:
        await reader.frames("hello")
    await eventually(lambda: len(hub.subscriptions.connections) == 4)

    assert await end_of(await open_from("192.0.2.1")) == ("too_many", TOO_MANY)

    await post_it(cast.author)
    for reader in admitted:
        await reader.frames("post.created")


async def test_a_visitor_who_left_no_longer_counts(hub, open_from: OpenFrom):
    first = await open_from("192.0.2.1")
    second = await open_from("192.0.2.1")
    for reader in (first, second):
        await reader.frames("hello")
    await eventually(lambda: len(hub.subscriptions.connections) == 2)
    await first.close()
    await (await open_from("192.0.2.1")).frames("hello")


async def test_concurrent_handshakes_of_visitors_are_counted_too(hub, open_from: OpenFrom):
    """None of them is subscribed yet when the first check of the others runs."""
    before = metric("sockets_refused_total")
    for _ in range(5):
        await open_from("192.0.2.1")
    await eventually(lambda: metric("sockets_refused_total") == before + 3)
    await eventually(lambda: len(hub.subscriptions.connections) == 2)
    assert hub.subscriptions.visitors["192.0.2.1"] == 2


async def test_signed_in_users_are_not_counted_by_their_address(hub, open_from: OpenFrom, cast):
    for person in (cast.author, cast.follower, cast.stranger):
        cookie = await sync_to_async(cookie_of)(person)
        await (await open_from("192.0.2.1", cookie)).frames("hello")
    await (await open_from("192.0.2.1")).frames("hello")


async def test_a_forged_address_does_not_evade_the_limit(hub, open_from: OpenFrom):
    for _ in range(2):
        await (await open_from("192.0.2.1")).frames("hello")
    await eventually(lambda: len(hub.subscriptions.connections) == 2)
    assert await end_of(await open_from("192.0.2.1", x_forwarded_for="198.51.100.7")) == ("too_many", TOO_MANY)


async def test_behind_a_proxy_visitors_are_counted_by_the_forwarded_address(hub, open_from: OpenFrom, settings):
    settings.LIVEFEED_TRUSTED_PROXIES = 1
    for number in range(2):
        await (await open_from("10.0.0.1", x_forwarded_for=f"forged{number}, 192.0.2.1")).frames("hello")
    await eventually(lambda: len(hub.subscriptions.connections) == 2)
    assert await end_of(await open_from("10.0.0.1", x_forwarded_for="forged, 192.0.2.1")) == ("too_many", TOO_MANY)
    await (await open_from("10.0.0.1", x_forwarded_for="192.0.2.9")).frames("hello")


# --- Messages ---


async def test_too_many_messages_at_once_close_a_socket(hub, read, cast, settings):
    settings.LIVEFEED_INBOUND_RATE = 0.0
    settings.LIVEFEED_INBOUND_BURST = 3.0
    reader = await read(cast.follower)
    stranger = await read(cast.stranger)
    for number in range(3):
        await reader.shows(number)
    await assert_receives_next(reader, cast.author)

    await reader.shows(4)

    assert await end_of(reader) == ("too_fast", REFUSED)
    assert cast.follower.pk not in hub.subscriptions.viewers
    await assert_receives_next(stranger, cast.stranger)


class Clock:
    """Replaces the module `time`."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def clock():
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(rate_limit, "time", clock)
        yield clock


def test_a_bucket_allows_its_burst_at_once_and_then_its_rate(clock):
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock.now += 0.5
    assert [bucket.take() for _ in range(2)] == [True, False]
    clock.now += 3_600
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


@given(st.lists(st.integers(0, 64), max_size=60))
def test_a_bucket_never_allows_more_than_its_burst_and_its_rate(clock, pauses):
    """Pauses in sixteenths of a second: sums of those are exact."""
    bucket = TokenBucket(rate=4, burst=5)
    started_at = clock.now
    taken = 0
    for pause in pauses:
        clock.now += pause / 16
        taken += bucket.take()
        assert taken <= 5 + (clock.now - started_at) * 4


@given(st.lists(st.integers(4, 64), max_size=60))
def test_a_client_below_the_rate_is_never_refused(clock, pauses):
    bucket = TokenBucket(rate=4, burst=1)
    for pause in pauses:
        clock.now += pause / 16
        assert bucket.take()


# --- The client's address ---


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, [], "10.0.0.1"),
        (0, ["192.0.2.1"], "10.0.0.1"),
        (1, [], "10.0.0.1"),
        (1, ["192.0.2.1"], "192.0.2.1"),
        (1, ["forged, 192.0.2.1"], "192.0.2.1"),
        (1, ["forged", "192.0.2.1"], "192.0.2.1"),
        (1, ["forged,, 192.0.2.1 "], "192.0.2.1"),
        (2, ["forged, 192.0.2.1, 10.0.0.2"], "192.0.2.1"),
        (2, ["forged, also forged", "192.0.2.1", "10.0.0.2"], "192.0.2.1"),
        (2, ["192.0.2.1"], "10.0.0.1"),
        (1, ["2001:db8::1"], "2001:db8::"),
    ],
)
def test_the_address_is_the_one_added_by_the_outermost_trusted_proxy(settings, proxies, forwarded, address):
    settings.LIVEFEED_TRUSTED_PROXIES = proxies
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    assert client_ip({"client": ["10.0.0.1", 40_000], "headers": headers}) == address


@pytest.mark.parametrize("scope", [{"headers": []}, {"client": None, "headers": []}])
def test_the_address_is_empty_if_the_server_names_none(scope):
    assert client_ip(scope) == ""


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_the_addresses_of_one_network_count_as_one_client(first, second, is_same):
    assert (network_of(first) == network_of(second)) is is_same
    assert (client_ip({"client": [first, 1]}) == client_ip({"client": [second, 1]})) is is_same
