"""Authentication of handshakes: resolves a session or token and the requested view.

Handshakes that arrive at the same time are resolved by one batch of queries, in a dedicated thread. Channels'
`AuthMiddlewareStack` runs three queries for each socket in one thread shared by all: of 300 sockets that opened at
once, each needing 50 ms, 209 failed.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings

from consumers.connections.authorization import RefusedError, bad_token, revocation_reasons
from consumers.connections.connection import Viewer
from consumers.server.db_threads import DatabaseThreads
from livefeed.live import credentials, log
from livefeed.live.credentials import Credential
from livefeed.live.readers import View
from livefeed.live.views import ViewError, open_view, open_view_of

MAX_BATCH = 200
"""Handshakes resolved by one batch of queries."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request to open a connection: a session key or a token's text, or neither for a visitor, and the view."""

    view: str | None
    session_key: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class HandshakeResult:
    """A resolved handshake: the viewer (None for a visitor), the credential and the view.

    `read_at` is the position of the event log before the first query.
    """

    viewer: Viewer | None
    credential: Credential | None
    view: View
    read_at: int


def session_key_of(cookies: str) -> str:
    """Returns the session key in a Cookie header; empty if there is none."""
    try:
        morsel = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


class Authenticator:
    """Resolves handshakes in batches, and rechecks credentials."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Handshake, asyncio.Future[HandshakeResult]]] = []
        self._resolving: asyncio.Task[None] | None = None
        self._thread = DatabaseThreads(1, "livefeed-authentication")

    async def authenticate(self, handshake: Handshake) -> HandshakeResult:
        """Resolves one handshake, together with all that are waiting. Raises `RefusedError`."""
        future: asyncio.Future[HandshakeResult] = asyncio.get_running_loop().create_future()
        self._waiting.append((handshake, future))
        if self._resolving is None or self._resolving.done():
            self._resolving = asyncio.create_task(self._resolve_waiting())
        return await future

    async def open_view(self, name: str, user_id: int) -> View:
        """Returns the view with this name for a user (0: a visitor). Raises `ViewError`."""
        return await self._thread.run(lambda: open_view_of(name, user_id))

    async def revocation_reasons(self, credentials: Collection[Credential]) -> dict[Credential, RefusedError | None]:
        """Returns for each credential the reason why it is no longer valid, or None if it is valid."""
        return await self._thread.run(lambda: revocation_reasons(credentials))

    def close(self) -> None:
        """Ends the thread and its database connection."""
        self._thread.close()

    async def _resolve_waiting(self) -> None:
        while self._waiting:
            batch = self._waiting[:MAX_BATCH]
            self._waiting = self._waiting[MAX_BATCH:]
            results = await self._resolve([handshake for handshake, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                _settle(future, result)

    async def _resolve(self, handshakes: list[Handshake]) -> list[HandshakeResult | Exception]:
        """Resolves a batch in the thread; if the database fails, each handshake gets the error."""
        try:
            return await self._thread.run(lambda: _resolve(handshakes))
        except Exception as error:
            return [error] * len(handshakes)


def _settle(future: asyncio.Future[HandshakeResult], result: HandshakeResult | Exception) -> None:
    """Sets the result or the error of a future, unless the client has disconnected and the future is cancelled."""
    if future.done():
        return
    if isinstance(result, HandshakeResult):
        future.set_result(result)
    else:
        future.set_exception(result)


def _resolve(handshakes: list[Handshake]) -> list[HandshakeResult | Exception]:
    """Returns a result for each handshake, or the error with which it is refused."""
    read_at = log.head()  # before all other queries: later changes are events after this position
    found = credentials.find(
        {handshake.session_key for handshake in handshakes if handshake.session_key},
        {handshake.token for handshake in handshakes if handshake.token},
    )
    viewers = {user_id: Viewer(user_id, followed) for user_id, followed in found.followed.items()}
    results: list[HandshakeResult | Exception] = []
    for handshake in handshakes:
        try:
            credential, user = _credential_and_user(handshake, found)
            view = open_view(handshake.view or "", user)
        except ViewError as error:
            results.append(RefusedError(error.code, str(error)))
        except RefusedError as refused:
            results.append(refused)
        else:
            viewer = viewers[user.pk] if user else None
            results.append(HandshakeResult(viewer, credential, view, read_at))
    return results


def _credential_and_user(handshake: Handshake, found: credentials.Found) -> tuple[Credential | None, Any]:
    """Returns the credential of a handshake and its user, both None for a visitor.

    Raises `RefusedError` if the token is unknown.
    """
    if not handshake.token:
        return found.by_session_key.get(handshake.session_key, (None, None))
    if handshake.token not in found.by_token:
        raise bad_token()
    return found.by_token[handshake.token]
