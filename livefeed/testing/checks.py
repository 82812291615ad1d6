"""The fixture `live_reader`: checks that a declaration delivers each change once to those who may see it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Model

from consumers.hub.hub import Hub
from livefeed.live import log
from livefeed.live.declarations import LiveModel, coalesced_kinds, declaration_of
from livefeed.live.entries import LogEntry
from livefeed.live.views import VIEWS, ViewError, open_view
from livefeed.models import Event, Token, User
from livefeed.testing import visibility
from livefeed.testing.sockets import Frame, SocketReader, eventually, poll
from livefeed.testing.users import cookie_of

REVOCATION_TIMEOUT = 5.0
"""Seconds within which a page must reload, or be closed, when a right ends."""

Action = Callable[[], object]
"""Changes rows. It runs outside of a transaction."""
Change = tuple[str, int]
"""Kind of an event and id of the row."""


@dataclass
class Client:
    """A page and a program of one user (None: a visitor, who has no program) that show one view."""

    view: str
    user: User | None
    cookie: str = ""
    token: str = ""

    async def prepare(self) -> None:
        """Creates a session and a token of the user."""
        if self.user is not None:
            self.cookie = await sync_to_async(cookie_of)(self.user)
            _, self.token = await sync_to_async(Token.objects.issue)(self.user)

    @asynccontextmanager
    async def connected(self, after: int | None = None) -> AsyncIterator[dict[str, SocketReader]]:
        """Opens the sockets, by name; with `after` as those of a page and a program that return after an absence."""
        readers = {"page": SocketReader(self._query(after), self.cookie)}
        if self.token:
            readers["program"] = SocketReader(self._query(after), token=self.token)
        known = set(Hub.current().subscriptions.connections)
        try:
            for reader in readers.values():
                await reader.open()
                await reader.frames("hello")
            await eventually(lambda: len(Hub.current().subscriptions.connections - known) == len(readers))
            yield readers
        finally:
            for reader in readers.values():
                await reader.close()

    async def missed(self, after: int) -> dict[str, list[Frame]]:
        """Returns what a page, a program and a poll receive that return after an absence."""
        async with self.connected(after) as readers:
            received = {f"returning {name}": await reader.rest() for name, reader in readers.items()}
        return received | {"poll": await poll(self._query(after), self.cookie)}

    def _query(self, after: int | None) -> str:
        return urlencode({"view": self.view} | ({} if after is None else {"after": after}))


@dataclass
class Observation:
    """The events of live models that an action published, and the frames that arrived, by the name of the reader."""

    published: list[LogEntry]
    live: dict[str, list[Frame]] = field(default_factory=dict)
    missed: dict[str, list[Frame]] = field(default_factory=dict)

    @property
    def received(self) -> dict[str, list[Change]]:
        """The changes of rows that arrived; also resets and errors."""
        return {name: changes_in(frames) for name, frames in (self.live | self.missed).items()}

    @property
    def expected(self) -> dict[str, list[Change]]:
        """The changes that must have arrived, if all are visible in the view."""
        live = [(entry.kind, entry.subject_id) for entry in self.published if entry.kind not in coalesced_kinds]
        return dict.fromkeys(self.live, live) | dict.fromkeys(self.missed, as_replayed(live))


class LiveReader:
    """Checks of declarations. A view is named as in the address of a socket: `home`, `tag:bread`."""

    def check_exactly_once(self, action: Action, *, view: str, user: User | None = None) -> list[Frame]:
        """Asserts that the events of `action` arrive once, in order, with an open page and an open program of a user
        (None: a visitor), and with those that return after an absence. Returns the frames of the open page."""
        seen = self._observe(action, view, user)
        assert seen.published, "The action published no event of a live model."
        assert seen.received == seen.expected
        return seen.live["page"]

    def check_rollback(self, action: Action, *, view: str, user: User | None = None) -> None:
        """Asserts that nothing arrives of an action that is rolled back, although it wrote events."""

        def action_that_is_rolled_back() -> None:
            before = Event.objects.count()
            with suppress(_RolledBackError), transaction.atomic():
                action()
                assert Event.objects.count() > before, "The action published no event."
                raise _RolledBackError

        seen = self._observe(action_that_is_rolled_back, view, user)
        assert seen.published == []
        self._assert_silence(seen)

    def check_stranger(self, action: Action, *, view: str, stranger: User | None = None) -> None:
        """Asserts that a user (None: a visitor) may not open the view, or receives nothing of an action there."""
        assert view.partition(":")[0] in VIEWS, f"There is no view “{view}”."
        try:
            open_view(view, stranger)
        except ViewError:
            return
        seen = self._observe(action, view, stranger)
        assert seen.published, "The action published no event of a live model."
        self._assert_silence(seen)

    def check_revocation(self, action: Action, revoke: Action, *, view: str, user: User) -> None:
        """Asserts that a user receives an action until `revoke()` takes away the right to see it. The user's open pages
        and programs must then reload (`reset`) or be closed, and receive nothing of a second action."""
        _run(_check_revocation(action, revoke, Client(view, user)))

    def check_visibility(self, model: type[Model], users: Iterable[User | None]) -> None:
        """Asserts that `visible_to` and `may_see` agree for all rows and these users; see `visibility`."""
        visibility.check_visibility(model, users)

    @staticmethod
    def _observe(action: Action, view: str, user: User | None) -> Observation:
        return _run(_observe(action, Client(view, user)))

    @staticmethod
    def _assert_silence(seen: Observation) -> None:
        assert [changes for changes in seen.received.values() if changes] == []


class _RolledBackError(Exception):
    """Raised on purpose."""


def _run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in a thread: a browser of the same test run may have an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@asynccontextmanager
async def _hub() -> AsyncIterator[Hub]:
    """The hub of the running loop, stopped afterwards."""
    hub = Hub.current()
    try:
        await hub.wait_until_idle()
        yield hub
    finally:
        await hub.stop()


async def _observe(action: Action, client: Client) -> Observation:
    """Runs an action while a page and a program are open, and opens others afterwards."""
    async with _hub():
        await client.prepare()
        start = await sync_to_async(log.head)()
        async with client.connected() as readers:
            await sync_to_async(action)()
            live = {name: await reader.rest() for name, reader in readers.items()}
        missed = await client.missed(start)
        published = [entry for entry in await sync_to_async(log.read_after)(start) if is_change(entry.kind)]
    return Observation(published, live, missed)


async def _check_revocation(action: Action, revoke: Action, client: Client) -> None:
    async with _hub():
        await client.prepare()
        async with client.connected() as readers:
            await sync_to_async(action)()
            before = {name: changes_in(await reader.rest()) for name, reader in readers.items()}
            assert all(before.values()), f"The user may not even see the first change: {before}"
            await sync_to_async(revoke)()
            for name, reader in readers.items():
                await _assert_told(name, reader)
            await sync_to_async(action)()
            after = {name: changes_in(await reader.rest()) for name, reader in readers.items()}
        assert [changes for changes in after.values() if changes] == []


async def _assert_told(name: str, reader: SocketReader) -> None:
    """Waits until a socket has received a reset or was closed."""

    async def is_told() -> bool:
        kinds = {frame["type"] for frame in await reader.rest()}
        return "reset" in kinds or reader.close_code is not None

    try:
        async with asyncio.timeout(REVOCATION_TIMEOUT):
            await eventually(is_told)
    except TimeoutError:
        raise AssertionError(f"The {name} still shows the rows that the user may no longer see.") from None


def is_change(kind: str) -> bool:
    """True if events of a kind are about a row of a live model."""
    return isinstance(declaration_of(kind), LiveModel)


def changes_in(frames: list[Frame]) -> list[Change]:
    """Returns the changes in frames, without counts and other kinds of which only the latest is sent."""
    left_out = coalesced_kinds | {"notifications"}
    return [(frame["type"], frame.get("id", 0)) for frame in frames if frame["type"] not in left_out]


def as_replayed(changes: list[Change]) -> list[Change]:
    """Returns the last change of each row, in the order of these. A row that was created meanwhile is not known yet."""
    latest: dict[tuple[str, int], Change] = {}
    created = set()
    for kind, subject_id in changes:
        name, _, change = kind.partition(".")
        row = (name, subject_id)
        if change == "created":
            created.add(row)
        is_new = change == "updated" and row in created
        latest.pop(row, None)
        latest[row] = (f"{name}.created" if is_new else kind, subject_id)
    return list(latest.values())


@pytest.fixture
def live_reader(transactional_db: Any) -> LiveReader:
    """Checks of a declaration in the test's own process. The test itself must not be async."""
    return LiveReader()
