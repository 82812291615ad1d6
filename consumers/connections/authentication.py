"""Authentication of handshakes: resolves a session or token and the requested view.

Handshakes that arrive at the same time are resolved by one batch of queries, in a dedicated thread. Channels'
`AuthMiddlewareStack` runs three queries for each socket in one thread shared by all: of 300 sockets that opened at
once, each needing 50 ms, 209 failed.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from django.conf import settings

from consumers.connections.authorization import RefusedError, bad_token, revocation_reasons
from consumers.connections.connection import HOME, PUBLIC, SHOWN, Credential, View, Viewer, ViewKind, is_number
from consumers.server.db_threads import DatabaseThreads
from livefeed.content.markup import is_tag, normalize_tag
from livefeed.models import Event, Follow, Post, Session, Token, User

AUTHOR_VIEWS: dict[str, ViewKind] = {"user": "user", "replies": "replies", "media": "media"}
"""Views of one author, by the word that names them in a handshake."""
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
    read_at = Event.objects.head()  # before all other queries: later changes are events after this position
    sessions = Session.objects.by_keys({handshake.session_key for handshake in handshakes if handshake.session_key})
    tokens = Token.objects.by_texts({handshake.token for handshake in handshakes if handshake.token})
    viewers = _viewers(sessions, tokens)
    results: list[HandshakeResult | Exception] = []
    for handshake in handshakes:
        try:
            credential, user = _credential_and_user(handshake, sessions, tokens)
            view = _parse_view(handshake.view or _default_view(user), user)
        except RefusedError as refused:
            results.append(refused)
        else:
            viewer = viewers[user.pk] if user else None
            results.append(HandshakeResult(viewer, credential, view, read_at))
    return results


def _viewers(sessions: Mapping[str, Session], tokens: Mapping[str, Token]) -> dict[int, Viewer]:
    """Returns the users of all sessions and tokens with the authors they follow, by user id."""
    user_ids = {session.user_id for session in sessions.values() if session.user_id is not None}
    user_ids |= {token.user_id for token in tokens.values()}
    followed: defaultdict[int, set[int]] = defaultdict(set)
    for follower_id, author_id in Follow.objects.filter(follower__in=user_ids).values_list("follower", "followed"):
        followed[follower_id].add(author_id)
    return {user_id: Viewer(user_id, followed[user_id]) for user_id in user_ids}


def _credential_and_user(
    handshake: Handshake, sessions: Mapping[str, Session], tokens: Mapping[str, Token]
) -> tuple[Credential | None, User | None]:
    """Returns the credential of a handshake and its user, both None for a visitor.

    Raises `RefusedError` if the token is unknown.
    """
    if handshake.token:
        token = tokens.get(handshake.token)
        if token is None:
            raise bad_token()
        return Credential("token", token.pk), token.user
    session = sessions.get(handshake.session_key)
    if session is None or session.sign_in is None:
        return None, None
    return Credential("session", session.sign_in), session.user


def _default_view(user: User | None) -> str:
    return "home" if user else "public"


def _parse_view(text: str, user: User | None) -> View:
    """Parses `home`, `public`, `user:<name>`, `replies:<name>`, `media:<name>`, `tag:<tag>`, `post:<id>` or `shown`.

    Raises `RefusedError` if the view is unknown, or the user may not see it.
    """
    kind, _, key = text.partition(":")
    view: View | None = None
    if text == "home":
        view = _home_view(user)
    elif text == "public":
        view = PUBLIC
    elif text == "shown":
        view = SHOWN
    elif kind in AUTHOR_VIEWS:
        view = _author_view(AUTHOR_VIEWS[kind], key)
    elif kind == "tag" and is_tag(key):
        view = View("tag", normalize_tag(key))
    elif kind == "post" and is_number(key):
        view = _post_view(int(key), user)
    if view is None:
        raise RefusedError("unknown_view", f"There is no view “{text[:80]}” here for you.")
    return view


def _home_view(user: User | None) -> View:
    if user is None:
        raise RefusedError("signed_out", "You are signed out. Sign in to see your home feed.")
    return HOME


def _author_view(kind: ViewKind, username: str) -> View | None:
    author = User.objects.with_username(username).filter(is_active=True).first()
    return View(kind, author.pk, author.pk) if author else None


def _post_view(post_id: int, user: User | None) -> View | None:
    post = Post.objects.visible_to(user).filter(pk=post_id).only("author_id", "ancestors").first()
    return View("post", post.pk, post.author_id, tuple(post.ancestor_ids)) if post else None
